// Fields of a use, as the service's schema has them, and the request that they fill.

import type { JobSubmission } from "../service/service.ts";
import type { ScoreDocument } from "../music/score.ts";
import type { Use, Value, Values } from "./uses.ts";

export type Schema = {
  type?: string;
  enum?: readonly string[];
  items?: { enum?: readonly string[] };
  anyOf?: readonly Schema[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
};
/** What a kind of job takes. */
export type Described = { fields: readonly string[]; options: Record<string, Schema>; formats: readonly string[]; needs_source: boolean; takes_sound: boolean };

export type Input = "number" | "share" | "slider" | "switch" | "choice" | "choices" | "text" | "minutes" | "scene" | "mood" | "style" | "ensemble" | "instrument";
export type Field = {
  name: string;
  /** Its words, after "fields.". */
  label: string;
  /** Where it stands in the request. */
  at: "brief" | "options";
  input: Input;
  low?: number;
  high?: number;
  isWhole: boolean;
  choices: readonly string[];
};

/** Fields that have an input of their own. */
const OWN: Record<string, Input> = { "batch.mood": "mood", "timbre.first": "instrument", "timbre.second": "instrument", scene: "scene", feeling: "mood", style: "style", "orchestrate.parts": "ensemble", "soothe.seconds": "minutes", ...slidersOf("timbre", ["brightness", "attack", "decay", "noise", "harmonicity"]) };
/** Fields that mean something else than others of their name. */
const LABELS = ["timbre.steps", "timbre.pitch", "batch.count"];
const SWITCH = ["no", "yes"];

/** Inputs from -1 to 1. */
function slidersOf(kind: string, names: readonly string[]): Record<string, Input> {
  return Object.fromEntries(names.map((name) => [`${kind}.${name}`, "slider"]));
}

/** A field of a kind of job by its name; throws where the kind does not take it. */
export function fieldOf(kind: string, name: string, described: Described, brief: Record<string, Schema>): Field {
  const option = described.options[name];
  const schema = option ?? (described.fields.includes(name) ? brief[name] : undefined);
  if (!schema) throw new Error(`${kind} takes no ${name}`);
  const plain = schema.anyOf?.find((each) => each.type !== "string") ?? schema;
  const low = plain.minimum ?? plain.exclusiveMinimum;
  const own = `${kind}.${name}`;
  return {
    name,
    label: LABELS.includes(own) ? own : name,
    at: option ? "options" : "brief",
    input: OWN[own] ?? OWN[name] ?? usual(plain),
    ...(low !== undefined && { low }),
    ...(plain.maximum !== undefined && { high: plain.maximum }),
    isWhole: plain.type === "integer",
    choices: plain.enum ?? plain.items?.enum ?? [],
  };
}

function usual(schema: Schema): Input {
  if (schema.enum) return SWITCH.every((each) => schema.enum!.includes(each)) ? "switch" : "choice";
  if (schema.items?.enum) return "choices";
  if (schema.exclusiveMinimum === 0 && schema.maximum === 1) return "share";
  const isNumber = schema.type === "integer" || schema.type === "number" || /^\^(-\??)?\\d/.test(schema.pattern ?? "");
  return isNumber ? "number" : "text";
}

export type Filled = { use: Use; fields: readonly Field[]; values: Values; source?: ScoreDocument | { sound: string } | undefined };

/** The request of what was filled in; fields that are empty, and those of the other presets, are left out. */
export function requestOf({ use, fields, values, source }: Filled): JobSubmission {
  const parts: Record<Field["at"], Record<string, unknown>> = { brief: source ? { source } : {}, options: {} };
  for (const field of fields) {
    const value = values[field.name];
    if (isEmpty(value)) continue;
    parts[field.at][field.name] = written(field, value!);
  }
  const { brief, options } = parts as unknown as Required<Pick<JobSubmission, "brief" | "options">>;
  return { kind: use.kind, brief, options, ...(use.formats && { formats: [...use.formats] as NonNullable<JobSubmission["formats"]> }) };
}

function isEmpty(value: Value | undefined): boolean {
  return value === undefined || value === null || value === "" || value === false || (Array.isArray(value) && !value.length);
}

function written(field: Field, value: Value): unknown {
  if (field.input === "switch") return "yes";
  if (field.input === "mood" && field.at === "brief") return String(value).replace("/", ",");
  if (field.input === "ensemble") return String(value).split(/[,，、]/).map((name) => name.trim()).filter(Boolean);
  return field.at === "options" ? String(value) : value;
}
