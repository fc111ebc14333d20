// A use as it is filled in and done: kept while the page is open, so that one may look at the piece meanwhile.

import type { ScoreDocument } from "../music/score.ts";
import { Refused, service, type Job, type JobSubmission } from "../service/service.ts";
import { studio } from "../studio.svelte.ts";
import { NAMES, useOf, type UseName, type Values } from "./uses.ts";

export class Running {
  values = $state<Values>({});
  /** The recording that it is about. */
  sound = $state.raw<File | null>(null);
  busy = $state(false);
  done = $state(0);
  total = $state(0);
  /** Its last jobs, each with its result. */
  jobs = $state.raw<readonly Job[]>([]);
  /** The piece that they were about. */
  source = $state.raw<ScoreDocument | null>(null);
  #job = "";
  #uploaded = "";
  #isCanceled = false;

  constructor(name: UseName) {
    this.values = { ...useOf(name).begin };
  }

  /** Do what is asked, one job after another; the jobs before are deleted when it succeeds, unless they are kept. */
  async run(requests: readonly JobSubmission[], source: ScoreDocument | null = null, areKept = false): Promise<void> {
    if (this.busy) return;
    [this.busy, this.#isCanceled] = [true, false];
    try {
      const jobs: Job[] = [];
      for (const request of requests) jobs.push(await this.#follow(request));
      for (const job of areKept ? [] : this.jobs) void service.jobs.remove(job.id).catch(() => undefined);
      [this.jobs, this.source] = [jobs, source];
    } catch (error) {
      if (!this.#isCanceled) studio.report(error);
    } finally {
      this.busy = false;
      this.#job = "";
    }
  }

  /** Give the recording to the service; the one before is deleted, with what was made of it. */
  async upload(): Promise<string> {
    const { id } = await service.sounds.upload(this.sound!, { title: this.sound!.name.replace(/\.\w+$/, "") });
    if (this.#uploaded) await service.sounds.remove(this.#uploaded).catch(() => undefined);
    return (this.#uploaded = id);
  }

  async cancel(): Promise<void> {
    this.#isCanceled = true;
    if (this.#job) await service.jobs.cancel(this.#job).catch(() => undefined);
  }

  async #follow(request: JobSubmission): Promise<Job> {
    [this.done, this.total] = [0, 0];
    const { id } = await service.jobs.start(request);
    this.#job = id;
    for await (const event of service.follow(id))
      if (event.kind === "progress") [this.done, this.total] = [Number(event.data.done), Number(event.data.total)];
    const job = await service.wait(id);
    if (job.error) throw new Refused(job.error);
    if (job.state === "canceled") throw new Refused({ detail: "canceled" });
    return job;
  }
}

const kept = Object.fromEntries(NAMES.map((name) => [name, new Running(name)])) as Record<UseName, Running>;

export function runningOf(name: UseName): Running {
  return kept[name];
}
