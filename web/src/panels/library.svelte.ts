// The works of the service, as trees of revisions, and a search in them.

import { service, type Work } from "../service/service.ts";

export type Match = { work: string; title: string; part: string; bars: string; score: number };
export type Branch = { work: Work; depth: number };

class Library {
  works = $state.raw<Work[]>([]);
  matches = $state.raw<Match[] | null>(null);
  busy = $state(false);
  #next: string | null = null;
  more = $state(false);

  async read(): Promise<void> {
    const page = await service.works.listed({ limit: 60 });
    [this.works, this.#next] = [page.items, page.next ?? null];
    this.more = this.#next !== null;
  }

  async readMore(): Promise<void> {
    const page = await service.works.listed({ limit: 60, cursor: this.#next });
    [this.works, this.#next] = [[...this.works, ...page.items], page.next ?? null];
    this.more = this.#next !== null;
  }

  /** Works in which a melody occurs (`G4 A4 B4:2`), best first. */
  async search(melody: string): Promise<void> {
    this.matches = await this.#found({ melody });
  }

  /** Works that are like a work, most like first; other versions of it are left out. */
  async searchLike(id: string, root: string | null): Promise<void> {
    const versions = root ? (await service.works.listed({ root, limit: 100 })).items.map((work) => work.id) : [];
    const matches = await this.#found({ like: [id] });
    this.matches = matches.filter((match) => !versions.includes(match.work));
  }

  async #found(options: { melody: string } | { like: string[] }): Promise<Match[]> {
    this.busy = true;
    try {
      const job = await service.ask({ kind: "search", options });
      return (job.result as { found: { matches: Match[] } }).found.matches;
    } finally {
      this.busy = false;
    }
  }

  async remove(id: string): Promise<void> {
    await service.works.remove(id);
    this.works = this.works.filter((work) => work.id !== id);
  }
}

/** Works as trees, the newest tree first: each revision under that which it came of, with its depth. */
export function trees(works: readonly Work[]): Branch[] {
  const known = new Set(works.map((work) => work.id));
  const branch = (work: Work, depth: number): Branch[] => [
    { work, depth },
    ...works.filter((each) => each.parent === work.id).reverse().flatMap((child) => branch(child, depth + 1)),
  ];
  return works.filter((work) => !work.parent || !known.has(work.parent)).flatMap((work) => branch(work, 0));
}

export const library = new Library();
