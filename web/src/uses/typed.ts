// A melody that is typed: note names with octaves and lengths in quarters, such as `G4 A4 B4:2 r D5`.

import { TICKS_PER_QUARTER, type ScoreDocument } from "../music/score.ts";

const STEPS: Record<string, number> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const NOTE = /^(?:([A-Ga-g])([#b♯♭]?)(\d)|([rR]))(?::(\d+(?:\.\d+)?|\d+\/\d+))?$/;

/** The score of a typed melody; null where a word is no note, or there is none. */
export function typedMelody(text: string, title: string, bpm = 100): ScoreDocument | null {
  const notes: ScoreDocument["parts"][number]["notes"] = { start: [], duration: [], pitch: [], velocity: [] };
  let tick = 0;
  for (const word of text.trim().split(/[\s,，]+/)) {
    const found = NOTE.exec(word);
    if (!found) return null;
    const [, letter, sign, octave, rest, length] = found;
    const [over, under] = (length ?? "1").split("/").map(Number);
    const duration = Math.round((over! / (under ?? 1)) * TICKS_PER_QUARTER);
    if (duration < 1) return null;
    if (!rest) {
      const accidental = sign === "#" || sign === "♯" ? 1 : sign ? -1 : 0;
      notes.start.push(tick);
      notes.duration.push(duration);
      notes.pitch.push(12 * (Number(octave) + 1) + STEPS[letter!.toUpperCase()]! + accidental);
      notes.velocity.push(80);
    }
    tick += duration;
  }
  if (!notes.start.length || notes.pitch.some((pitch) => pitch > 127)) return null;
  const bar = 4 * TICKS_PER_QUARTER;
  return {
    format: "firmus-score", version: 1, title, composer: "", pickup: 0, end: Math.ceil(tick / bar) * bar,
    meters: [{ start: 0, numerator: 4, denominator: 4 }], tempi: [{ start: 0, bpm }], keys: [], chords: [], sections: [],
    parts: [{ name: "Melody", program: 73, is_drums: false, volume: 100, pan: 64, notes }],
  };
}
