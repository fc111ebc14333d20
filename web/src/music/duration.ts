// An exact duration: what of a piece stays, how many bars are to be composed behind it, and the tempo that makes it fit.

import { setTempo } from "./edits.ts";
import type { Piece } from "./score.ts";
import { barLength, bars, seconds } from "./timing.ts";

const CLOSE = 2; // bars that are composed anew where a piece is to end earlier

export type Plan = { kept: Piece; more: number };

export function duration(piece: Piece): number {
  return seconds(piece, piece.end);
}

/** The bars of a piece that stay, and how many more bring it nearest to a duration at its own tempo; null: too short. */
export function planned(piece: Piece, target: number): Plan | null {
  const all = bars(piece);
  const missing = target - duration(piece);
  const bar = seconds(piece, piece.end) - seconds(piece, piece.end - barLength(all.at(-1)!.meter));
  if (missing >= -bar / 2) return { kept: piece, more: Math.max(0, Math.round(missing / bar)) };
  const distance = (length: number) => Math.abs(seconds(piece, all[length - 1]!.end) - target);
  const wanted = all.map((_, index) => index + 1).reduce((best, length) => (distance(length) < distance(best) ? length : best));
  const more = Math.min(CLOSE, wanted - 1);
  return more ? { kept: beginning(piece, all[wanted - more - 1]!.end), more } : null;
}

/** A piece as it is up to a tick. */
export function beginning(piece: Piece, end: number): Piece {
  const before = <Event extends { start: number }>(events: readonly Event[]) => events.filter((event) => event.start < end);
  const parts = piece.parts.map((part) => {
    const notes = before(part.notes).map((note) => (note.start + note.duration > end ? { ...note, duration: end - note.start } : note));
    const pedal = part.pedal?.filter(([down]) => down! < end).map(([down, up]) => [down!, Math.min(up!, end)]);
    return { ...part, notes, ...(pedal && { pedal }) };
  });
  const { meters, tempi, keys, chords, sections, locks } = piece;
  const known = bars(piece);
  return {
    ...piece,
    end,
    parts,
    meters: before(meters),
    tempi: before(tempi),
    keys: before(keys),
    chords: before(chords),
    sections: before(sections),
    locks: locks.filter((lock) => known[lock.bar]!.start < end),
  };
}

/** A piece at the tempo at which it lasts so many seconds. */
export function lasting(piece: Piece, target: number): Piece {
  return setTempo(piece, ((piece.tempi[0]?.bpm ?? 100) * duration(piece)) / target);
}

/** Seconds of `1:30` or `90`; null where it is neither. */
export function readDuration(text: string): number | null {
  const found = /^\s*(?:(\d{1,2})[:：])?(\d{1,4}(?:\.\d+)?)\s*$/.exec(text);
  if (!found) return null;
  const value = 60 * Number(found[1] ?? 0) + Number(found[2]);
  return value > 0 ? value : null;
}

/** `1:30` of 90 seconds. */
export function showDuration(value: number): string {
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
