// Playing: the open piece, as it stands, on the audio clock.

import type { Part, Piece } from "../music/score.ts";
import { barIndex, bars, beatLength, seconds } from "../music/timing.ts";
import { Scheduler, type Loop, type Sound } from "./scheduler.ts";
import type { Synthesizer } from "./synthesizer.ts";

const EARLY = 0.25; // seconds before the music in which a note may already be played
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
  #lent: readonly Part[] | null = null;
  #ahead = -Infinity; // of the page's clock: seconds of the audio clock, which goes in steps

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
    if (!this.#lent) this.#ready?.configure(piece.parts);
    if (!this.playing) this.tick = Math.min(this.tick, piece.end);
  }

  play(): Promise<void> {
    return this.#play({ loop: this.loop, metronome: this.metronome, countIn: this.countIn });
  }

  /** Play once through, with metronome, after a bar of count-in: for somebody who plays along. */
  playAlong(): Promise<void> {
    return this.#play({ loop: null, metronome: true, countIn: true });
  }

  async #play({ loop, metronome, countIn }: { loop: Loop | null; metronome: boolean; countIn: boolean }): Promise<void> {
    if (this.playing || !this.#piece || this.#lent) return;
    await this.prepare();
    const piece = this.#piece;
    let from = this.tick >= piece.end - 1 ? 0 : this.tick;
    if (loop && (from < loop.start || from >= loop.end)) from = loop.start;
    this.#scheduler.loop = loop;
    this.#scheduler.metronome = metronome;
    this.#scheduler.start(from, countIn ? this.#count(piece, from) : 0.05);
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
  sound(part: number, pitch: number, velocity = 80): void {
    if (this.playing) return;
    this.#now((synthesizer, now) => {
      synthesizer.on(part, pitch, velocity, now);
      synthesizer.off(part, pitch, now + TAIL / 1000);
    });
  }

  /** Begin a note of a part now, until it is released. */
  press(part: number, pitch: number, velocity: number): void {
    this.#now((synthesizer, now) => synthesizer.on(part, pitch, velocity, now));
  }

  release(part: number, pitch: number): void {
    this.#now((synthesizer, now) => synthesizer.off(part, pitch, now));
  }

  /** Let other parts sound than the piece's, which does not play meanwhile; null: the piece's again. */
  lend(parts: readonly Part[] | null): void {
    this.pause();
    this.#lent = parts;
    this.#ready?.configure(parts ?? this.#piece?.parts ?? []);
  }

  /** Begin a note at a time of the page's clock, in seconds, or end it (velocity 0). */
  soundAt(part: number, pitch: number, velocity: number, seconds: number): void {
    const time = this.#timeAt(seconds);
    if (velocity) this.#ready?.on(part, pitch, velocity, time);
    else this.#ready?.off(part, pitch, time);
  }

  clickAt(accent: boolean, seconds: number): void {
    this.#ready?.click(accent, this.#timeAt(seconds));
  }

  /** Silence now whatever sounds. */
  silence(): void {
    this.#ready?.silence();
  }

  /** Call something every 25 ms, also while the page is in the background. */
  every(action: (() => void) | null): void {
    this.#timer ??= new Worker(new URL("./timer.ts", import.meta.url), { type: "module" });
    this.#timer.onmessage = action;
  }

  #timeAt(seconds: number): number {
    const context = this.#context;
    if (!context) return 0;
    this.#ahead = Math.max(this.#ahead - 0.0001, context.currentTime - performance.now() / 1000);
    return Math.max(context.currentTime, seconds + this.#ahead);
  }

  pedal(part: number, down: boolean): void {
    this.#now((synthesizer, now) => synthesizer.pedal(part, down, now));
  }

  /** The tick that was heard at the time of an event of the page; null where that was well before the music began. */
  tickAt(timeStamp: number): number | null {
    const context = this.#context;
    if (!context) return null;
    const ago = Math.max(0, performance.now() - timeStamp) / 1000;
    const heard = context.currentTime - ago - context.outputLatency;
    return heard < this.#scheduler.beginning - EARLY ? null : this.#scheduler.position(heard);
  }

  /** Seconds from a key to the loudspeakers that are known: of the audio context, and of the sound card. */
  get latency(): { base: number; output: number } | null {
    return this.#context && { base: this.#context.baseLatency, output: this.#context.outputLatency };
  }

  /** Make the synthesizer sound, at once where it is ready: a key is not kept waiting. */
  #now(sound: (synthesizer: Synthesizer, now: number) => void): void {
    if (this.#ready && this.#context?.state === "running") sound(this.#ready, this.#context.currentTime);
    else void this.prepare().then(() => sound(this.#ready!, this.#context!.currentTime)).catch(() => undefined);
  }

  /** Be ready to sound. */
  async prepare(): Promise<void> {
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
      this.#ready.configure(this.#lent ?? this.#piece?.parts ?? []);
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
    else if (sound.kind === "pedal") this.#ready.pedal(sound.part, sound.down, time);
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
