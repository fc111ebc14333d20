// The guided way from a hummed melody to a piece: stages, each with what may be done in it.

import type { Brief, Kind } from "../service/service.ts";

export type Choice = { name: string; kind: Kind; brief: Brief };
export type Stage = { name: string; choices: readonly Choice[] };

export const STAGES = [
  { name: "melody", choices: [] },
  {
    name: "chords",
    choices: [
      { name: "traditional", kind: "accompany", brief: { style: "lead-sheet", harmony: "traditional" } },
      { name: "modern", kind: "accompany", brief: { style: "lead-sheet", harmony: "modern" } },
    ],
  },
  {
    name: "parts",
    choices: [
      { name: "piano", kind: "accompany", brief: { style: "song" } },
      { name: "band", kind: "accompany", brief: { style: "band" } },
      { name: "voices", kind: "harmonise", brief: {} },
    ],
  },
  {
    name: "form",
    choices: [
      { name: "continue", kind: "continue", brief: { bars: 8, close: true } },
      { name: "longer", kind: "continue", brief: { bars: 16, close: true } },
    ],
  },
  {
    name: "ensemble",
    choices: [
      { name: "strings", kind: "orchestrate", brief: { parts: ["string quartet"] } },
      { name: "winds", kind: "orchestrate", brief: { parts: ["wind quintet"] } },
      { name: "brass", kind: "orchestrate", brief: { parts: ["brass quintet"] } },
    ],
  },
  {
    name: "performance",
    choices: [
      { name: "gentle", kind: "perform", brief: { amount: 0.4 } },
      { name: "expressive", kind: "perform", brief: { amount: 0.9 } },
    ],
  },
] as const satisfies readonly Stage[];

export type StageName = (typeof STAGES)[number]["name"];
