// Some bars of one part as a piece of its own, and back again.

import type { Region } from "./merge.ts";
import type { Note, Piece } from "./score.ts";
import { bars } from "./timing.ts";

/** Bars of one part as a piece that begins with them. */
export function excerpt(piece: Piece, place: number, first: number, last: number): Piece {
  const all = bars(piece);
  const [start, end] = [all[first]!.start, all[last]!.end];
  const notes = piece.parts[place]!.notes
    .filter((note) => note.start >= start && note.start < end)
    .map((note) => ({ ...note, start: note.start - start, duration: Math.min(note.duration, end - note.start) }));
  return {
    ...piece,
    pickup: 0,
    end: end - start,
    parts: [{ ...piece.parts[place]!, notes }],
    meters: cut(piece.meters, start, end),
    tempi: cut(piece.tempi, start, end),
    keys: cut(piece.keys, start, end),
    chords: [],
    sections: [],
    locks: [],
  };
}

/** What holds within a span, the last that began before it from its beginning on. */
function cut<Event extends { start: number }>(events: readonly Event[], start: number, end: number): Event[] {
  const inside = events.filter((event) => event.start > start && event.start < end);
  const before = events.findLast((event) => event.start <= start);
  return [...(before ? [{ ...before, start }] : []), ...inside].map((event) => ({ ...event, start: event.start - start }));
}

/** A piece with the notes of an excerpt in its place, which `mergeRegion` then takes what is open of. */
export function replaced(piece: Piece, place: number, first: number, notes: readonly Note[]): Piece {
  const start = bars(piece)[first]!.start;
  const moved = notes.map((note) => ({ ...note, start: note.start + start }));
  return { ...piece, parts: piece.parts.map((part, index) => (index === place ? { ...part, notes: moved } : part)) };
}

/** Whether no two notes of a part sound at once for longer than a legato. */
export function isLine(notes: readonly Note[]): boolean {
  const sorted = [...notes].sort((a, b) => a.start - b.start);
  return sorted.every((note, index) => index === 0 || sorted[index - 1]!.start < note.start && sorted[index - 1]!.start + sorted[index - 1]!.duration <= note.start + 60);
}

/** Parts of two pieces that go line by line from the one to the other: both have notes there, which differ. */
export function comparable(one: Piece, other: Piece, region: Region): number[] {
  const sounding = (notes: readonly Note[]) => notes.map((note) => `${note.start}/${note.duration}/${note.pitch}`).sort().join();
  return region.parts.filter((place) => {
    if (one.parts[place]?.is_drums !== other.parts[place]?.is_drums) return false;
    const [own, others] = [one, other].map((piece) => excerpt(piece, place, region.first, region.last).parts[0]!.notes) as [Note[], Note[]];
    const isPlayable = one.parts[place]!.is_drums || (isLine(own) && isLine(others));
    return own.length > 0 && others.length > 0 && isPlayable && sounding(own) !== sounding(others);
  });
}

/** So many of a row, evenly spread over it; all of a shorter one. */
export function spread<Each>(row: readonly Each[], count: number): Each[] {
  if (row.length <= count) return [...row];
  return Array.from({ length: count }, (_, index) => row[Math.round((index * (row.length - 1)) / (count - 1))]!);
}
