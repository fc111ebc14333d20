// What a candidate brings into the piece. Whatever lies outside the open cells, or is locked, stays as it is: the
// candidate's own version of it is never looked at.

import { newId, type Note, type Part, type Piece } from "./score.ts";
import { barIndex, bars } from "./timing.ts";

/** Bars of parts: places of parts, and indices of the first and the last bar, but for some between them. */
export type Region = { parts: readonly number[]; first: number; last: number; except?: ReadonlySet<number> };

/** Cells (`part:bar`) of a region that may change. */
export function openCells(piece: Piece, region: Region): Set<string> {
  const locked = new Set(piece.locks.map((lock) => `${lock.part}:${lock.bar}`));
  const open = new Set<string>();
  for (const part of region.parts) {
    if (!piece.parts[part] || piece.parts[part].locked) continue;
    for (let bar = region.first; bar <= region.last; bar += 1)
      if (!locked.has(`${part}:${bar}`) && !region.except?.has(bar)) open.add(`${part}:${bar}`);
  }
  return open;
}

/** A piece with the open cells of a region as the candidate has them. A note belongs to the bar that it begins in. */
export function mergeRegion(piece: Piece, candidate: Piece, region: Region): Piece {
  const all = bars(piece);
  const open = openCells(piece, region);
  const isOpen = (part: number, note: Note) => note.start < piece.end && open.has(`${part}:${barIndex(all, note.start)}`);
  const parts = piece.parts.map((part, place) => {
    if (![...open].some((cell) => cell.startsWith(`${place}:`))) return part;
    const kept = part.notes.filter((note) => !isOpen(place, note));
    const others = candidate.parts[place]?.notes ?? [];
    const brought = others.filter((note) => isOpen(place, note)).flatMap((note) => shortened(note, kept));
    return { ...part, notes: [...kept, ...brought] };
  });
  return { ...piece, parts };
}

/** A note as a new one that ends before a kept note of its pitch begins; none where a kept one sounds already. */
function shortened(note: Note, kept: readonly Note[]): Note[] {
  let end = note.start + note.duration;
  for (const other of kept) {
    if (other.pitch !== note.pitch) continue;
    if (other.start <= note.start && other.start + other.duration > note.start) return [];
    if (other.start > note.start) end = Math.min(end, other.start);
  }
  return [{ ...note, id: newId(), duration: end - note.start }];
}

/** A merged piece as made by the candidate's composer too; what the music before was learnt from stays named. */
export function credited(merged: Piece, candidate: Piece): Piece {
  const credits = [...new Set([...(merged.origin?.credits ?? []), ...(candidate.origin?.credits ?? [])])];
  const origin = candidate.origin ? { ...candidate.origin, credits } : merged.origin;
  return { ...merged, composer: candidate.composer, origin };
}

/** A piece with what the candidate has behind its end. */
export function mergeExtension(piece: Piece, candidate: Piece): Piece {
  const later = <Event extends { start: number }>(own: readonly Event[], others: readonly Event[]) => [
    ...own.filter((event) => event.start < piece.end),
    ...others.filter((event) => event.start >= piece.end),
  ];
  const parts = piece.parts.map((part, place) => {
    const added = (candidate.parts[place]?.notes ?? []).filter((note) => note.start >= piece.end);
    return added.length ? { ...part, notes: [...part.notes, ...added.map((note) => ({ ...note, id: newId() }))] } : part;
  });
  return {
    ...piece,
    parts,
    end: Math.max(piece.end, candidate.end),
    meters: later(piece.meters, candidate.meters),
    tempi: later(piece.tempi, candidate.tempi),
    keys: later(piece.keys, candidate.keys),
    chords: later(piece.chords, candidate.chords),
    sections: later(piece.sections, candidate.sections),
  };
}

/** A piece with the candidate's parts beside its own; chords only where it has none. */
export function mergeParts(piece: Piece, candidate: Piece): Piece {
  const sounding = (part: Part) => part.notes.map((note) => `${note.start}/${note.duration}/${note.pitch}`).sort().join();
  const own = new Set(piece.parts.map(sounding));
  const added = candidate.parts.filter((part) => part.notes.length && !own.has(sounding(part)));
  const fresh = added.map((part) => ({ ...part, notes: part.notes.map((note) => ({ ...note, id: newId() })) }));
  return {
    ...piece,
    parts: [...piece.parts, ...fresh],
    chords: piece.chords.length ? piece.chords : candidate.chords,
    end: Math.max(piece.end, candidate.end),
  };
}

/** Ids of the notes of one piece that another does not have: what is new. */
export function difference(piece: Piece, before: Piece): Set<number> {
  const known = new Set(before.parts.flatMap((part) => part.notes.map((note) => note.id)));
  return new Set(piece.parts.flatMap((part) => part.notes.map((note) => note.id).filter((id) => !known.has(id))));
}
