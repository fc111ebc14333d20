// What both play, in seconds: for the roll, and to be kept where the service is gone.

import type { Beat, Instrument, Sounding } from "../../../clients/typescript/live.ts";
import { newId, TICKS_PER_QUARTER, type Note, type Origin, type Part, type Piece } from "../music/score.ts";

export const PLAYER = "player";
const NAMES: Record<string, string> = { player: "Player", answer: "Answer", chords: "Chords", bass: "Bass", drums: "Drums" };
const SHORTEST = 30; // ticks

/** A note; `end` is infinite while it sounds. */
export type Played = { part: string; pitch: number; velocity: number; start: number; end: number };
type Moment = Pick<Beat, "at" | "tick" | "bpm">;

export class Recording {
  readonly notes: Played[] = [];
  readonly beats: Moment[] = [];
  #sounding = new Map<string, Played>();

  begins(part: string, pitch: number, velocity: number, at: number): void {
    this.ends(part, pitch, at);
    const note = { part, pitch, velocity, start: at, end: Infinity };
    this.#sounding.set(`${part}:${pitch}`, note);
    this.notes.push(note);
  }

  ends(part: string, pitch: number, at: number): void {
    const note = this.#sounding.get(`${part}:${pitch}`);
    if (!note) return;
    note.end = Math.max(note.start, at);
    this.#sounding.delete(`${part}:${pitch}`);
  }

  take(note: Sounding): void {
    if (note.velocity) this.begins(note.part, note.pitch, note.velocity, note.at);
    else this.ends(note.part, note.pitch, note.at);
  }

  /** Everything ends now: what was still to come is not played. */
  silence(at: number): void {
    for (const note of [...this.#sounding.values()]) if (note.part !== PLAYER) this.ends(note.part, note.pitch, at);
    for (let place = this.notes.length - 1; place >= 0 && this.notes[place]!.start > at - 1; place -= 1)
      if (this.notes[place]!.start > at) this.notes.splice(place, 1);
  }

  /** The tick at a time, by the beat before it. */
  tick(at: number): number {
    const moment = this.beats.findLast((beat) => beat.at <= at) ?? this.beats[0];
    if (!moment) return 0;
    return Math.max(0, Math.round(moment.tick + ((at - moment.at) * moment.bpm * TICKS_PER_QUARTER) / 60));
  }

  /** It as a piece; what Firmus played is marked as composed. */
  piece(title: string, meter: string, instruments: readonly Instrument[], now: number): Piece {
    const [numerator, denominator] = meter.split("/").map(Number) as [number, number];
    const bar = (TICKS_PER_QUARTER * 4 * numerator) / denominator;
    const parts = [PLAYER, ...instruments.map((each) => each.part)]
      .map((name) => this.#part(name, instruments.find((each) => each.part === name)?.program ?? 0, now))
      .filter((part, place) => place === 0 || part.notes.length);
    const end = Math.max(bar, ...parts.flatMap((part) => part.notes.map((note) => note.start + note.duration)));
    const bpm = Math.round(this.beats.at(-1)?.bpm ?? 100);
    const origin: Origin = { firmus: "0", model: "rules", weights: "", task: "jam", seed: 0, brief: {}, credits: [], composed: [] };
    return {
      title, composer: "", pickup: 0, end: Math.ceil(end / bar) * bar, meters: [{ start: 0, numerator, denominator }],
      tempi: [{ start: 0, bpm }], keys: [], chords: [], sections: [], parts, locks: [], origin,
    };
  }

  #part(name: string, program: number, now: number): Part {
    const notes = this.notes.filter((note) => note.part === name).map((note): Note => {
      const start = this.tick(note.start);
      const duration = Math.max(SHORTEST, this.tick(Math.min(note.end, now)) - start);
      return { id: newId(), start, duration, pitch: note.pitch, velocity: note.velocity, ...(name !== PLAYER && { composed: true }) };
    });
    return { name: NAMES[name] ?? name, program, is_drums: name === "drums", volume: 100, pan: 64, notes, locked: false };
  }
}
