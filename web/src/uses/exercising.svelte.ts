// Answers to exercises and what was found in them, by the job of the exercise: kept while one looks elsewhere.

import type { ScoreDocument } from "../music/score.ts";
import type { Assessed, Mark } from "./findings.ts";

export type Given = {
  answer: string | ScoreDocument | null;
  mark: Mark | null;
  words: Record<string, string>;
  findings: Assessed | null;
};

const NOTHING: Given = { answer: null, mark: null, words: {}, findings: null };

class Answered {
  #given = $state.raw<Record<string, Given>>({});

  of(job: string): Given {
    return this.#given[job] ?? NOTHING;
  }

  give(job: string, given: Given): void {
    this.#given = { ...this.#given, [job]: given };
  }
}

export const answered = new Answered();
