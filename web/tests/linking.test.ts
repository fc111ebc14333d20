import { expect, test } from "vitest";
import { linked } from "../src/linking.ts";

const TUNE = "X:1\nT:Sight reading, level 3\nM:3/4\nL:1/4\nK:G\nG A B | d3 |]\n";

test("a link carries a piece", async () => {
  const file = linked(`#abc=${encodeURIComponent(TUNE)}`)!;
  expect(file.name).toBe("Sight reading, level 3.abc");
  expect(await file.text()).toBe(TUNE);
});

test("other links carry none, and damaged ones neither", () => {
  expect(linked("")).toBeNull();
  expect(linked("#abc=")).toBeNull();
  expect(linked("#help")).toBeNull();
  expect(linked("#abc=%E0%A4%A")).toBeNull();
});
