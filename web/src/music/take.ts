// What is played on a keyboard while the piece goes on, and what becomes of it in the piece.

import { addNote, withPart } from "./edits.ts";
import type { Note, Piece } from "./score.ts";

const SHORTEST = 10; // ticks of a note, as played

type Held = { start: number; velocity: number };
type Played = Omit<Note, "id">;

export class Take {
  readonly notes: Played[] = [];
  /** Ticks at which the sustain pedal went down and up. */
  readonly pedal: [number, number][] = [];
  #held = new Map<number, Held>();
  #down: number | null = null;

  /** A key goes down; one that sounds already begins anew. */
  on(pitch: number, velocity: number, tick: number): void {
    this.off(pitch, tick);
    this.#held.set(pitch, { start: tick, velocity });
  }

  off(pitch: number, tick: number): void {
    const held = this.#held.get(pitch);
    if (!held || !this.#held.delete(pitch)) return;
    this.notes.push({ ...held, pitch, duration: Math.max(SHORTEST, tick - held.start) });
  }

  pedals(down: boolean, tick: number): void {
    if (down) this.#down ??= tick;
    else if (this.#down !== null) {
      if (tick > this.#down) this.pedal.push([this.#down, tick]);
      this.#down = null;
    }
  }

  /** All keys and the pedal go up. */
  end(tick: number): void {
    for (const pitch of [...this.#held.keys()]) this.off(pitch, tick);
    this.pedals(false, tick);
  }
}

/** A piece with a take in one of its parts, on a grid or, where it is null, as played; ids of the notes. */
export function record(piece: Piece, place: number, take: Take, grid: number | null): [Piece, Set<number>] {
  const ids = new Set<number>();
  const taken = new Set((piece.parts[place]?.notes ?? []).map((note) => `${note.start}/${note.pitch}`));
  let next = piece;
  for (const note of take.notes.map((each) => gridded(each, grid))) {
    const name = `${note.start}/${note.pitch}`;
    if (note.start >= piece.end || taken.has(name)) continue;
    taken.add(name);
    const [added, id] = addNote(next, place, { ...note, duration: Math.min(note.duration, piece.end - note.start) });
    next = added;
    if (id) ids.add(id);
  }
  if (!take.pedal.length || !ids.size) return [next, ids];
  const pedal = united([...(next.parts[place]!.pedal ?? []), ...take.pedal]);
  return [withPart(next, place, { pedal }), ids];
}

function gridded(note: Played, grid: number | null): Played {
  if (!grid) return { ...note, start: Math.round(note.start), duration: Math.round(note.duration) };
  const start = Math.round(note.start / grid) * grid;
  return { ...note, start, duration: Math.max(grid, Math.round(note.duration / grid) * grid) };
}

/** Spans in order, those that overlap as one. */
function united(spans: readonly number[][]): number[][] {
  const found: number[][] = [];
  for (const [down, up] of [...spans].map((span) => span.map(Math.round)).sort((a, b) => a[0]! - b[0]!)) {
    const last = found.at(-1);
    if (last && down! <= last[1]!) last[1] = Math.max(last[1]!, up!);
    else found.push([down!, up!]);
  }
  return found;
}
