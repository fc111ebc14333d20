// Models that were adapted to somebody's own pieces: the service has them as jobs, this browser knows which they are.

import { service } from "../service/service.ts";

/** `before` and `after`: nats a token of pieces left out, without it and with it. */
export type Adapted = { job: string; title: string; style: string; pieces: readonly string[]; before: number; after: number };
const STORED = "firmus.adapted";

class AdaptedModels {
  all = $state.raw<readonly Adapted[]>(JSON.parse(localStorage.getItem(STORED) ?? "[]") as Adapted[]);

  add(model: Adapted): void {
    this.#keep([model, ...this.all]);
  }

  async remove(job: string): Promise<void> {
    await service.jobs.remove(job).catch(() => undefined); // it may be gone
    this.#keep(this.all.filter((model) => model.job !== job));
  }

  #keep(all: readonly Adapted[]): void {
    this.all = all;
    localStorage.setItem(STORED, JSON.stringify(all));
  }
}

export const adapted = new AdaptedModels();
