// Names of notes, chords and degrees. Chord qualities and their spellings are those of Firmus (`vocabulary.json`).

import vocabulary from "./vocabulary.json";
import type { Chord, Key, Piece } from "./score.ts";

const STEPS: Record<string, number> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const LINE_OF_FIFTHS = "FCGDAEB";
const NUMERALS = ["I", "II", "III", "IV", "V", "VI", "VII"];
const SCALES = { major: [0, 2, 4, 5, 7, 9, 11], minor: [0, 2, 3, 5, 7, 8, 10] };
const NO_CHORD = "N.C.";
const QUALITIES = vocabulary.qualities as Record<string, number[]>;
const SPELLINGS = vocabulary.spellings as Record<string, string>;
const SMALL = ["m", "dim", "m7", "m7b5", "dim7", "mM7", "m6", "m9"];
const DEGREE = /^([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(o|ø|\+)?(M7|7|6|64|65|43|42)?$/;
const INVERSIONS: Record<string, number> = { "6": 1, "65": 1, "64": 2, "43": 2, "42": 3 };

/** Pitch class, 0 to 11, of a spelled note. */
export function pitchClass(name: string): number {
  const sharps = name.split("#").length - 1;
  const flats = name.slice(1).split("b").length - 1;
  return (STEPS[name[0]!]! + sharps - flats + 12) % 12;
}

/** The key that holds at a tick. */
export function keyAt(piece: Piece, tick: number): Key | undefined {
  return piece.keys.findLast((key) => key.start <= tick) ?? piece.keys[0];
}

/** Place of a spelled note on the line of fifths: C is 0, G 1, F -1. */
function fifths(name: string): number {
  const accidentals = name.slice(1).split("#").length - name.slice(1).split("b").length;
  return LINE_OF_FIFTHS.indexOf(name[0]!) - 1 + 7 * accidentals;
}

/** A spelled name of a pitch class in a key: from the lowered second degree to the raised fourth. */
export function noteName(pitch: number, key?: Key): string {
  const lowest = (key ? fifths(key.tonic) : 0) - 5;
  const place = lowest + (((pitch * 7 - lowest) % 12) + 12) % 12;
  const accidentals = Math.floor((place + 1) / 7);
  return LINE_OF_FIFTHS[(((place + 1) % 7) + 7) % 7] + (accidentals < 0 ? "b" : "#").repeat(Math.abs(accidentals));
}

/** A pitch with its octave: 60 is C4. */
export function pitchName(pitch: number, key?: Key): string {
  return noteName(pitch, key).replaceAll("#", "♯").replaceAll("b", "♭") + (Math.floor(pitch / 12) - 1);
}

/** Pitch classes of a key's scale; all of them where no key is known. */
export function scale(key?: Key): Set<number> {
  if (!key) return new Set(Array.from({ length: 12 }, (_, index) => index));
  return new Set(SCALES[key.mode].map((step) => (step + pitchClass(key.tonic)) % 12));
}

/** A key in words of the service: `G minor`, `D dorian`. */
export function keyName(key: Key): string {
  return `${key.tonic} ${key.church_mode || key.mode}`;
}

/** A chord as a lead sheet writes it. */
export function chordText(chord: Chord): string {
  return chord.root + chord.quality + (chord.bass ? `/${chord.bass}` : "");
}

/** Read a lead-sheet symbol (`Am7`, `C/E`) or a degree of a key (`ii7`, `V65`); null where it is neither. */
export function parseChord(text: string, start: number, key?: Key): Chord | null {
  const clean = text.trim().replaceAll("♯", "#").replaceAll("♭", "b").replaceAll("°", "o");
  if (/^(n\.?c\.?|none)$/i.test(clean)) return { start, root: NO_CHORD, quality: "", bass: "" };
  const degree = DEGREE.exec(clean);
  if (degree && key) return chordOfDegree(degree, start, key);
  const match = /^([A-G](?:#{1,2}|b{1,2})?)([^/]*)(?:\/([A-G](?:#{1,2}|b{1,2})?))?$/.exec(clean);
  if (!match) return null;
  const written = match[2]!.trim();
  const quality = SPELLINGS[written] ?? written;
  return quality in QUALITIES ? { start, root: match[1]!, quality, bass: match[3] ?? "" } : null;
}

function chordOfDegree(match: RegExpExecArray, start: number, key: Key): Chord {
  const [, shift, letters, mark, figures = ""] = match;
  const place = NUMERALS.indexOf(letters!.toUpperCase());
  const isSmall = letters === letters!.toLowerCase();
  let step = SCALES[key.mode][place]!;
  if (key.mode === "minor" && place === 6 && (mark === "o" || mark === "ø") && !shift) step = 11;
  const root = pitchClass(key.tonic) + step + (shift === "b" ? -1 : shift === "#" ? 1 : 0) + 12;
  const seventh = ["7", "M7", "65", "43", "42"].includes(figures);
  let quality = isSmall ? "m" : "";
  if (seventh) {
    const isDominant = place === 4 || (place === 6 && key.mode === "minor");
    quality = isSmall ? "m7" : figures === "M7" || !isDominant ? "maj7" : "7";
  }
  if (mark === "o") quality = seventh ? "dim7" : "dim";
  if (mark === "ø") quality = "m7b5";
  if (mark === "+") quality = seventh ? "aug7" : "aug";
  const inversion = INVERSIONS[figures] ?? 0;
  const bass = inversion ? noteName(root + QUALITIES[quality]![inversion]!, key) : "";
  return { start, root: noteName(root, key), quality, bass };
}

/** The degree of a chord in a key, without inversion: `ii7`; empty for no chord. */
export function degreeText(chord: Chord, key?: Key): string {
  if (!key || chord.root === NO_CHORD) return "";
  const step = (pitchClass(chord.root) - pitchClass(key.tonic) + 12) % 12;
  const inScale = SCALES[key.mode].indexOf(step);
  const place = inScale >= 0 ? inScale : SCALES[key.mode].indexOf((step + 1) % 12);
  const shift = inScale >= 0 ? "" : place >= 0 ? "b" : "#";
  const letters = NUMERALS[place >= 0 ? place : SCALES[key.mode].indexOf(step - 1)]!;
  const mark = chord.quality.startsWith("dim") ? "o" : chord.quality === "m7b5" ? "ø" : chord.quality.startsWith("aug") ? "+" : "";
  const seventh = /7|9/.test(chord.quality) && chord.quality !== "add9" ? "7" : "";
  return shift + (SMALL.includes(chord.quality) ? letters.toLowerCase() : letters) + mark + seventh;
}
