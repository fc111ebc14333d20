// Playing: the open piece, as it stands, on the audio clock.

import type { Piece } from "../music/score.ts";
import { barIndex, bars, beatLength, seconds } from "../music/timing.ts";
import { Scheduler, type Loop, type Sound } from "./scheduler.ts";
import type { Synthesizer } from "./synthesizer.ts";

const TAIL = 300; // milliseconds of a note that is only to be heard

export class Player {
  playing = $state(false);
  loading = $state(false);
  metronome = $state(false);
  countIn = $state(false);
  loop = $state.raw<Loop | null>(null);
  muted = $state.raw<ReadonlySet<number>>(new Set());
  soloed = $state.raw<ReadonlySet<number>>(new Set());
  /** Where the music is, or will begin, in ticks; set at every frame while it plays. */
  tick = $state(0);
  #base: URL;
  #context: AudioContext | null = null;
  #synthesizer: Promise<Synthesizer> | null = null;
  #ready: Synthesizer | null = null;
  #font: Promise<ArrayBuffer> | null = null;
  #scheduler: Scheduler;
  #timer: Worker | null = null;
  #piece: Piece | null = null;

  constructor(base: URL) {
    this.#base = base;
    this.#scheduler = new Scheduler(() => this.#context?.currentTime ?? 0, (sound, time) => this.#emit(sound, time));
  }

  /** Fetch the SoundFont before it is needed. */
  prefetch(): Promise<ArrayBuffer> {
    this.#font ??= fetch(new URL("soundfont.sf3", this.#base)).then((response) => {
      if (!response.ok) throw new Error(`the SoundFont cannot be fetched: ${response.status}`);
      return response.arrayBuffer();
    });
    this.#font.catch(() => (this.#font = null));
    return this.#font;
  }

  /** The piece that is played; called whenever it changes. */
  load(piece: Piece): void {
    this.#piece = piece;
    this.#scheduler.load(piece);
    this.#ready?.configure(piece.parts);
    if (!this.playing) this.tick = Math.min(this.tick, piece.end);
  }

  async play(): Promise<void> {
    if (this.playing || !this.#piece) return;
    await this.#prepare();
    const piece = this.#piece;
    let from = this.tick >= piece.end - 1 ? 0 : this.tick;
    const loop = this.loop;
    if (loop && (from < loop.start || from >= loop.end)) from = loop.start;
    this.#scheduler.loop = loop;
    this.#scheduler.metronome = this.metronome;
    this.#scheduler.start(from, this.countIn ? this.#count(piece, from) : 0.05);
    this.playing = true;
    this.#timer ??= new Worker(new URL("./timer.ts", import.meta.url), { type: "module" });
    this.#timer.onmessage = () => this.#advance();
    this.#advance();
    this.#follow();
  }

  pause(): void {
    if (!this.playing) return;
    this.tick = Math.round(this.#scheduler.position());
    this.#scheduler.stop();
    this.#ready?.silence();
    this.playing = false;
    if (this.#timer) this.#timer.onmessage = null;
  }

  async toggle(): Promise<void> {
    if (this.playing) this.pause();
    else await this.play();
  }

  /** Go somewhere; a piece that plays goes on from there. */
  seek(tick: number): void {
    this.tick = Math.max(0, Math.min(Math.round(tick), this.#piece?.end ?? 0));
    if (!this.playing) return;
    this.#scheduler.stop();
    this.#ready?.silence();
    this.#scheduler.start(this.tick);
  }

  setLoop(loop: Loop | null): void {
    this.loop = loop;
    this.#scheduler.loop = loop;
    if (this.playing && loop && (this.tick < loop.start || this.tick >= loop.end)) this.seek(loop.start);
  }

  setMetronome(on: boolean): void {
    this.metronome = on;
    this.#scheduler.metronome = on;
  }

  /** Let a note of a part sound shortly. */
  async sound(part: number, pitch: number, velocity = 80): Promise<void> {
    if (this.playing) return;
    await this.#prepare();
    const now = this.#context!.currentTime;
    this.#ready?.on(part, pitch, velocity, now);
    this.#ready?.off(part, pitch, now + TAIL / 1000);
  }

  async #prepare(): Promise<void> {
    this.#context ??= new AudioContext({ latencyHint: "interactive" });
    if (this.#context.state === "suspended") await this.#context.resume();
    if (this.#ready) return;
    this.loading = true;
    const context = this.#context;
    this.#synthesizer ??= import("./synthesizer.ts").then((module) =>
      module.Synthesizer.load(context, this.#base, this.prefetch().then((font) => font.slice(0))),
    );
    try {
      this.#ready = await this.#synthesizer;
      if (this.#piece) this.#ready.configure(this.#piece.parts);
    } catch (error) {
      this.#synthesizer = null;
      throw error;
    } finally {
      this.loading = false;
    }
  }

  /** Clicks of one bar before the music; how long they last. */
  #count(piece: Piece, from: number): number {
    const all = bars(piece);
    const bar = all[barIndex(all, from)]!;
    const beat = beatLength(bar.meter);
    const count = Math.max(1, Math.round((bar.end - bar.start) / beat));
    const length = seconds(piece, bar.start + beat) - seconds(piece, bar.start);
    const now = this.#context!.currentTime + 0.05;
    for (let index = 0; index < count; index += 1) this.#ready?.click(index === 0, now + index * length);
    return 0.05 + count * length;
  }

  #emit(sound: Sound, time: number): void {
    if (!this.#ready) return;
    if (sound.kind === "click") this.#ready.click(sound.accent, time);
    else if (sound.kind === "off") this.#ready.off(sound.part, sound.pitch, time);
    else if (this.isAudible(sound.part)) this.#ready.on(sound.part, sound.pitch, sound.velocity, time);
  }

  isAudible(part: number): boolean {
    return this.soloed.size ? this.soloed.has(part) : !this.muted.has(part);
  }

  #advance(): void {
    if (this.#scheduler.advance() || !this.playing) return;
    this.pause();
    this.tick = 0;
  }

  #follow(): void {
    if (!this.playing) return;
    this.tick = this.#scheduler.position();
    requestAnimationFrame(() => this.#follow());
  }
}
