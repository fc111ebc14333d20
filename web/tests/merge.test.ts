import { describe, expect, test } from "vitest";
import { mergeExtension, mergeParts, mergeRegion, openCells } from "../src/music/merge.ts";
import type { Piece } from "../src/music/score.ts";
import { barIndex, bars } from "../src/music/timing.ts";
import { notes, part, sounding, tune } from "./pieces.ts";

/** A candidate in which every note of every part is another. */
function foreign(piece: Piece): Piece {
  return { ...piece, parts: piece.parts.map((each) => ({ ...each, notes: each.notes.map((note) => ({ ...note, pitch: note.pitch + 24 })) })) };
}

const generator = (seed: number) => () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;

describe("a region", () => {
  test("takes the open cells from the candidate, and nothing else", () => {
    const piece = tune();
    const merged = mergeRegion(piece, foreign(piece), { parts: [0], first: 1, last: 2 });
    expect(merged.parts[0]!.notes.filter((note) => note.pitch >= 84).map((note) => note.start / 1920)).toHaveLength(8);
    expect(merged.parts[1]).toBe(piece.parts[1]);
  });

  test("never touches what is locked or outside, whatever the candidate is", () => {
    const random = generator(7);
    for (let round = 0; round < 300; round += 1) {
      const piece: Piece = {
        ...tune(),
        locks: [0, 1].flatMap((place) => [0, 1, 2, 3].filter(() => random() < 0.3).map((bar) => ({ part: place, bar }))),
      };
      const locked = { ...piece, parts: piece.parts.map((each) => ({ ...each, locked: random() < 0.2 })) };
      const first = Math.floor(random() * 4);
      const region = { parts: [0, 1].filter(() => random() < 0.8), first, last: first + Math.floor(random() * (4 - first)) };
      const candidate = { ...foreign(locked), parts: foreign(locked).parts.map((each) => ({ ...each, notes: each.notes.map((note) => ({ ...note, start: Math.floor(random() * 7680) })) })) };
      const merged = mergeRegion(locked, candidate, region);
      const open = openCells(locked, region);
      const all = bars(locked);
      const closed = (each: Piece) => each.parts.map((own, place) => own.notes.filter((note) => !open.has(`${place}:${barIndex(all, note.start)}`)));
      expect(closed(merged)).toEqual(closed(locked));
    }
  });

  test("ends a new note where a kept one of its pitch begins", () => {
    const piece = { ...tune(), parts: [part("Melody", notes([0, 1, 60], [4, 1, 60]))] };
    const candidate = { ...piece, parts: [part("Melody", notes([3, 4, 60]))] };
    const merged = mergeRegion(piece, candidate, { parts: [0], first: 0, last: 0 });
    expect(sounding(merged)).toEqual(["0 1440 480 60", "0 1920 480 60"]);
  });

  test("with every cell locked is the piece", () => {
    const piece = { ...tune(), locks: [{ part: 0, bar: 0 }] };
    expect(sounding(mergeRegion(piece, foreign(piece), { parts: [0], first: 0, last: 0 }))).toEqual(sounding(piece));
  });
});

test("a continuation keeps all that was, and adds what is behind it", () => {
  const piece = tune();
  const longer = { ...foreign(piece), end: piece.end + 1920, parts: foreign(piece).parts.map((each) => ({ ...each, notes: [...each.notes, ...notes([16, 2, 72])] })) };
  const merged = mergeExtension(piece, longer);
  expect(merged.end).toBe(piece.end + 1920);
  expect(sounding(merged)).toEqual([...sounding(piece), "0 7680 960 72", "1 7680 960 72"].sort());
});

test("other parts are added beside the piece's own", () => {
  const piece = { ...tune(), parts: [tune().parts[0]!] };
  const candidate = { ...piece, chords: [{ start: 0, root: "C", quality: "", bass: "" }], parts: [piece.parts[0]!, part("Alto", notes([0, 4, 55]))] };
  const merged = mergeParts(piece, candidate);
  expect(merged.parts.map((each) => each.name)).toEqual(["Melody", "Alto"]);
  expect(merged.parts[0]).toBe(piece.parts[0]);
  expect(merged.chords).toHaveLength(1);
});
