// The words of the page, in English or Chinese; those of the other language are loaded when it is chosen.

import type english from "./en.json";

export type Language = "en" | "zh";
export type Words = keyof typeof english;
type Dictionary = Record<Words, string>;

const LOADED: Record<Language, () => Promise<{ default: Dictionary }>> = {
  en: () => import("./en.json"),
  zh: () => import("./zh.json"),
};
const STORED = "firmus.language";

class Translation {
  language = $state<Language>("en");
  words = {} as Dictionary;

  /** Load the words of the language that was chosen last, or else of the browser. */
  async load(): Promise<void> {
    const chosen = localStorage.getItem(STORED) ?? navigator.language;
    await this.choose(chosen.startsWith("zh") ? "zh" : "en", false);
  }

  async choose(language: Language, isKept = true): Promise<void> {
    this.words = (await LOADED[language]()).default;
    this.language = language;
    document.documentElement.lang = language;
    if (isKept) localStorage.setItem(STORED, language);
  }
}

export const translation = new Translation();

/** A text of the page; `{name}` in it is replaced by the value of that name. */
export function t(words: Words, values: Record<string, string | number> = {}): string {
  void translation.language; // a text changes with it
  return translation.words[words].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** One of a pair of words, English and Chinese. */
export function either(pair: readonly string[]): string {
  return (translation.language === "zh" ? pair[1] : pair[0]) ?? "";
}
