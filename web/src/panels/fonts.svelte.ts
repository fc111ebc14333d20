// SoundFonts of one's own: the service has them, this browser knows which they are.

import { service } from "../service/service.ts";

export type Font = { id: string; title: string };
export const FONT_FILES = ".sf2,.sf3";
const STORED = "firmus.fonts";

class Fonts {
  all = $state.raw<readonly Font[]>(JSON.parse(localStorage.getItem(STORED) ?? "[]") as Font[]);

  /** Give a SoundFont to the service, which refuses what is none. */
  async add(file: Blob, title: string): Promise<Font> {
    const { id } = await service.sounds.upload(file, { title });
    this.#keep([...this.all, { id, title }]);
    return { id, title };
  }

  async remove(id: string): Promise<void> {
    await service.sounds.remove(id).catch(() => undefined); // it may be gone
    this.#keep(this.all.filter((font) => font.id !== id));
  }

  #keep(all: readonly Font[]): void {
    this.all = all;
    localStorage.setItem(STORED, JSON.stringify(all));
  }
}

export const fonts = new Fonts();
