// A performance of the open piece: played at the keys, of a file, or heard; and what was found beside the piece.

import { keyboard, type Taker } from "../keyboard/keyboard.svelte.ts";
import { typing } from "../keyboard/typing.svelte.ts";
import { Take } from "../music/take.ts";
import { TICKS_PER_QUARTER, toDocument, type ScoreDocument } from "../music/score.ts";
import { studio } from "../studio.svelte.ts";
import { runningOf } from "./running.svelte.ts";

const BPM = 120; // in which a free performance is written down; its times in seconds stay as they were

class Performing implements Taker {
  isPlaying = $state(false);
  /** How many notes were played. */
  count = $state(0);
  /** What was compared last. */
  performance = $state.raw<ScoreDocument | null>(null);
  readonly running = runningOf("compare");
  #take = new Take();
  #begun: number | null = null;

  /** Take what is played at any of the keyboards; the open piece stays as it is. */
  begin(): void {
    [this.#take, this.#begun, this.count, this.isPlaying, typing.isOn] = [new Take(), null, 0, true, true];
    keyboard.taker = this;
    void studio.player.prepare();
  }

  /** Stop; what was played. */
  end(): ScoreDocument {
    this.#take.end(this.#tick(performance.now()));
    this.leave();
    const notes = [...this.#take.notes].sort((a, b) => a.start - b.start || a.pitch - b.pitch);
    const column = (name: "start" | "duration" | "pitch" | "velocity") => notes.map((note) => Math.round(note[name]));
    const bar = 4 * TICKS_PER_QUARTER;
    const end = Math.max(0, ...notes.map((note) => note.start + note.duration));
    return {
      format: "firmus-score", version: 1, title: studio.piece.title, composer: "", pickup: 0, end: Math.max(1, Math.ceil(end / bar)) * bar,
      meters: [{ start: 0, numerator: 4, denominator: 4 }], tempi: [{ start: 0, bpm: BPM }], keys: [], chords: [], sections: [],
      parts: [{ name: "Piano", program: 0, is_drums: false, volume: 100, pan: 64, notes: { start: column("start"), duration: column("duration"), pitch: column("pitch"), velocity: column("velocity") } }],
    };
  }

  leave(): void {
    if (!this.isPlaying) return;
    typing.leave();
    [this.isPlaying, keyboard.taker, typing.isOn] = [false, null, false];
  }

  /** Find out how a performance differs from the open piece. */
  async compare(played: ScoreDocument): Promise<void> {
    const [score, [before]] = [toDocument(studio.piece), this.running.jobs];
    await this.running.run([{ kind: "teach", brief: { source: { ...score }, target: { ...played } } }], score);
    if (this.running.jobs[0] !== before) this.performance = played;
  }

  press(pitch: number, velocity: number, timeStamp: number): void {
    this.#begun ??= timeStamp;
    this.#take.on(pitch, velocity, this.#tick(timeStamp));
    this.count += 1;
  }

  release(pitch: number, timeStamp: number): void {
    this.#take.off(pitch, this.#tick(timeStamp));
  }

  pulse(): void {}
  barline(): void {}
  panic(): void {}

  #tick(timeStamp: number): number {
    return Math.round(((timeStamp - (this.#begun ?? timeStamp)) * BPM * TICKS_PER_QUARTER) / 60_000);
  }
}

export const performing = new Performing();
