import { describe, expect, test } from "vitest";
import { beginning, duration, lasting, planned, readDuration, showDuration } from "../src/music/duration.ts";
import { comparable, excerpt, isLine, replaced, spread } from "../src/music/excerpt.ts";
import { mergeRegion } from "../src/music/merge.ts";
import { bars } from "../src/music/timing.ts";
import { notes, sounding, tune } from "./pieces.ts";



describe("an exact duration", () => {
  test("is reached by the tempo alone where less than half a bar is missing", () => {
    expect(duration(tune())).toBe(8);
    expect(planned(tune(), 8.9)).toEqual({ kept: tune0(), more: 0 });
    expect(duration(lasting(tune(), 8.9))).toBeCloseTo(8.9, 9);
  });

  test("needs so many bars behind the end as come nearest to it", () => {
    expect(planned(tune(), 13.2)!.more).toBe(3);
    expect(planned(tune(), 8 + 2 * 30)!.more).toBe(30);
  });

  test("ends earlier with two bars that are composed anew", () => {
    const six = { ...tune(), end: 24 * 480 };
    const { kept, more } = planned(six, 8.2)!;
    expect([bars(kept).length, more]).toEqual([2, 2]);
    expect(planned(tune(), 4)).toMatchObject({ more: 1 });
    expect(planned(tune(), 1)).toBeNull();
  });

  test("keeps tempo changes in proportion", () => {
    const piece = { ...tune(), tempi: [{ start: 0, bpm: 120 }, { start: 8 * 480, bpm: 60 }] };
    const longer = lasting(piece, 24);
    expect(duration(longer)).toBeCloseTo(24, 9);
    expect(longer.tempi.map((tempo) => tempo.bpm)).toEqual([60, 30]);
  });

  test("a beginning holds nothing behind its end", () => {
    const held = { ...tune(), parts: [{ ...tune().parts[0]!, notes: notes([0, 8, 60], [7, 1, 62], [8, 1, 64]), pedal: [[0, 6000], [9000, 9100]] }] };
    const cut = beginning({ ...held, locks: [{ part: 0, bar: 1 }, { part: 0, bar: 2 }] }, 7 * 480);
    expect(sounding(cut)).toEqual(["0 0 3360 60"]);
    expect(cut.parts[0]!.pedal).toEqual([[0, 3360]]);
    expect(cut.locks).toEqual([{ part: 0, bar: 1 }]);
  });

  test.each([["1:30", 90], [" 0：45 ", 45], ["90", 90], ["1:02.5", 62.5], ["", null], ["0", null], ["a:30", null]])("%s is read", (text, value) => {
    expect(readDuration(text)).toBe(value);
  });

  test("is shown in minutes", () => expect([showDuration(90), showDuration(59.7)]).toEqual(["1:30", "1:00"]));
});

describe("an excerpt", () => {
  test("begins with its first bar, in the key and meter that hold there", () => {
    const piece = { ...tune(), keys: [{ start: 0, tonic: "C", mode: "major" as const }, { start: 1920, tonic: "G", mode: "major" as const }] };
    const part = excerpt(piece, 0, 2, 3);
    expect(part.end).toBe(3840);
    expect(part.keys).toEqual([{ start: 0, tonic: "G", mode: "major" }]);
    expect(part.parts[0]!.notes.map((note) => note.start)).toEqual([0, 480, 960, 1440, 1920, 2400, 2880, 3360]);
  });

  test("goes back to its place, and changes nothing else", () => {
    const piece = tune();
    const part = excerpt(piece, 0, 1, 2).parts[0]!.notes.map((note) => ({ ...note, pitch: note.pitch + 1 }));
    const region = { parts: [0], first: 1, last: 2 };
    const next = mergeRegion(piece, replaced(piece, 0, 1, part), region);
    const changed = (each: string) => Number(each.split(" ")[1]) >= 1920 && Number(each.split(" ")[1]) < 5760 && each.startsWith("0");
    expect(sounding(next).filter((each) => !changed(each))).toEqual(sounding(piece).filter((each) => !changed(each)));
    expect(next.parts[0]!.notes.filter((note) => note.pitch === 65)).toHaveLength(2);
  });

  test("only lines that differ are gone between", () => {
    const [one, other] = [tune(), tune()];
    const raised = { ...other, parts: [other.parts[0]!, { ...other.parts[1]!, notes: other.parts[1]!.notes.map((note) => ({ ...note, pitch: note.pitch + 2 })) }] };
    const region = { parts: [0, 1], first: 0, last: 3 };
    expect(comparable(one, raised, region)).toEqual([1]);
    expect(isLine(notes([0, 1, 60], [1, 1, 62]))).toBe(true);
    expect(isLine(notes([0, 1, 60], [0, 1, 64]))).toBe(false);
    expect(isLine(notes([0, 2, 60], [1, 1, 64]))).toBe(false);
  });
});

test("candidates are spread over a longer row", () => {
  expect(spread([1, 2, 3, 4, 5, 6, 7], 4)).toEqual([1, 3, 5, 7]);
  expect(spread([1, 2], 4)).toEqual([1, 2]);
});

/** The tune as `planned` gives it back: ids differ from piece to piece. */
function tune0(): unknown {
  return expect.objectContaining({ title: "Tune", end: 16 * 480 });
}
