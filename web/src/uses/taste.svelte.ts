// What somebody likes: ratings of works, kept in this browser; each recommendation is made of them alone.

export type Rating = "like" | "finish" | "skip" | "dislike";
export type Rated = { rating: Rating; title: string; time: string };

export const RATINGS: readonly Rating[] = ["like", "finish", "skip", "dislike"];
const STORED = "firmus.taste";

class Taste {
  /** By work, the oldest first. */
  rated = $state.raw<Readonly<Record<string, Rated>>>(JSON.parse(localStorage.getItem(STORED) ?? "{}") as Record<string, Rated>);

  get count(): number {
    return Object.keys(this.rated).length;
  }

  of(work: string): Rating | null {
    return this.rated[work]?.rating ?? null;
  }

  /** Rate a work; what is said outweighs what was only heard, and the same again takes it back. */
  rate(work: string, rating: Rating, title: string): void {
    const before = this.of(work);
    if (rating === "finish" && before) return;
    const { [work]: _, ...others } = this.rated;
    this.#keep(before === rating ? others : { ...others, [work]: { rating, title, time: new Date().toISOString() } });
  }

  /** Take works out that are not there any more. */
  drop(works: readonly string[]): void {
    this.#keep(Object.fromEntries(Object.entries(this.rated).filter(([work]) => !works.includes(work))));
  }

  forget(): void {
    this.#keep({});
  }

  /** The options of a job: works by how they were rated. */
  options(): Partial<Record<Rating, string[]>> {
    const lists = RATINGS.map((rating) => [rating, Object.keys(this.rated).filter((work) => this.of(work) === rating)] as const);
    return Object.fromEntries(lists.filter(([, works]) => works.length));
  }

  #keep(rated: Readonly<Record<string, Rated>>): void {
    this.rated = rated;
    if (Object.keys(rated).length) localStorage.setItem(STORED, JSON.stringify(rated));
    else localStorage.removeItem(STORED);
  }
}

export const taste = new Taste();
