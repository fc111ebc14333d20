// Tapping the tempo of the open piece, in beats of its first meter.

import { setTempo } from "../music/edits.ts";
import { TICKS_PER_QUARTER } from "../music/score.ts";
import { Taps } from "../music/tapping.ts";
import { beatLength } from "../music/timing.ts";
import { studio } from "../studio.svelte.ts";

const taps = new Taps();

/** A tap; the tempo changes from the third on, all in one step that is undone. */
export function tap(time: number): void {
  const beats = taps.add(time);
  if (beats === null || !studio.isOpen) return;
  const quarters = (beats * beatLength(studio.bars[0]!.meter)) / TICKS_PER_QUARTER;
  studio.edit("tempo", (piece) => setTempo(piece, Math.round(quarters)), "tap");
}
