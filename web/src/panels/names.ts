// Names of parts and instruments in the language of the page.

import vocabulary from "../music/vocabulary.json";
import { either, translation } from "../translation/translation.svelte.ts";

/** A part's name; usual ones are translated, others stay as they are. */
export function partName(name: string): string {
  if (translation.language === "en") return name;
  return (vocabulary.parts as Record<string, string>)[name.toLowerCase()] ?? name;
}

export function instrumentName(program: number): string {
  return either(vocabulary.programs[program] ?? []);
}

export function drumName(key: number): string {
  return either((vocabulary.drums as Record<string, string[]>)[key] ?? [String(key), String(key)]);
}
