import { expect, test } from "vitest";
import { History } from "../src/music/history.ts";

test("undo and redo go through all states, in order", () => {
  const history = new History<number>();
  for (const state of [1, 2, 3]) history.record("step", state - 1, state);
  expect([history.undo(), history.undo(), history.undo(), history.undo()]).toEqual([2, 1, 0, null]);
  expect([history.redo(), history.redo(), history.redo(), history.redo()]).toEqual([1, 2, 3, null]);
});

test("commands of one group that follow one another are one", () => {
  const history = new History<number>();
  history.record("move", 0, 1, "drag 1 ");
  history.record("move", 1, 2, "drag 1 ");
  history.record("move", 2, 3, "drag 2 ");
  expect([history.undo(), history.undo(), history.undo()]).toEqual([2, 0, null]);
});

test("what was undone is forgotten by a new command", () => {
  const history = new History<number>();
  history.record("a", 0, 1);
  history.undo();
  history.record("b", 0, 5);
  expect(history.canRedo).toBe(false);
  expect(history.undo()).toBe(0);
});

test("five hundred commands are remembered", () => {
  const history = new History<number>();
  for (let state = 0; state < 5000; state += 1) history.record("step", state, state + 1);
  let count = 0;
  while (history.undo() !== null) count += 1;
  expect(count).toBe(500);
});
