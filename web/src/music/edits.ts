// Edits of a piece: each takes a piece and gives the next, and changes nothing in place.

import { newId, TICKS_PER_QUARTER, type Chord, type Note, type Part, type Piece, type Section } from "./score.ts";
import { barIndex, bars } from "./timing.ts";

export type Ids = ReadonlySet<number>;
export type Placed = { part: number; note: Note };

const bounded = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Whether a note lies where it must not change: in a locked part, or a locked region. */
export function isLocked(piece: Piece, part: number, start: number): boolean {
  if (piece.parts[part]?.locked) return true;
  if (!piece.locks.length) return false;
  const bar = barIndex(bars(piece), start);
  return piece.locks.some((lock) => lock.part === part && lock.bar === bar);
}

/** Where every note is locked or not, for many questions about one piece. */
export function lockTest(piece: Piece): (part: number, start: number) => boolean {
  const all = bars(piece);
  const locked = new Set(piece.locks.map((lock) => `${lock.part}:${lock.bar}`));
  return (part, start) => Boolean(piece.parts[part]?.locked) || (locked.size > 0 && locked.has(`${part}:${barIndex(all, start)}`));
}

export function withPart(piece: Piece, place: number, change: Partial<Part>): Piece {
  return { ...piece, parts: piece.parts.map((part, index) => (index === place ? { ...part, ...change } : part)) };
}

/** Notes of some ids, with their parts. */
export function find(piece: Piece, ids: Ids): Placed[] {
  return piece.parts.flatMap((part, place) =>
    part.notes.filter((note) => ids.has(note.id)).map((note) => ({ part: place, note })),
  );
}

/** Change notes of some ids that are not locked; null removes a note. A note that would enter a locked bar stays. */
export function mapNotes(piece: Piece, ids: Ids, change: (note: Note, part: Part) => Note | null): Piece {
  if (!ids.size) return piece;
  const locked = lockTest(piece);
  const parts = piece.parts.map((part, place) => {
    if (part.locked || !part.notes.some((note) => ids.has(note.id))) return part;
    const notes = part.notes.flatMap((note) => {
      if (!ids.has(note.id) || locked(place, note.start)) return [note];
      const next = change(note, part);
      if (!next) return [];
      return [locked(place, next.start) ? note : next];
    });
    return { ...part, notes };
  });
  return fitted({ ...piece, parts });
}

/** A piece that is long enough for its notes, in whole bars. */
export function fitted(piece: Piece): Piece {
  let end = piece.end;
  for (const part of piece.parts) for (const note of part.notes) end = Math.max(end, note.start + note.duration);
  if (end <= piece.end) return piece;
  const last = bars({ ...piece, end }).at(-1)!;
  return { ...piece, end: last.end };
}

export function addNote(piece: Piece, place: number, note: Omit<Note, "id">): [Piece, number] {
  const part = piece.parts[place];
  if (!part || isLocked(piece, place, note.start)) return [piece, 0];
  const added = { ...note, id: newId() };
  return [fitted(withPart(piece, place, { notes: [...part.notes, added] })), added.id];
}

export function remove(piece: Piece, ids: Ids): Piece {
  return mapNotes(piece, ids, () => null);
}

/** Move notes in time and pitch, all by the same; as far as the first of them can go. */
export function move(piece: Piece, ids: Ids, ticks: number, semitones: number): Piece {
  const moved = find(piece, ids).map((each) => each.note);
  if (!moved.length) return piece;
  const early = Math.min(...moved.map((note) => note.start));
  const [low, high] = [Math.min(...moved.map((note) => note.pitch)), Math.max(...moved.map((note) => note.pitch))];
  const later = Math.max(ticks, -early);
  const higher = bounded(semitones, -low, 127 - high);
  if (!later && !higher) return piece;
  return mapNotes(piece, ids, (note) => ({ ...note, start: note.start + later, pitch: note.pitch + higher }));
}

/** Lengthen notes at their end, or at their beginning, by some ticks; none becomes shorter than `shortest`. */
export function resize(piece: Piece, ids: Ids, ticks: number, edge: "start" | "end", shortest = 30): Piece {
  return mapNotes(piece, ids, (note) => {
    if (edge === "end") return { ...note, duration: Math.max(Math.min(shortest, note.duration), note.duration + ticks) };
    const shift = bounded(ticks, -note.start, note.duration - Math.min(shortest, note.duration));
    return { ...note, start: note.start + shift, duration: note.duration - shift };
  });
}

