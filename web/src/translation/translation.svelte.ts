// The words of the page, in English and Chinese.

import english from "./en.json";
import chinese from "./zh.json";

export type Language = "en" | "zh";
export type Words = keyof typeof english;

const DICTIONARIES: Record<Language, Record<Words, string>> = { en: english, zh: chinese };
const STORED = "firmus.language";

class Translation {
  language = $state<Language>(stored());

  choose(language: Language): void {
    this.language = language;
    localStorage.setItem(STORED, language);
    document.documentElement.lang = language;
  }
}

function stored(): Language {
  const chosen = localStorage.getItem(STORED) ?? navigator.language;
  return chosen.startsWith("zh") ? "zh" : "en";
}

export const translation = new Translation();

/** A text of the page; `{name}` in it is replaced by the value of that name. */
export function t(words: Words, values: Record<string, string | number> = {}): string {
  return DICTIONARIES[translation.language][words].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** One of a pair of words, English and Chinese. */
export function either(pair: readonly string[]): string {
  return (translation.language === "zh" ? pair[1] : pair[0]) ?? "";
}
