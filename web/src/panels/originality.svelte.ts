// What a check of the open piece has found.

import { toDocument, type Piece, type ScoreDocument } from "../music/score.ts";
import { barIndex } from "../music/timing.ts";
import { rollView } from "../roll/view.svelte.ts";
import { saving } from "../saving.svelte.ts";
import { service } from "../service/service.ts";
import { studio } from "../studio.svelte.ts";

export type Match = {
  source: { title: string; composer: string; origin: string };
  part: number;
  bars: [number, number];
  other_bars: [number, number];
  notes: number;
  run: number;
  bits: number;
};
export type Report = {
  verdict: "original" | "borrows as people do" | "copies";
  longest_run: number;
  coverage: number;
  people: Record<string, { share: number }>;
  matches: Match[];
  pieces: number;
};

class Originality {
  report = $state.raw<Report | null>(null);
  /** Of the first matches their bars here and, where the notes of the source are known, there. */
  pairs = $state.raw<[ScoreDocument, ScoreDocument | null][]>([]);
  #piece = $state.raw<Piece | null>(null);
  readonly isCurrent = $derived(this.#piece === studio.shown);

  /** Check what is shown. */
  async check(): Promise<void> {
    const piece = studio.shown;
    const work = studio.pending ? null : await saving.keep();
    const job = await service.ask({ kind: "check", brief: { source: work ? { work } : toDocument(piece) } });
    const result = job.result as { originality: Report; pairs: [ScoreDocument, ScoreDocument | null][] };
    [this.report, this.pairs, this.#piece] = [result.originality, result.pairs, piece];
  }

  /** Select the bars of a match, in the parts, the roll and the score. */
  select(match: Match): void {
    const place = match.part - 1;
    const indices = match.bars.map((number) => studio.bars.findIndex((bar) => bar.number === number));
    const [first, last] = [Math.max(0, indices[0]!), indices[1]! < 0 ? studio.bars.length - 1 : indices[1]!];
    const notes = (studio.shown.parts[place]?.notes ?? []).filter((note) => {
      const bar = barIndex(studio.bars, note.start);
      return first <= bar && bar <= last;
    });
    studio.part = place;
    studio.region = { parts: [place], first, last };
    studio.selection = new Set(notes.map((note) => note.id));
    studio.player.seek(studio.bars[first]!.start);
    rollView.follow(studio.bars[first]!.start);
  }
}

export const originality = new Originality();
