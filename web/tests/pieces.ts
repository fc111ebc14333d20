// Pieces typed in, of which the tests are about.

import { newId, type Note, type Part, type Piece } from "../src/music/score.ts";

/** Notes of `[start, duration, pitch]` in quarters, velocity 80. */
export function notes(...all: [number, number, number][]): Note[] {
  return all.map(([start, duration, pitch]) => ({ id: newId(), start: start * 480, duration: duration * 480, pitch, velocity: 80 }));
}

export function part(name: string, all: Note[]): Part {
  return { name, program: 0, is_drums: false, volume: 100, pan: 64, notes: all, locked: false };
}

/** Four bars of 4/4 at 120: a melody over a bass. */
export function tune(): Piece {
  const melody = Array.from({ length: 16 }, (_, beat): [number, number, number] => [beat, 1, 60 + (beat % 8)]);
  const bass = Array.from({ length: 4 }, (_, bar): [number, number, number] => [4 * bar, 4, 36 + bar]);
  return {
    title: "Tune", composer: "", pickup: 0, end: 16 * 480,
    meters: [{ start: 0, numerator: 4, denominator: 4 }],
    tempi: [{ start: 0, bpm: 120 }],
    keys: [{ start: 0, tonic: "C", mode: "major" }],
    chords: [], sections: [],
    parts: [part("Melody", notes(...melody)), part("Bass", notes(...bass))],
    locks: [], origin: null,
  };
}

/** What sounds in a piece, without ids: `part start duration pitch`. */
export function sounding(piece: Piece): string[] {
  return piece.parts.flatMap((each, place) => each.notes.map((note) => `${place} ${note.start} ${note.duration} ${note.pitch}`)).sort();
}
