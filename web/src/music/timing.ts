// Ticks, bars, beats and seconds of a piece.

import { TICKS_PER_QUARTER, type Meter, type Piece } from "./score.ts";

export type Bar = { number: number; start: number; end: number; meter: Meter };

const COMMON: Meter = { start: 0, numerator: 4, denominator: 4 };

/** Length of a full bar. */
export function barLength(meter: Meter): number {
  return (TICKS_PER_QUARTER * 4 * meter.numerator) / meter.denominator;
}

/** Length of a beat: a dotted one where three eighths make it. */
export function beatLength(meter: Meter): number {
  const unit = (TICKS_PER_QUARTER * 4) / meter.denominator;
  return meter.denominator >= 8 && meter.numerator % 3 === 0 ? 3 * unit : unit;
}

/** Bars of a piece; an incomplete first bar has number 0, and a new meter begins a bar. */
export function bars(piece: Piece): Bar[] {
  const found: Bar[] = [];
  const meters = piece.meters.length ? piece.meters : [COMMON];
  let [start, place] = [0, 0];
  const end = Math.max(piece.end, 1);
  if (piece.pickup) {
    found.push({ number: 0, start: 0, end: piece.pickup, meter: meters[0]! });
    start = piece.pickup;
  }
  for (let number = 1; start < end; number += 1) {
    while (place + 1 < meters.length && meters[place + 1]!.start <= start) place += 1;
    const meter = meters[place]!;
    const next = meters[place + 1]?.start ?? Infinity;
    const stop = Math.min(start + barLength(meter), next);
    found.push({ number, start, end: stop, meter });
    start = stop;
  }
  return found;
}

/** Index of the bar that holds a tick; the last one's for what lies behind it. */
export function barIndex(all: readonly Bar[], tick: number): number {
  let [low, high] = [0, all.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (all[middle]!.start <= tick) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** Bar and beat from 1, the beat with a fraction: `[3, 2.5]`. */
export function position(all: readonly Bar[], tick: number): [number, number] {
  const bar = all[barIndex(all, tick)];
  if (!bar) return [1, 1];
  return [bar.number, 1 + (tick - bar.start) / beatLength(bar.meter)];
}

/** Seconds from the beginning to a tick. */
export function seconds(piece: Piece, tick: number): number {
  let [total, from, bpm] = [0, 0, piece.tempi[0]?.bpm ?? 100];
  for (const tempo of piece.tempi) {
    if (tempo.start >= tick) break;
    total += ((tempo.start - from) * 60) / (bpm * TICKS_PER_QUARTER);
    [from, bpm] = [tempo.start, tempo.bpm];
  }
  return total + ((tick - from) * 60) / (bpm * TICKS_PER_QUARTER);
}

/** The inverse of `seconds`. */
export function ticks(piece: Piece, time: number): number {
  let [total, from, bpm] = [0, 0, piece.tempi[0]?.bpm ?? 100];
  for (const tempo of piece.tempi) {
    const length = ((tempo.start - from) * 60) / (bpm * TICKS_PER_QUARTER);
    if (total + length >= time && tempo.start > 0) break;
    total += length;
    [from, bpm] = [tempo.start, tempo.bpm];
  }
  return from + ((time - total) * bpm * TICKS_PER_QUARTER) / 60;
}
