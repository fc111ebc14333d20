// Stars that were given to works, kept in the browser.

const STORED = "firmus.ratings";

class Ratings {
  #stars = $state<Record<string, number>>(JSON.parse(localStorage.getItem(STORED) ?? "{}") as Record<string, number>);

  of(work: string): number {
    return this.#stars[work] ?? 0;
  }

  /** Give stars, 1 to 5; the same again takes them back. */
  give(work: string, stars: number): void {
    this.#stars[work] = this.of(work) === stars ? 0 : stars;
    localStorage.setItem(STORED, JSON.stringify(this.#stars));
  }
}

export const ratings = new Ratings();
