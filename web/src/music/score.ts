// The piece as the page edits it, and its file: the service's `firmus-score` document. Times are ticks, 480 to the
// quarter note. A note's id is the page's own and lasts as long as the note; in the engraved score the note is named
// by its part's and its own place (`n0-12`).

export const TICKS_PER_QUARTER = 480;

/** `composed`: by a model, whoever moved it since. */
export type Note = { id: number; start: number; duration: number; pitch: number; velocity: number; composed?: boolean };
export type Meter = { start: number; numerator: number; denominator: number };
export type Tempo = { start: number; bpm: number };
export type Key = { start: number; tonic: string; mode: "major" | "minor"; church_mode?: string };
export type Chord = { start: number; root: string; quality: string; bass: string };
export type Section = { start: number; label: string };

export type Part = {
  name: string;
  program: number;
  is_drums: boolean;
  volume: number;
  pan: number;
  pedal?: number[][];
  notes: readonly Note[];
  locked: boolean;
};

export type Piece = {
  title: string;
  composer: string;
  pickup: number;
  end: number;
  meters: readonly Meter[];
  tempi: readonly Tempo[];
  keys: readonly Key[];
  chords: readonly Chord[];
  sections: readonly Section[];
  parts: readonly Part[];
  /** Regions that are locked beside the locked parts: a part's place, and bars from 0. */
  locks: readonly Lock[];
  /** What composed some of its notes last; null where all are a person's. */
  origin: Origin | null;
};

export type Lock = { part: number; bar: number };

/** The origin of a work, as the service has it; `composed`: first tick, tick after the last, part. */
export type Origin = { model: string; credits: string[]; composed: [number, number, number][]; [other: string]: unknown };

type Columns = { start: number[]; duration: number[]; pitch: number[]; velocity: number[] };
export type ScoreDocument = Omit<Piece, "parts" | "locks" | "origin"> & {
  format: "firmus-score";
  version: 1;
  parts: (Omit<Part, "notes" | "locked"> & { notes: Columns })[];
};
/** The file of a work that a model had a part in. */
export type WorkDocument = { format: "firmus-work"; version: 1; origin: Origin; score: ScoreDocument };

let last = 0;

/** A new id of a note. */
export function newId(): number {
  return ++last;
}

/** Notes in the order of the service: by start, duration, pitch, velocity. */
export function ordered(notes: readonly Note[]): Note[] {
  return [...notes].sort(
    (a, b) => a.start - b.start || a.duration - b.duration || a.pitch - b.pitch || a.velocity - b.velocity,
  );
}

export function fromDocument(document: ScoreDocument | WorkDocument): Piece {
  const { origin, score } = document.format === "firmus-work" ? document : { origin: null, score: document };
  const parts = score.parts.map(({ notes, ...part }, place) => {
    const spans = (origin?.composed ?? []).filter((span) => span[2] === place);
    const isComposed = (start: number) => spans.some(([first, end]) => first <= start && start < end);
    return {
      ...part,
      locked: false,
      notes: notes.start.map((start, index) => ({
        id: newId(),
        start,
        duration: notes.duration[index]!,
        pitch: notes.pitch[index]!,
        velocity: notes.velocity[index]!,
        ...(isComposed(start) && { composed: true }),
      })),
    };
  });
  const { title, composer, pickup, end, meters, tempi, keys, chords, sections } = score;
  return { title, composer, pickup, end, meters, tempi, keys, chords, sections, parts, locks: [], origin };
}

/** The inverse of `fromDocument`; what is locked is the page's alone. */
export function toFile(piece: Piece): ScoreDocument | WorkDocument {
  const [score, origin] = [toDocument(piece), originOf(piece)];
  return origin ? { format: "firmus-work", version: 1, origin, score } : score;
}

/** The origin of a piece as it stands. */
export function originOf(piece: Piece): Origin | null {
  return piece.origin && { ...piece.origin, composed: composedSpans(piece) };
}

/** Spans with the onsets of all notes that a model composed, and of no others: where both have notes at once, of both. */
function composedSpans(piece: Piece): Origin["composed"] {
  return piece.parts.flatMap((part, place) => {
    const onsets = new Map<number, boolean>();
    for (const note of ordered(part.notes)) onsets.set(note.start, Boolean(note.composed) || Boolean(onsets.get(note.start)));
    const spans: Origin["composed"] = [];
    let wasComposed = false;
    for (const [start, isComposed] of onsets) {
      if (isComposed && wasComposed) spans.at(-1)![1] = start + 1;
      else if (isComposed) spans.push([start, start + 1, place]);
      wasComposed = isComposed;
    }
    return spans;
  });
}

/** The notes of a piece alone, without who made them. */
export function toDocument(piece: Piece): ScoreDocument {
  const { parts, locks: _, origin: ___, ...rest } = piece;
  const written = parts.map(({ notes, locked: __, ...part }) => {
    const sorted = ordered(notes);
    const column = (name: keyof Columns) => sorted.map((note) => note[name]);
    return {
      ...part,
      notes: { start: column("start"), duration: column("duration"), pitch: column("pitch"), velocity: column("velocity") },
    };
  });
  return { format: "firmus-score", version: 1, ...rest, parts: written };
}

/** Ids of the notes by their names in the engraved score. */
export function engravedNames(piece: Piece): Map<string, number> {
  return new Map(
    piece.parts.flatMap((part, place) => ordered(part.notes).map((note, index) => [`n${place}-${index}`, note.id] as const)),
  );
}

/** An empty piece to write into. */
export function emptyPiece(title: string, bars = 8): Piece {
  return {
    title,
    composer: "",
    pickup: 0,
    end: bars * 4 * TICKS_PER_QUARTER,
    meters: [{ start: 0, numerator: 4, denominator: 4 }],
    tempi: [{ start: 0, bpm: 100 }],
    keys: [{ start: 0, tonic: "C", mode: "major" }],
    chords: [],
    sections: [],
    parts: [{ name: "Piano", program: 0, is_drums: false, volume: 100, pan: 64, notes: [], locked: false }],
    locks: [],
    origin: null,
  };
}
