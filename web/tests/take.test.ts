import { expect, test } from "vitest";
import { record, Take } from "../src/music/take.ts";
import { tune } from "./pieces.ts";

/** A chord a little late, a repeated key that was not let go, the pedal under both. */
function played(): Take {
  const take = new Take();
  take.pedals(true, 1900);
  take.on(72, 90, 1935);
  take.on(76, 70, 1940);
  take.off(72, 2410);
  take.on(76, 75, 2420);
  take.pedals(false, 2500);
  take.end(2890);
  return take;
}

const found = (grid: number | null) => {
  const [piece, ids] = record(tune(), 0, played(), grid);
  const notes = piece.parts[0]!.notes.filter((note) => ids.has(note.id));
  return { piece, notes: notes.map(({ start, duration, pitch, velocity }) => [start, duration, pitch, velocity]).sort((a, b) => a[0]! - b[0]! || a[2]! - b[2]!) };
};

test("a take stands as it was played, or on the grid", () => {
  expect(found(null).notes).toEqual([[1935, 475, 72, 90], [1940, 480, 76, 70], [2420, 470, 76, 75]]);
  expect(found(240).notes).toEqual([[1920, 480, 72, 90], [1920, 480, 76, 70], [2400, 480, 76, 75]]);
});

test("what was there stays, and the pedal is written beside it", () => {
  const before = tune();
  const { piece } = found(240);
  expect(piece.parts[0]!.notes).toHaveLength(before.parts[0]!.notes.length + 3);
  expect(piece.parts[0]!.pedal).toEqual([[1900, 2500]]);
  expect(piece.parts[1]!.notes).toHaveLength(4);
  expect(piece.end).toBe(before.end);
});

test("nothing is recorded behind the end, into a locked bar, or twice", () => {
  const take = new Take();
  for (const start of [7900, 7675, 4000, 4010]) {
    take.on(80, 80, start);
    take.off(80, start + 100);
  }
  const locked = { ...tune(), locks: [{ part: 0, bar: 0 }] };
  take.on(81, 80, 10);
  take.end(200);
  const [piece, ids] = record(locked, 0, take, 240);
  const notes = piece.parts[0]!.notes.filter((note) => ids.has(note.id));
  expect(notes.map((note) => note.start)).toEqual([4080]);
});
