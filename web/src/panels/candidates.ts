// Hearing candidates in their place.

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

/** The bar before the piece's former end, for candidates that go on behind it. */
function beginningOfNew(): number {
  if (studio.shown.end <= studio.piece.end) return 0;
  return studio.bars.findLast((bar) => bar.end <= studio.piece.end)?.start ?? 0;
}
