// How sessions went: a rating before and one after, 1 (bad) to 10 (good). It stays in this browser.

export type Entry = { job: string; time: string; session: string; minutes: number; before: number | null; after: number | null };

const STORED = "firmus.sessions";

class Diary {
  entries = $state.raw<readonly Entry[]>(JSON.parse(localStorage.getItem(STORED) ?? "[]") as Entry[]);

  of(job: string): Entry | undefined {
    return this.entries.find((entry) => entry.job === job);
  }

  /** Rate a session; it is entered with its first rating. */
  rate(session: Omit<Entry, "time" | "before" | "after">, rating: Partial<Pick<Entry, "before" | "after">>): void {
    const known = this.of(session.job) ?? { ...session, time: new Date().toISOString(), before: null, after: null };
    this.#keep([...this.entries.filter((entry) => entry.job !== session.job), { ...known, ...rating }]);
  }

  forget(): void {
    this.#keep([]);
  }

  #keep(entries: readonly Entry[]): void {
    this.entries = entries;
    if (entries.length) localStorage.setItem(STORED, JSON.stringify(entries));
    else localStorage.removeItem(STORED);
  }
}

export const diary = new Diary();
