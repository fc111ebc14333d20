import { describe, expect, test } from "vitest";
import * as edits from "../src/music/edits.ts";
import { chordText, degreeText, parseChord, pitchName } from "../src/music/harmony.ts";
import { engravedNames, fromDocument, toDocument, toFile, type Key, type WorkDocument } from "../src/music/score.ts";
import { Taps } from "../src/music/tapping.ts";
import { bars, position, seconds, ticks } from "../src/music/timing.ts";
import { sounding, tune } from "./pieces.ts";

const ids = (piece = tune(), place = 0) => new Set(piece.parts[place]!.notes.map((note) => note.id));

test("a tapped tempo is the mean of the taps, and begins anew after a pause", () => {
  const taps = new Taps();
  expect([0, 480, 1020, 1500].map((time) => taps.add(time))).toEqual([null, null, 60_000 / 510, 120]);
  expect([9000, 10_000, 11_000].map((time) => taps.add(time))).toEqual([null, null, 60]);
});

describe("edits", () => {
  test("move all notes by the same, as far as the first can go", () => {
    const piece = tune();
    const moved = edits.move(piece, ids(piece), -960, 3);
    expect(moved.parts[0]!.notes.map((note) => note.pitch)).toEqual(piece.parts[0]!.notes.map((note) => note.pitch + 3));
    expect(moved.parts[0]!.notes[0]!.start).toBe(0);
    expect(moved.parts[1]).toBe(piece.parts[1]);
  });

  test("leave locked notes where they are, and let none into a locked bar", () => {
    const piece = { ...tune(), locks: [{ part: 0, bar: 0 }, { part: 0, bar: 2 }] };
    const raised = edits.move(piece, ids(piece), 0, 12);
    expect(raised.parts[0]!.notes.filter((note) => note.pitch >= 72).map((note) => Math.floor(note.start / 1920))).toEqual([1, 1, 1, 1, 3, 3, 3, 3]);
    const later = edits.move(piece, ids(piece), 1920, 0);
    expect(later.parts[0]!.notes.filter((note) => note.start >= 3840 && note.start < 5760)).toHaveLength(4);
    expect(edits.remove(piece, ids(piece)).parts[0]!.notes).toHaveLength(8);
  });

  test("quantise, lengthen and shorten on a grid", () => {
    const [piece, id] = edits.addNote(tune(), 0, { start: 130, duration: 200, pitch: 70, velocity: 80 });
    const note = (next: typeof piece) => edits.find(next, new Set([id]))[0]!.note;
    expect(note(edits.quantise(piece, new Set([id]), 240))).toMatchObject({ start: 240, duration: 240 });
    expect(note(edits.resize(piece, new Set([id]), 100, "end")).duration).toBe(300);
    expect(note(edits.resize(piece, new Set([id]), 500, "start"))).toMatchObject({ start: 300, duration: 30 });
  });

  test("pasting keeps parts and distances, and makes the piece longer in whole bars", () => {
    const piece = tune();
    const copied = edits.find(piece, new Set([...ids(piece), ...ids(piece, 1)]));
    const [next, added] = edits.paste(piece, copied, piece.end);
    expect(added.size).toBe(20);
    expect(next.end).toBe(2 * piece.end);
    expect(sounding(next)).toHaveLength(40);
  });

  test("removing a part takes its locks along", () => {
    const piece = { ...tune(), locks: [{ part: 0, bar: 1 }, { part: 1, bar: 2 }] };
    expect(edits.removePart(piece, 0).locks).toEqual([{ part: 0, bar: 2 }]);
  });
});

describe("a file", () => {
  test("comes back as it went", () => {
    const document = toDocument(tune());
    expect(toDocument(fromDocument(document))).toEqual(document);
  });

  test("says which notes a model composed, whoever moved them since, and which a person added", () => {
    const origin = { model: "composer", credits: ["A set"], composed: [[0, 960, 0] as [number, number, number]] };
    const piece = fromDocument({ format: "firmus-work", version: 1, origin, score: toDocument(tune()) });
    expect(piece.parts[0]!.notes.filter((note) => note.composed).map((note) => note.start)).toEqual([0, 480]);
    const moved = edits.move(piece, new Set([piece.parts[0]!.notes[1]!.id]), 240, 2);
    const [added] = edits.addNote(moved, 0, { start: 240, duration: 240, pitch: 60, velocity: 80 });
    expect((toFile(added) as WorkDocument).origin.composed).toEqual([[0, 1, 0], [720, 721, 0]]);
    expect(toFile({ ...added, origin: null })).toEqual(toDocument(added));
  });

  test("names notes as the engraved score does", () => {
    const piece = tune();
    const [late, early] = [piece.parts[0]!.notes.at(-1)!, piece.parts[0]!.notes[0]!];
    const turned = { ...piece, parts: [{ ...piece.parts[0]!, notes: [...piece.parts[0]!.notes].reverse() }] };
    expect(engravedNames(turned).get("n0-0")).toBe(early.id);
    expect(engravedNames(turned).get("n0-15")).toBe(late.id);
  });
});

describe("time", () => {
  test("bars begin anew with a meter, after a pickup from 1", () => {
    const piece = { ...tune(), pickup: 480, end: 480 + 1920 + 2880, meters: [{ start: 0, numerator: 4, denominator: 4 }, { start: 2400, numerator: 3, denominator: 4 }] };
    expect(bars(piece).map((bar) => [bar.number, bar.start, bar.end])).toEqual([[0, 0, 480], [1, 480, 2400], [2, 2400, 3840], [3, 3840, 5280]]);
    expect(position(bars(piece), 2880)).toEqual([2, 2]);
  });

  test("ticks and seconds are inverse over changes of tempo", () => {
    const piece = { ...tune(), tempi: [{ start: 0, bpm: 120 }, { start: 1920, bpm: 60 }, { start: 3840, bpm: 90 }] };
    expect(seconds(piece, 3840)).toBeCloseTo(2 + 4);
    for (const tick of [0, 100, 1920, 2000, 3840, 7000]) expect(ticks(piece, seconds(piece, tick))).toBeCloseTo(tick);
  });
});

describe("chords", () => {
  const C: Key = { start: 0, tonic: "C", mode: "major" };
  const G: Key = { start: 0, tonic: "G", mode: "minor" };

  test.each([["Am7", C, "Am7"], ["C/E", C, "C/E"], ["F#min", C, "F#m"], ["ii7", C, "Dm7"], ["V7", C, "G7"], ["IVM7", C, "Fmaj7"], ["i", G, "Gm"], ["VI", G, "Eb"], ["iv6", G, "Cm/Eb"], ["viio7", G, "F#dim7"], ["V65", G, "D7/F#"], ["nc", C, "N.C."]])("%s", (text, key, written) => {
    expect(chordText(parseChord(text, 0, key)!)).toBe(written);
  });

  test("what is no chord is not read", () => {
    expect(["H", "Cfoo", "", "ix"].map((text) => parseChord(text, 0, C))).toEqual([null, null, null, null]);
  });

  test("degrees are those of the key", () => {
    expect(["Dm7", "G7", "Bb", "Bdim"].map((text) => degreeText(parseChord(text, 0, C)!, C))).toEqual(["ii7", "V7", "bVII", "viio"]);
  });

  test("middle C is C4", () => {
    expect([pitchName(60), pitchName(58, G)]).toEqual(["C4", "B♭3"]);
  });
});
