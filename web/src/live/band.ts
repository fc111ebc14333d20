// Notes of the others, each with its time: they wait here until shortly before it, so that they can still be taken back.

import type { Sounding } from "../../../clients/typescript/live.ts";

const WINDOW = 0.08; // seconds before its time in which a note is handed out
export const LATE = 0.05; // seconds after which a note is left out; an end never is

export class Band {
  /** Notes that came too late. */
  dropped = 0;
  #clock: () => number;
  #emit: (note: Sounding) => void;
  #queue: Sounding[] = [];

  constructor(clock: () => number, emit: (note: Sounding) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Take notes and ends; an end takes back what would begin after it. Those that will sound. */
  add(notes: readonly Sounding[]): Sounding[] {
    const taken: Sounding[] = [];
    for (const note of notes) {
      if (!note.velocity) this.#queue = this.#queue.filter((each) => !(each.velocity && each.part === note.part && each.pitch === note.pitch && each.at >= note.at));
      if (note.velocity && this.#clock() - note.at > LATE) this.dropped += 1;
      else taken.push(note);
    }
    this.#queue.push(...taken);
    this.#queue.sort((a, b) => a.at - b.at || a.velocity - b.velocity);
    return taken;
  }

  /** Hand out what is due. */
  advance(): void {
    const horizon = this.#clock() + WINDOW;
    while (this.#queue.length && this.#queue[0]!.at <= horizon) this.#emit(this.#queue.shift()!);
  }

  /** Forget what is to come. */
  clear(): void {
    this.#queue = [];
  }
}
