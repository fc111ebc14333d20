// Look-ahead scheduling of a piece on the audio clock. It knows no audio: a clock is read, and events are handed out
// with their times shortly before they are due, so that the piece can be edited while it plays.

import type { Piece } from "../music/score.ts";
import { bars, beatLength, seconds, ticks } from "../music/timing.ts";

export type Sound =
  | { kind: "on"; part: number; pitch: number; velocity: number }
  | { kind: "off"; part: number; pitch: number }
  | { kind: "pedal"; part: number; down: boolean }
  | { kind: "click"; accent: boolean };
export type Loop = { start: number; end: number };

type Event = { tick: number; sound: Sound; end: number };
type Anchor = { time: number; tick: number };

const WINDOW = 0.12; // seconds of music that are handed out ahead

export class Scheduler {
  loop: Loop | null = null;
  metronome = false;
  #clock: () => number;
  #emit: (sound: Sound, time: number) => void;
  #piece: Piece | null = null;
  #events: Event[] = [];
  #clicks: Event[] = [];
  #anchors: Anchor[] = [];
  #cursor = 0;
  #sounding: { part: number; pitch: number; end: number; time: number }[] = [];
  #pedals = new Set<number>(); // parts whose pedal is down

  constructor(clock: () => number, emit: (sound: Sound, time: number) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  get playing(): boolean {
    return this.#anchors.length > 0;
  }

  /** When the music begins, or began. */
  get beginning(): number {
    return this.#anchors[0]?.time ?? 0;
  }

  /** The piece to be played; while it plays it may change, also its tempo. */
  load(piece: Piece): void {
    const tempi = this.#piece?.tempi;
    const here = this.playing && tempi !== piece.tempi ? this.position() : null;
    this.#piece = piece;
    this.#events = piece.parts
      .flatMap((part, place) => [
        ...(part.pedal ?? []).flatMap((span) => pedalling(place, span)),
        ...part.notes.map((note): Event => {
          const sound: Sound = { kind: "on", part: place, pitch: note.pitch, velocity: note.velocity };
          return { tick: note.start, sound, end: note.start + note.duration };
        }),
      ])
      .sort((a, b) => a.tick - b.tick);
    this.#clicks = clicks(piece);
    if (here !== null) this.#anchors = [{ time: this.#clock(), tick: here }];
  }

  /** Begin at a tick, `delay` seconds from now; notes that sound there already begin anew. */
  start(tick: number, delay = 0.05): void {
    this.#anchors = [{ time: this.#clock() + delay, tick }];
    this.#cursor = tick;
    this.#sounding = [];
    for (const event of this.#events) {
      if (event.tick >= tick) break;
      if (event.end > tick) this.#on(event, this.#anchors[0]!.time);
    }
  }

  /** Stop; notes that were handed out and have not begun end as they begin. */
  stop(): void {
    this.#lift(this.#clock());
    for (const { part, pitch, time } of this.#sounding) this.#emit({ kind: "off", part, pitch }, Math.max(time + 0.001, this.#clock()));
    this.#sounding = [];
    this.#anchors = [];
  }

  /** Where the music is at a time, by default now; the end of the piece when it is over. */
  position(now = this.#clock()): number {
    const piece = this.#piece;
    const anchor = this.#anchors.findLast((each) => each.time <= now) ?? this.#anchors[0];
    if (!piece || !anchor) return this.#cursor;
    if (now < anchor.time) return anchor.tick;
    return Math.min(ticks(piece, seconds(piece, anchor.tick) + now - anchor.time), piece.end);
  }

  /** Hand out what is due within the window; false when the piece is over. */
  advance(): boolean {
    const piece = this.#piece;
    if (!piece || !this.playing) return false;
    const horizon = this.#clock() + WINDOW;
    for (;;) {
      const anchor = this.#anchors.at(-1)!;
      const loop = this.loop && this.loop.end > this.loop.start && this.#cursor < this.loop.end ? this.loop : null;
      const stop = loop ? loop.end : piece.end;
      const limit = Math.min(ticks(piece, seconds(piece, anchor.tick) + horizon - anchor.time), stop);
      if (limit > this.#cursor) this.#handOut(limit);
      if (this.#cursor < stop || this.#time(stop) >= horizon) break;
      if (!loop) break;
      this.#release(loop.end, true);
      this.#lift(this.#time(loop.end));
      this.#anchors = [...this.#anchors.slice(-3), { time: this.#time(loop.end), tick: loop.start }];
      this.#cursor = loop.start;
    }
    if (this.#cursor >= piece.end && this.#clock() >= this.#time(piece.end)) {
      this.stop();
      this.#cursor = piece.end;
      return false;
    }
    return true;
  }

  #handOut(limit: number): void {
    const due = [...within(this.#events, this.#cursor, limit)];
    if (this.metronome) due.push(...within(this.#clicks, this.#cursor, limit));
    due.sort((a, b) => a.tick - b.tick);
    for (const event of due) {
      this.#release(event.tick);
      this.#on(event, this.#time(event.tick));
    }
    this.#release(limit - 1);
    this.#cursor = limit;
  }

  #on(event: Event, time: number): void {
    this.#emit(event.sound, time);
    if (event.sound.kind === "pedal") this.#pedals[event.sound.down ? "add" : "delete"](event.sound.part);
    if (event.sound.kind === "on") this.#sounding.push({ part: event.sound.part, pitch: event.sound.pitch, end: event.end, time });
  }

  /** End notes that end at a tick or before, or all that sound. */
  #release(tick: number, everything = false): void {
    this.#sounding = this.#sounding.filter((note) => {
      if (note.end > tick && !everything) return true;
      this.#emit({ kind: "off", part: note.part, pitch: note.pitch }, this.#time(Math.min(note.end, tick)));
      return false;
    });
  }

  #lift(time: number): void {
    for (const part of this.#pedals) this.#emit({ kind: "pedal", part, down: false }, time);
    this.#pedals.clear();
  }

  #time(tick: number): number {
    const anchor = this.#anchors.at(-1)!;
    return anchor.time + seconds(this.#piece!, tick) - seconds(this.#piece!, anchor.tick);
  }
}

function pedalling(part: number, [down, up]: readonly number[]): Event[] {
  return [
    { tick: down!, sound: { kind: "pedal", part, down: true }, end: up! },
    { tick: up!, sound: { kind: "pedal", part, down: false }, end: up! },
  ];
}

/** Events of a sorted list from one tick to before another. */
function within(events: readonly Event[], from: number, to: number): readonly Event[] {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.tick < from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < events.length && events[end]!.tick < to) end += 1;
  return events.slice(low, end);
}

/** A click on every beat of a piece, the first of a bar accented. */
export function clicks(piece: Piece): Event[] {
  return bars(piece).flatMap((bar) => {
    const beat = beatLength(bar.meter);
    const count = Math.max(1, Math.ceil((bar.end - bar.start) / beat));
    return Array.from({ length: count }, (_, index): Event => {
      const tick = bar.start + index * beat;
      return { tick, sound: { kind: "click", accent: index === 0 && bar.number > 0 }, end: tick };
    });
  });
}
