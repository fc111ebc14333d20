import { expect, test } from "vitest";
import { setTempo } from "../src/music/edits.ts";
import { Scheduler, type Sound } from "../src/playback/scheduler.ts";
import { tune } from "./pieces.ts";

/** A scheduler on a clock that is moved by hand, and what it hands out. */
function machine() {
  const clock = { now: 0 };
  const heard: { sound: Sound; time: number }[] = [];
  const scheduler = new Scheduler(() => clock.now, (sound, time) => heard.push({ sound, time }));
  scheduler.load(tune());
  const run = (until: number) => {
    while (clock.now < until && scheduler.advance()) clock.now = Number((clock.now + 0.025).toFixed(4));
  };
  const onsets = (part: number) =>
    heard.filter(({ sound }) => sound.kind === "on" && sound.part === part).map(({ time }) => Number(time.toFixed(4)));
  return { clock, heard, scheduler, run, onsets };
}

test("every note is handed out once, at its time, before it is due", () => {
  const { scheduler, run, onsets, heard } = machine();
  scheduler.start(0, 0);
  run(20);
  expect(onsets(0)).toEqual(Array.from({ length: 16 }, (_, beat) => beat * 0.5));
  expect(onsets(1)).toEqual([0, 2, 4, 6]);
  expect(heard.filter(({ sound }) => sound.kind === "off")).toHaveLength(20);
  expect(scheduler.playing).toBe(false);
});

test("a loop goes on, and ends the notes that sound at its end", () => {
  const { scheduler, run, onsets, heard } = machine();
  scheduler.loop = { start: 0, end: 960 };
  scheduler.start(0, 0);
  run(3.9);
  expect(onsets(0).slice(0, 6)).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
  const bass = heard.filter(({ sound }) => sound.kind === "off" && sound.part === 1).map(({ time }) => Number(time.toFixed(4)));
  expect(bass.slice(0, 3)).toEqual([1, 2, 3]);
  expect(scheduler.position()).toBeLessThan(960);
});

test("beginning within a note sounds it", () => {
  const { scheduler, onsets } = machine();
  scheduler.start(960, 0);
  scheduler.advance();
  expect(onsets(1)[0]).toBe(0);
});

test("the position follows the clock, also after the tempo has changed", () => {
  const { scheduler, clock, run } = machine();
  scheduler.start(0, 0);
  run(1);
  expect(scheduler.position()).toBeCloseTo(960);
  scheduler.load(setTempo(tune(), 60));
  clock.now += 1;
  expect(scheduler.position()).toBeCloseTo(960 + 480);
});

test("the metronome clicks on every beat, and accents the first", () => {
  const { scheduler, run, heard } = machine();
  scheduler.metronome = true;
  scheduler.start(0, 0);
  run(20);
  const clicks = heard.flatMap(({ sound }) => (sound.kind === "click" ? [sound.accent] : []));
  expect(clicks).toHaveLength(16);
  expect(clicks.slice(0, 5)).toEqual([true, false, false, false, true]);
});

test("what is edited while it plays is heard", () => {
  const { scheduler, run, onsets } = machine();
  scheduler.start(0, 0);
  run(1);
  const piece = tune();
  scheduler.load({ ...piece, parts: [{ ...piece.parts[0]!, notes: [] }, piece.parts[1]!] });
  run(20);
  expect(onsets(0).every((time) => time < 1.2)).toBe(true);
  expect(onsets(1)).toEqual([0, 2, 4, 6]);
});

test("stopping ends every note that was handed out, not before it begins", () => {
  const { scheduler, clock, heard } = machine();
  scheduler.start(0, 0);
  scheduler.advance();
  clock.now = 0.45;
  scheduler.advance(); // hands out the note at 0.5
  scheduler.stop();
  const ons = heard.filter(({ sound }) => sound.kind === "on");
  for (const { sound, time } of ons) {
    if (sound.kind !== "on") continue;
    const off = heard.findLast((each) => each.sound.kind === "off" && each.sound.part === sound.part && each.sound.pitch === sound.pitch);
    expect(off!.time).toBeGreaterThanOrEqual(time);
  }
  expect(ons).toHaveLength(3);
});