export function changeVelocity(piece: Piece, ids: Ids, by: number): Piece {
  return mapNotes(piece, ids, (note) => ({ ...note, velocity: bounded(note.velocity + by, 1, 127) }));
}

/** Put beginnings and ends of notes on a grid. */
export function quantise(piece: Piece, ids: Ids, grid: number): Piece {
  return mapNotes(piece, ids, (note) => {
    const start = Math.round(note.start / grid) * grid;
    return { ...note, start, duration: Math.max(grid, Math.round(note.duration / grid) * grid) };
  });
}

/** Put copies of notes at a tick (the first of them begins there), in their own parts; the new ids. */
export function paste(piece: Piece, copied: readonly Placed[], at: number): [Piece, Set<number>] {
  const first = Math.min(...copied.map((each) => each.note.start));
  const ids = new Set<number>();
  let next = piece;
  for (const { part, note } of copied) {
    const [added, id] = addNote(next, part, { ...note, start: Math.max(0, note.start - first + at) });
    next = added;
    if (id) ids.add(id);
  }
  return [next, ids];
}

/** A new part behind the others. */
export function addPart(piece: Piece, name: string, program: number, isDrums = false): Piece {
  const part = { name, program, is_drums: isDrums, volume: 100, pan: 64, notes: [], locked: false };
  return { ...piece, parts: [...piece.parts, part] };
}

export function removePart(piece: Piece, place: number): Piece {
  if (piece.parts.length < 2 || piece.parts[place]?.locked) return piece;
  const locks = piece.locks
    .filter((lock) => lock.part !== place)
    .map((lock) => ({ ...lock, part: lock.part > place ? lock.part - 1 : lock.part }));
  return { ...piece, locks, parts: piece.parts.filter((_, index) => index !== place) };
}

/** The tempo of the beginning; later tempi keep their relation to it. */
export function setTempo(piece: Piece, bpm: number): Piece {
  const first = piece.tempi[0]?.bpm ?? 100;
  const tempi = piece.tempi.length ? piece.tempi : [{ start: 0, bpm: first }];
  const scaled = tempi.map((tempo) => ({ ...tempo, bpm: bounded((tempo.bpm * bpm) / first, 10, 400) }));
  return { ...piece, tempi: scaled };
}

/** Put a chord at a tick; null removes the one that begins there. */
export function setChord(piece: Piece, start: number, chord: Chord | null): Piece {
  const others = piece.chords.filter((each) => each.start !== start);
  return { ...piece, chords: [...others, ...(chord ? [chord] : [])].sort((a, b) => a.start - b.start) };
}

/** Begin a section at a tick; an empty label removes the one that begins there. */
export function setSection(piece: Piece, start: number, label: string): Piece {
  const others: Section[] = piece.sections.filter((each) => each.start !== start);
  const added = label.trim() ? [{ start, label: label.trim() }] : [];
  return { ...piece, sections: [...others, ...added].sort((a, b) => a.start - b.start) };
}

/** Add or remove bars at the end. */
export function setBars(piece: Piece, count: number): Piece {
  const all = bars(piece).filter((bar) => bar.number > 0);
  const meter = all.at(-1)?.meter ?? { start: 0, numerator: 4, denominator: 4 };
  const length = (TICKS_PER_QUARTER * 4 * meter.numerator) / meter.denominator;
  const end = count <= all.length ? all[Math.max(1, count) - 1]!.end : all.at(-1)!.end + (count - all.length) * length;
  const locked = lockTest(piece);
  const parts = piece.parts.map((part, place) => ({
    ...part,
    notes: part.notes.filter((note) => note.start < end || locked(place, note.start)),
  }));
  return fitted({ ...piece, end, parts });
}

/** Lock or unlock bars of parts. */
export function setLocks(piece: Piece, cells: readonly { part: number; bar: number }[], locked: boolean): Piece {
  const keys = new Set(cells.map((cell) => `${cell.part}:${cell.bar}`));
  const others = piece.locks.filter((lock) => !keys.has(`${lock.part}:${lock.bar}`));
  return { ...piece, locks: locked ? [...others, ...cells] : others };
}
