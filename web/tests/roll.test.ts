import { expect, test } from "vitest";
import { GUTTER, RollView } from "../src/roll/view.svelte.ts";

function view(): RollView {
  const made = new RollView();
  Object.assign(made, { width: 856, height: 400, left: 0, scale: 0.1, top: 84, row: 10 });
  return made;
}

test("places and ticks, rows and pitches are inverse", () => {
  const roll = view();
  for (const tick of [0, 480, 5000]) expect(roll.tick(roll.x(tick))).toBeCloseTo(tick);
  for (const pitch of [50, 60, 84]) expect(roll.pitch(roll.y(pitch) + 5)).toBe(pitch);
});

test("only notes in sight are drawn", () => {
  const roll = view();
  expect(roll.shows({ start: 0, duration: 480, pitch: 60 })).toBe(true);
  expect(roll.shows({ start: 9000, duration: 480, pitch: 60 })).toBe(false);
  expect(roll.shows({ start: 0, duration: 480, pitch: 20 })).toBe(false);
  roll.left = 4000;
  expect(roll.shows({ start: 0, duration: 480, pitch: 60 })).toBe(false);
  expect(roll.shows({ start: 3900, duration: 480, pitch: 60 })).toBe(true);
});

test("zooming keeps what is under the pointer", () => {
  const roll = view();
  roll.left = 3000;
  const tick = roll.tick(400);
  roll.zoom(1.7, 400);
  expect(roll.tick(400)).toBeCloseTo(tick);
  expect(roll.scale).toBeCloseTo(0.17);
});

test("panning ends at the piece's ends", () => {
  const roll = view();
  roll.pan(-1000, 0, 20000);
  expect(roll.left).toBe(0);
  roll.pan(1e6, -1e6, 20000);
  expect(roll.left).toBeLessThan(20000);
  expect(roll.top).toBe(127);
});

test("a piece is fitted to be seen and read", () => {
  const roll = view();
  roll.fit([{ start: 0, duration: 480, pitch: 50 }, { start: 0, duration: 480, pitch: 74 }], 8000);
  expect(roll.y(74)).toBeGreaterThanOrEqual(0);
  expect(roll.y(50) + roll.row).toBeLessThanOrEqual(roll.height);
  expect(roll.x(8000)).toBeLessThanOrEqual(roll.width);
  expect(roll.x(0)).toBe(GUTTER);
});

test("the playhead turns the page", () => {
  const roll = view();
  roll.follow(100_000);
  expect(roll.x(100_000)).toBeGreaterThanOrEqual(GUTTER);
  expect(roll.x(100_000)).toBeLessThan(roll.width);
});
