import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import english from "../src/translation/en.json";
import chinese from "../src/translation/zh.json";

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test("both languages have the same words, with the same values in them", () => {
  expect(Object.keys(chinese)).toEqual(Object.keys(english));
  for (const [key, text] of Object.entries(english)) expect([key, names(chinese[key as keyof typeof chinese])]).toEqual([key, names(text)]);
});

test("no word is unused", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((path) => /\.(ts|svelte)$/.test(path));
  const source = files.map((path) => readFileSync(`src/${path}`, "utf8")).join("\n");
  const computed = /^(keyboard\.(asking|none|unsupported|refused|failed)|rights\.(?!about)|originality\.(original|borrows|copies)|ask\.with\.|uses\.|fields\.|choices\.|create\.(density|register|polyphony|syncopation)|export\.|lanes\.|live\.(accompaniment|answer|harmony|pop|ballad|swing|bossa|folk)|starters\.|status\.|tabs\.|tools\.)/;
  const unused = Object.keys(english).filter((key) => !computed.test(key) && !source.includes(`"${key}"`) && !source.includes(`'${key}'`));
  expect(unused).toEqual([]);
});
