// The selected notes as a melody that the service searches for.

import { find } from "../music/edits.ts";
import { noteName } from "../music/harmony.ts";
import { TICKS_PER_QUARTER, type Piece } from "../music/score.ts";

const LEAST = 5; // notes that a search needs

/** `G4 A4 B4:2` of the selected notes of one line; empty where they are too few. */
export function melodyOf(piece: Piece, selection: ReadonlySet<number>): string {
  const notes = find(piece, selection).map((each) => each.note).sort((a, b) => a.start - b.start || b.pitch - a.pitch);
  const line = notes.filter((note, index) => index === 0 || note.start > notes[index - 1]!.start);
  if (line.length < LEAST) return "";
  return line
    .map((note) => `${noteName(note.pitch)}${Math.floor(note.pitch / 12) - 1}:${Number((note.duration / TICKS_PER_QUARTER).toFixed(3))}`)
    .join(" ");
}
