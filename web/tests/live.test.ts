import { expect, test } from "vitest";
import type { Sounding } from "../../clients/typescript/live.ts";
import { Band } from "../src/live/band.ts";
import { PLAYER, Recording } from "../src/live/record.ts";

const note = (pitch: number, at: number, velocity = 80, part = "bass"): Sounding => ({ part, pitch, velocity, at, tick: 0 });

function band(): { band: Band; time: { now: number }; heard: [number, number][] } {
  const [time, heard] = [{ now: 0 }, [] as [number, number][]];
  return { band: new Band(() => time.now, (each) => heard.push([each.pitch, each.velocity])), time, heard };
}

test("notes wait until shortly before their time, in order", () => {
  const { band: it, time, heard } = band();
  it.add([note(40, 0.5), note(38, 0.2), note(38, 0.4, 0)]);
  it.advance();
  expect(heard).toEqual([]);
  time.now = 0.13;
  it.advance();
  expect(heard).toEqual([[38, 80]]);
  time.now = 0.45;
  it.advance();
  expect(heard).toEqual([[38, 80], [38, 0], [40, 80]]);
});

test("a note that is late is left out, and an end is not", () => {
  const { band: it, time, heard } = band();
  time.now = 1;
  expect(it.add([note(40, 0.9), note(41, 0.97), note(42, 0.2, 0)]).length).toBe(2);
  it.advance();
  expect(it.dropped).toBe(1);
  expect(heard).toEqual([[42, 0], [41, 80]]);
});

test("what ends before it begins is taken back", () => {
  const { band: it, time, heard } = band();
  it.add([note(40, 0.5), note(40, 0.5, 80, "chords")]);
  it.add([note(40, 0.1, 0)]);
  time.now = 0.6;
  it.advance();
  expect(heard).toEqual([[40, 0], [40, 80]]);
});

test("what both played becomes a piece on the beats that were followed, Firmus's notes marked", () => {
  const recording = new Recording();
  recording.beats.push({ at: 10, tick: 0, bpm: 120 }, { at: 10.5, tick: 480, bpm: 60 });
  recording.begins(PLAYER, 60, 90, 10);
  recording.ends(PLAYER, 60, 10.25);
  recording.take(note(36, 10.5));
  recording.take(note(36, 11, 0));
  recording.take(note(50, 30));
  recording.silence(12); // a note that was still to come is none
  const piece = recording.piece("Take", "3/4", [{ part: "bass", program: 33 }, { part: "drums", program: 0 }], 12);
  expect(piece.parts.map((part) => part.name)).toEqual(["Player", "Bass"]);
  expect(piece.parts.map((part) => part.notes.map(({ start, duration, composed }) => [start, duration, Boolean(composed)]))).toEqual([[[0, 240, false]], [[480, 240, true]]]);
  expect(piece.end).toBe(1440);
  expect(Object.keys(piece.origin!).sort()).toEqual(["brief", "composed", "credits", "firmus", "model", "seed", "task", "weights"]); // others the service refuses
});
