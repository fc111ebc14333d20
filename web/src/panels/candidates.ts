// Hearing candidates in their place.

import { barIndex } from "../music/timing.ts";
import { studio } from "../studio.svelte.ts";

export const NAMES = ["A", "B", "C", "D"];

/** See a candidate (-1: the piece as it was), and hear it from a bar before what is new. */
export function audition(index: number): void {
  const { pending, player, bars } = studio;
  if (!pending) return;
  studio.show(index);
  const first = pending.region ? Math.max(0, pending.region.first - 1) : 0;
  const from = pending.region ? (bars[first]?.start ?? 0) : beginningOfNew();
  player.seek(from);
  void player.play().catch((error: unknown) => studio.report(error));
}

/** The bar before the first note that is new. */
function beginningOfNew(): number {
  const { added, bars, shown } = studio;
  const starts = shown.parts.flatMap((part) => part.notes.filter((note) => added.has(note.id)).map((note) => note.start));
  return starts.length ? bars[Math.max(0, barIndex(bars, Math.min(...starts)) - 1)]!.start : 0;
}
