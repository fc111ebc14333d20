// Hearing music that is not the open piece: it is played in the piece's place, which is put back afterwards.

import { fromDocument, type ScoreDocument, type WorkDocument } from "../music/score.ts";
import { studio } from "../studio.svelte.ts";

class Listening {
  /** The name of what is played, or was last. */
  name = $state<string | null>(null);
  #before: Pick<typeof studio.player, "tick" | "muted" | "soloed" | "loop"> | null = null;

  isPlaying(name: string): boolean {
    return this.name === name && studio.player.playing;
  }

  /** Whether it was played to its end. */
  isOver(name: string): boolean {
    return this.name === name && !studio.player.playing && studio.player.tick === 0;
  }

  /** Play from the beginning, or stop. */
  async toggle(name: string, document: ScoreDocument | WorkDocument): Promise<void> {
    const { player } = studio;
    if (this.isPlaying(name)) return player.pause();
    player.pause();
    const { tick, muted, soloed, loop } = player;
    this.#before ??= { tick, muted, soloed, loop };
    [player.muted, player.soloed] = [new Set(), new Set()];
    player.setLoop(null);
    player.load(fromDocument(document));
    player.seek(0);
    await player.prepare();
    this.name = name;
    await player.play();
  }

  /** Stop, and put the open piece back. */
  end(): void {
    const { player } = studio;
    if (!this.#before) return;
    player.pause();
    player.load(studio.shown);
    [player.muted, player.soloed] = [this.#before.muted, this.#before.soloed];
    player.setLoop(this.#before.loop);
    player.tick = this.#before.tick;
    [this.name, this.#before] = [null, null];
  }
}

export const listening = new Listening();
