import { expect, test } from "vitest";
import { wav } from "../src/service/wav.ts";

test("samples become a WAV file, bounded", async () => {
  const file = wav(new Float32Array([0, 0.5, -1, 2]), 22050);
  const view = new DataView(await file.arrayBuffer());
  expect(await file.slice(0, 4).text()).toBe("RIFF");
  expect([view.getUint32(24, true), view.getUint32(40, true), view.byteLength]).toEqual([22050, 8, 52]);
  expect([0, 1, 2, 3].map((index) => view.getInt16(44 + 2 * index, true))).toEqual([0, 16384, -32767, 32767]);
});
