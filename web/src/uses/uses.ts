// What people do with Firmus beside writing a piece: a declaration each. Its fields are those of the service's schema.

import type { Kind } from "../service/service.ts";

export type Value = string | number | boolean | string[] | null;
export type Values = Record<string, Value>;
/** How the result is shown. */
export type View = "exercise" | "findings" | "session" | "cue" | "works" | "files" | "catalogue" | "cards" | "stages" | "styles" | "performance";

export type Use = {
  kind: Kind;
  /** Whether it is about the open piece. */
  needsPiece?: boolean;
  /** Whether it may be about the open piece: `piece` among the values says so. */
  mayTakePiece?: boolean;
  /** Whether it is about a recording, by what the fields hold. */
  takesSound?: (values: Values) => boolean;
  /** What is asked first, and what under "More": fields of the brief and options of the kind. */
  first: readonly string[];
  more: readonly string[];
  /** Fields that are seen only where others hold something. */
  when?: Readonly<Record<string, (values: Values) => boolean>>;
  /** What the fields hold at first. */
  begin: Values;
  /** Files that are asked for, the one that is played first. */
  formats?: readonly string[];
  /** A choice of which each is done, to compare: its field, and the values. */
  each?: readonly [field: string, values: readonly string[]];
  view: View;
};

const USUAL = ["seed", "effort"] as const;
const SLIDERS = ["brightness", "attack", "decay", "noise", "harmonicity"] as const;

/** Whether a field holds one of some values. */
const holds = (name: string, ...held: Value[]) => (values: Values) => held.includes(values[name] ?? null);
const isNew = holds("timbre", "new");
const isMorph = holds("timbre", "morph");

export const USES = {
  exercise: { kind: "exercise", first: ["exercise", "level"], more: ["seed"], begin: { exercise: "sight-reading", level: 1 }, view: "exercise" },
  teach: { kind: "teach", needsPiece: true, first: ["species"], more: ["seed"], begin: {}, view: "findings" },
  compare: { kind: "teach", needsPiece: true, first: [], more: [], begin: {}, view: "performance" },
  soothe: {
    kind: "soothe",
    first: ["session", "seconds", "feeling", "breathing", "steps"],
    more: ["key", ...USUAL],
    when: { breathing: holds("session", "calm", "sleep"), steps: holds("session", "gait") },
    begin: { session: "calm", seconds: 300 },
    formats: ["mp3", "json", "midi"],
    view: "session",
  },
  produce: {
    kind: "produce",
    first: ["seconds", "scene", "style", "loudness", "loop"],
    more: ["key", "speech", "title", ...USUAL],
    begin: { seconds: 30, style: "song", loudness: "-14" },
    formats: ["wav", "stems", "json", "midi", "musicxml"],
    view: "cue",
  },
  game: {
    kind: "game",
    mayTakePiece: true,
    first: ["states", "bars", "key"],
    more: ["loudness", "title", ...USUAL],
    when: { effort: (values) => !values.piece },
    begin: { states: "calm, tense, danger", bars: 8 },
    formats: ["pack"],
    view: "files",
  },
  effects: {
    kind: "effects",
    first: ["effect", "seconds", "brightness", "space", "loop"],
    more: ["pitch", "tone", "rate", "loudness", "seed"],
    begin: { effect: "rain" },
    formats: ["wav", "png"],
    view: "files",
  },
  timbre: {
    kind: "timbre",
    takesSound: holds("timbre", "from"),
    first: ["timbre", "like", ...SLIDERS, "first", "second", "steps"],
    more: ["name", "pitch", "seed"],
    when: {
      ...Object.fromEntries(["like", ...SLIDERS, "seed"].map((name) => [name, isNew])),
      ...Object.fromEntries(["first", "second", "steps"].map((name) => [name, isMorph])),
      pitch: holds("timbre", "from"),
    },
    begin: { timbre: "new", steps: "3" },
    formats: ["wav", "sf2", "sfz", "png"],
    view: "files",
  },
  batch: { kind: "batch", first: ["style", "count", "bars", "mood", "key", "meter", "tempo"], more: ["title", "level", ...USUAL], begin: { style: "folk", count: 10, bars: 16 }, view: "catalogue" },
  adapt: { kind: "adapt", first: [], more: [], begin: {}, formats: ["adapter"], view: "styles" },
  guided: { kind: "transcribe", first: [], more: [], begin: {}, view: "stages" },
  recommend: { kind: "recommend", first: [], more: [], begin: {}, view: "cards" },
  harmonise: {
    kind: "harmonise",
    needsPiece: true,
    first: [],
    more: ["key", ...USUAL],
    begin: {},
    each: ["harmony", ["traditional", "modern"]],
    view: "works",
  },
  develop: { kind: "develop", needsPiece: true, first: ["bars", "by"], more: ["key", "count", ...USUAL], begin: { bars: 16, by: ["sequence", "inversion", "return"], count: 2 }, view: "works" },
  orchestrate: { kind: "orchestrate", needsPiece: true, first: ["parts"], more: ["seed"], begin: { parts: "string quartet" }, view: "works" },
  perform: { kind: "perform", needsPiece: true, first: ["amount"], more: ["seed"], begin: { amount: 0.7 }, view: "works" },
} as const satisfies Record<string, Use>;

export type UseName = keyof typeof USES;
export const NAMES = Object.keys(USES) as UseName[];

/** Uses as they are listed, by what they are for. */
export const GROUPS = {
  learn: ["exercise", "teach", "compare"],
  make: ["guided", "harmonise", "develop", "orchestrate", "perform", "adapt"],
  produce: ["produce", "game", "effects", "timbre", "batch"],
  listen: ["soothe", "recommend"],
} as const satisfies Record<string, readonly UseName[]>;

export function useOf(name: UseName): Use {
  return USES[name];
}
