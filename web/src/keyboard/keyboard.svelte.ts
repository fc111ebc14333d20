// Keys that are played, on whatever keyboard: they sound in the open part at once, and are recorded into it.

import { record, Take } from "../music/take.ts";
import { studio } from "../studio.svelte.ts";
import { t } from "../translation/translation.svelte.ts";

/** Who takes the keys instead of the open part. */
export type Taker = {
  press: (pitch: number, velocity: number, timeStamp: number) => void;
  release: (pitch: number, timeStamp: number) => void;
  pulse: (timeStamp: number) => void;
  barline: (timeStamp: number) => void;
  panic: () => void;
};

class Keyboard {
  /** Whether the keys are seen. */
  isOpen = $state(false);
  recording = $state(false);
  /** Whether a recording stays as it was played; else it is put on the grid. */
  asPlayed = $state(false);
  /** Pitches that are down. */
  held = $state.raw<ReadonlySet<number>>(new Set());
  taker: Taker | null = null;
  #parts = new Map<string, number>(); // of `device:pitch` that are down: the part that sounds
  #pedals = new Map<string, number>(); // of devices whose pedal is down
  #take = new Take();
  #place = 0;
  #opened = 0; // which piece is recorded into

  on(device: string, pitch: number, velocity: number, timeStamp: number): void {
    if ((!studio.isOpen && !this.taker) || pitch < 0 || pitch > 127) return;
    const key = `${device}:${pitch}`;
    if (this.#parts.has(key)) this.off(device, pitch, timeStamp);
    studio.player.press(this.#part, pitch, velocity);
    this.#parts.set(key, this.#part);
    this.taker?.press(pitch, velocity, timeStamp);
    const tick = this.recording ? studio.player.tickAt(timeStamp) : null;
    if (tick !== null) this.#take.on(pitch, velocity, tick);
    this.#show();
  }

  off(device: string, pitch: number, timeStamp: number): void {
    const part = this.#parts.get(`${device}:${pitch}`);
    if (part === undefined) return;
    studio.player.release(part, pitch);
    this.#parts.delete(`${device}:${pitch}`);
    this.taker?.release(pitch, timeStamp);
    if (this.recording) this.#take.off(pitch, studio.player.tickAt(timeStamp) ?? 0);
    this.#show();
  }

  pedal(device: string, down: boolean, timeStamp: number): void {
    if ((!studio.isOpen && !this.taker) || down === this.#pedals.has(device)) return;
    const part = this.#pedals.get(device) ?? this.#part;
    studio.player.pedal(part, down);
    if (down) this.#pedals.set(device, part);
    else this.#pedals.delete(device);
    const tick = this.recording ? studio.player.tickAt(timeStamp) : null;
    if (tick !== null) this.#take.pedals(down, tick);
  }

  /** Let go of all that a device holds: it was unplugged, or the page was left. */
  releaseAll(device: string): void {
    for (const key of [...this.#parts.keys()])
      if (key.startsWith(`${device}:`)) this.off(device, Number(key.slice(device.length + 1)), performance.now());
    this.pedal(device, false, performance.now());
  }

  /** Record into the open part, from where the music stands, after a bar of count-in. */
  async record(): Promise<void> {
    if (this.recording) return this.stop();
    if (studio.pending) studio.reject();
    if (studio.piece.parts[studio.part]?.locked) throw new Error(t("keyboard.locked"));
    studio.player.pause();
    [this.#take, this.#place, this.#opened, this.isOpen] = [new Take(), studio.part, studio.opened, true];
    await studio.player.playAlong();
    this.recording = true;
  }

  /** End a recording: what was played stands in the part, selected. */
  stop(): void {
    if (!this.recording) return;
    this.recording = false;
    const isPlaying = studio.player.playing;
    if (studio.opened !== this.#opened) return;
    this.#take.end(isPlaying ? (studio.player.tickAt(performance.now()) ?? 0) : studio.player.tick || studio.piece.end);
    studio.player.pause();
    const [next, ids] = record(studio.piece, this.#place, this.#take, this.asPlayed ? null : studio.grid);
    if (!ids.size) return studio.notify(t("keyboard.nothing"));
    studio.edit("record", () => next);
    studio.part = this.#place;
    studio.region = null;
    studio.selection = ids;
    studio.notify(t("keyboard.recorded", { count: ids.size }));
  }

  /** The part that sounds; of somebody else's parts the first is one's own. */
  get #part(): number {
    return this.taker ? 0 : studio.part;
  }

  #show(): void {
    this.held = new Set([...this.#parts.keys()].map((key) => Number(key.slice(key.lastIndexOf(":") + 1))));
  }
}

export const keyboard = new Keyboard();
