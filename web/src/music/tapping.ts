// A tempo that is tapped.

const PAUSE = 2500; // milliseconds after which taps begin anew
const MOST = 12; // taps that count

export class Taps {
  #times: number[] = [];

  /** Count a tap, in milliseconds; beats a minute from the third on, else null. */
  add(time: number): number | null {
    if (time - (this.#times.at(-1) ?? -Infinity) > PAUSE) this.#times = [];
    this.#times = [...this.#times, time].slice(-MOST);
    const last = this.#times.length - 1;
    return last < 2 ? null : (60_000 * last) / (this.#times[last]! - this.#times[0]!);
  }
}
