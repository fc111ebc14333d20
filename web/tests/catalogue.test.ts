import { beforeAll, expect, test, vi } from "vitest";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
vi.stubGlobal("document", { baseURI: "http://127.0.0.1/" });
vi.stubGlobal("navigator", { language: "en" });
let found: typeof import("../src/panels/catalogue.svelte.ts");
beforeAll(async () => {
  found = await import("../src/panels/catalogue.svelte.ts");
});

test("a table computes nothing in a spreadsheet, and keeps commas and quotes", () => {
  const lines = found.csv([{ title: '=SUM(A1), "x"', price: "10" }]).split("\n");
  expect(lines[0]!.startsWith("\ufeffwork,title,folder")).toBe(true);
  expect(lines[1]).toContain('"\'=SUM(A1), ""x"""');
  expect(JSON.parse(found.json([{ title: "One" }])).works[0]).toMatchObject({ title: "One", iswc: "" });
});

test("codes that could not be one are noticed", () => {
  const { isPlausible } = found;
  expect([isPlausible("iswc", "T-034.524.680-1"), isPlausible("iswc", "T-034.524.680-2"), isPlausible("iswc", "")]).toEqual([true, false, true]);
  expect([isPlausible("isrc", "US-S1Z-99-00001"), isPlausible("isrc", "USS1Z99")]).toEqual([true, false]);
});
