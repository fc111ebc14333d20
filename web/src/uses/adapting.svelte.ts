// A style of one's own: the pieces that are chosen for it, and what was tried with the models that were made of them.

import type { ScoreDocument } from "../music/score.ts";
import { toDocument } from "../music/score.ts";
import { adapted, type Adapted } from "../panels/adapted.svelte.ts";
import type { Report } from "../panels/originality.svelte.ts";
import { made, service } from "../service/service.ts";
import { Running, runningOf } from "./running.svelte.ts";

export const [FEWEST, MOST] = [5, 20];
const BARS = 16;

/** A piece that was composed by an adapted model, beside the pieces that it learnt from. */
export type Tried = { work: string; score: ScoreDocument; report: Report };

class Adapting {
  title = $state("");
  style = $state("");
  /** Works, in the order in which they were chosen. */
  pieces = $state.raw<readonly string[]>([]);
  tried = $state.raw<Readonly<Record<string, Tried>>>({});
  readonly running = runningOf("adapt");
  readonly trying = new Running("adapt");

  get isEnough(): boolean {
    return this.pieces.length >= FEWEST && this.pieces.length <= MOST;
  }

  toggle(work: string): void {
    this.pieces = this.pieces.includes(work) ? this.pieces.filter((each) => each !== work) : [...this.pieces, work];
  }

  /** Adapt a model to the chosen pieces. */
  async adapt(title: string): Promise<void> {
    const [{ pieces, style }, [before]] = [this, this.running.jobs];
    await this.running.run([{ kind: "adapt", brief: style ? { style } : {}, options: { pieces: [...pieces] }, formats: ["adapter"] }], null, true);
    const [job] = this.running.jobs;
    if (!job || job === before) return;
    const found = (job.result as { adapted: Pick<Adapted, "style" | "before" | "after"> }).adapted;
    adapted.add({ job: job.id, title, pieces, style: found.style, before: found.before, after: found.after });
  }

  /** Compose a piece by an adapted model, and look for what of it stands in the pieces that it learnt from. */
  async try(model: Adapted): Promise<void> {
    const [before] = this.trying.jobs;
    await this.trying.run([{ kind: "compose", brief: { model: model.job, style: model.style, bars: BARS } }], null, true);
    const [job] = this.trying.jobs;
    if (!job || job === before) return;
    const work = made(job)[0]!.id;
    const checked = await service.ask({ kind: "check", brief: { source: { work } }, options: { against: [...model.pieces] } });
    const { originality } = checked.result as { originality: Report };
    this.tried = { ...this.tried, [model.job]: { work, score: toDocument(await service.piece(work)), report: originality } };
  }
}

export const adapting = new Adapting();
