// What was made in the stages of the guided way: versions, the chosen one, and of which version of the stage before.

import { toDocument, type ScoreDocument } from "../music/score.ts";
import { made, service } from "../service/service.ts";
import { Running } from "./running.svelte.ts";
import { STAGES, type Choice, type StageName } from "./stages.ts";

/** `work`: where the service keeps it; `of`: the version that it was made of. */
export type Version = { id: number; label: string; score: ScoreDocument; work: string | null; of: number };

let last = 0;

class Staging {
  versions = $state.raw<Partial<Record<StageName, readonly Version[]>>>({});
  chosen = $state<Partial<Record<StageName, number>>>({});
  readonly running = new Running("guided");

  of(stage: StageName): readonly Version[] {
    return this.versions[stage] ?? [];
  }

  /** The version of a stage that is gone on from. */
  at(stage: StageName): Version | null {
    return this.of(stage).find((version) => version.id === this.chosen[stage]) ?? null;
  }

  /** The version that a stage is made of: that of the nearest stage before it that has one. */
  before(stage: StageName): Version | null {
    const place = STAGES.findIndex((each) => each.name === stage);
    return STAGES.slice(0, place).map((each) => this.at(each.name)).findLast((version) => version !== null) ?? null;
  }

  /** Whether a version was made of another than is chosen now. */
  isOld(stage: StageName, version: Version): boolean {
    return stage !== "melody" && this.before(stage)?.id !== version.of;
  }

  choose(stage: StageName, id: number | undefined): void {
    this.chosen = { ...this.chosen, [stage]: id };
  }

  /** A version more of a stage, which is chosen. */
  add(stage: StageName, score: ScoreDocument, label = "", work: string | null = null): void {
    const version = { id: (last += 1), label, score, work, of: this.before(stage)?.id ?? 0 };
    this.versions = { ...this.versions, [stage]: [...this.of(stage), version] };
    this.choose(stage, version.id);
  }

  /** Do what a choice of a stage says with the version before; each time another one comes. */
  async make(stage: StageName, choice: Choice): Promise<void> {
    const source = this.before(stage);
    if (!source) return;
    const [before] = this.running.jobs;
    await this.running.run([{ kind: choice.kind, brief: { ...choice.brief, source: { ...source.score } } }], null, true);
    const [job] = this.running.jobs;
    if (!job || job === before) return;
    const [work] = made(job);
    this.add(stage, toDocument(await service.piece(work!.id)), choice.name, work!.id);
  }
}

export const staging = new Staging();
