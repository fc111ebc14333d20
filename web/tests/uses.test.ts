import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import english from "../src/translation/en.json";
import { fieldOf, requestOf, type Described, type Schema } from "../src/uses/fields.ts";
import { unzipped } from "../src/uses/archive.ts";
import { begun, clock, divided, hit, moved, stretched, textOf, without } from "../src/uses/scene.ts";
import { cueCsv, type CueRow } from "../src/uses/sheet.ts";
import { STAGES } from "../src/uses/stages.ts";
import { typedMelody } from "../src/uses/typed.ts";
import { GROUPS, NAMES, useOf } from "../src/uses/uses.ts";

// Written by generate.py from the service's own schema.
const capabilities = JSON.parse(readFileSync(new URL("./capabilities.json", import.meta.url), "utf8")) as Record<string, Described> & { brief: Record<string, Schema> };
const { brief } = capabilities as unknown as { brief: Record<string, Schema> };
const words = Object.keys(english);
const OWN_VIEWS = ["stages", "cards", "styles", "performance"]; // whose views have no form

describe.each(NAMES)("the use %s", (name) => {
  const use = useOf(name);
  const described = capabilities[use.kind]!;
  const names = [...use.first, ...use.more];
  const fields = names.map((each) => fieldOf(use.kind, each, described, brief));

  test("has fields that its kind of job takes, each once", () => {
    expect(new Set(names).size).toBe(names.length);
    for (const begins of Object.keys(use.begin)) expect(names).toContain(begins);
    for (const seen of Object.keys(use.when ?? {})) expect(names).toContain(seen);
    if (use.takesSound) expect(described.takes_sound).toBe(true);
    if (use.each) expect(described.fields).toContain(use.each[0]);
    if (use.each) expect(brief[use.each[0]]!.enum).toEqual(expect.arrayContaining([...use.each[1]]));
  });

  test("asks for files that are made, and for a piece where one is needed", () => {
    for (const format of use.formats ?? []) expect(described.formats).toContain(format);
    expect(Boolean(use.formats)).toBe(described.formats.length > 0);
    if (!OWN_VIEWS.includes(use.view)) expect(Boolean(use.needsPiece)).toBe(described.needs_source);
  });

  test("has words for all that is seen of it", () => {
    const said = ["", ".about", ".long"].map((each) => `uses.${name}${each}`);
    if (!OWN_VIEWS.includes(use.view)) said.push(`uses.${name}.go`, `uses.${name}.empty`);
    if (use.mayTakePiece) said.push(`uses.${name}.piece`);
    for (const field of fields) {
      said.push(field.input === "minutes" ? "fields.minutes" : `fields.${field.label}`);
      if (["choice", "choices"].includes(field.input)) said.push(...field.choices.map((choice) => `choices.${field.name}.${choice}`));
    }
    expect(said.filter((each) => !words.includes(each))).toEqual([]);
  });
});

test("every use is listed once", () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual([...NAMES].sort());
});

test("what an instrument is made of decides what is asked", () => {
  const { when } = useOf("timbre");
  const seen = (timbre: string) => ["like", "first", "pitch"].filter((name) => when![name]!({ timbre }));
  expect(["new", "morph", "from"].map(seen)).toEqual([["like"], ["first"], ["pitch"]]);
});

test("an archive gives its files", async () => {
  const entry = (name: string, text: string) => {
    const [head, body] = [new DataView(new ArrayBuffer(30)), new TextEncoder().encode(name + text)];
    for (const [at, value] of [[0, 0x04034b50], [18, text.length], [22, text.length], [26, name.length]] as const) head.setUint32(at, value, true);
    return [...new Uint8Array(head.buffer), ...body];
  };
  const files = unzipped(new Uint8Array([...entry("1.wav", "one"), ...entry("2.wav", "other"), 0x50, 0x4b, 1, 2]).buffer);
  expect(await Promise.all([...files].map(async ([name, file]) => [name, await file.text()]))).toEqual([["1.wav", "one"], ["2.wav", "other"]]);
});

test("a field that no kind takes is refused", () => {
  expect(() => fieldOf("soothe", "bars", capabilities.soothe!, brief)).toThrow("soothe takes no bars");
});

test("every choice of the guided way is a brief that its kind takes", () => {
  for (const stage of STAGES)
    for (const { name, kind, brief: given } of stage.choices) {
      expect(words).toContain(`uses.guided.${stage.name}.${name}`);
      expect(capabilities[kind]!.needs_source).toBe(true);
      for (const field of Object.keys(given)) expect([...capabilities[kind]!.fields, "close"]).toContain(field);
    }
});

test("every kind of exercise has its task in words", () => {
  for (const kind of capabilities.exercise!.options.exercise!.enum!) expect(words).toContain(`uses.task.${kind}`);
});

describe("a request", () => {
  const filled = (name: "soothe" | "produce" | "orchestrate" | "exercise" | "batch", values: Parameters<typeof requestOf>[0]["values"]) => {
    const use = useOf(name);
    return requestOf({ use, fields: [...use.first, ...use.more].map((each) => fieldOf(use.kind, each, capabilities[use.kind]!, brief)), values });
  };

  test("has each field where it belongs, and none that is empty", () => {
    expect(filled("exercise", { exercise: "interval", level: 3, seed: null })).toEqual({ kind: "exercise", brief: { level: 3 }, options: { exercise: "interval" } });
  });

  test("has a mood of a brief as a pair", () => {
    expect(filled("batch", { style: "folk", count: 3, mood: "0.3/-0.5" }).brief).toEqual({ style: "folk", count: 3, mood: "0.3,-0.5" });
  });

  test("has options as texts, and switches as yes", () => {
    const request = filled("produce", { seconds: 12, scene: "calm 0:00", style: "song", loudness: "-14", loop: true, speech: "", title: "" });
    expect(request.options).toEqual({ scene: "calm 0:00", loudness: "-14", loop: "yes" });
    expect(request.brief).toEqual({ seconds: 12, style: "song" });
    expect(filled("soothe", { session: "calm", seconds: 300, breathing: 6 }).options).toEqual({ session: "calm", breathing: "6" });
  });

  test("divides instruments", () => {
    expect(filled("orchestrate", { parts: "flute, 单簧管、bassoon" }).brief).toEqual({ parts: ["flute", "单簧管", "bassoon"] });
  });
});

describe("a scene", () => {
  const scene = begun(30);

  test("is written as the service reads it", () => {
    expect(textOf(scene)).toBe("calm 0:00-0:12, danger 0:12-0:21, release 0:21");
    expect(textOf(hit({ ...scene, spans: scene.spans.map((span, index) => (index ? span : { ...span, to: "tense" })) }, 5))).toBe(
      "calm to tense 0:00-0:12, danger 0:12-0:21, release 0:21, hit 0:05",
    );
    expect(textOf(begun(62.5))).toContain("danger 0:25-");
    expect(clock(62.5)).toBe("1:02.5");
  });

  test("lasts as long as is asked, with no mood too short", () => {
    for (const length of [6, 7.5, 30, 100]) {
      const { spans } = stretched(hit(scene, 16), length);
      expect(spans.at(-1)!.end).toBe(length);
      const starts = [0, ...spans.map((span) => span.end)];
      for (const [index, span] of spans.entries()) expect(span.end - starts[index]!).toBeGreaterThanOrEqual(2);
    }
    expect(stretched(scene, 3).spans.map((span) => span.end)).toEqual([3]);
    expect(stretched(scene, NaN)).toBe(scene);
  });

  test("has ends that stop at their neighbours", () => {
    expect(moved(scene, 0, 40).spans[0]!.end).toBe(19);
    expect(moved(scene, 0, -3).spans[0]!.end).toBe(2);
    expect(moved(scene, 1, 15.3).spans[1]!.end).toBe(15.5);
  });

  test("is divided and joined", () => {
    expect(divided(scene, 0).spans.map((span) => span.end)).toEqual([6, 12, 21, 30]);
    expect(without(scene, 1).spans.map((span) => span.end)).toEqual([12, 30]);
    expect(without(scene, 2).spans.map((span) => span.end)).toEqual([12, 30]);
    expect(without(without(without(scene, 0), 0), 0).spans).toHaveLength(1);
  });

  test("has no hit point that would leave too short a stretch", () => {
    expect(hit(scene, 11).hits).toEqual([]);
    expect(hit(scene, 12).hits).toEqual([12]);
    expect(hit(hit(scene, 5), 6).hits).toEqual([5]);
    expect(hit(scene, 30).hits).toEqual([]);
    expect(moved(hit(scene, 10), 0, 11).hits).toEqual([]);
  });
});

describe("a typed melody", () => {
  test("has pitches, lengths and rests", () => {
    const { notes } = typedMelody("C4 f#4:1/2 r:0.5 Bb3:2", "T")!.parts[0]!;
    expect(notes.pitch).toEqual([60, 66, 58]);
    expect(notes.start).toEqual([0, 480, 960]);
    expect(notes.duration).toEqual([480, 240, 960]);
  });

  test("is none where a word is no note", () => {
    for (const text of ["", "H4", "C4 x", "r r", "C4:0", "G9 G10"]) expect(typedMelody(text, "T")).toBeNull();
  });
});

test("a cue sheet is CSV with quoted commas", () => {
  const row = { number: 1, mood: 'a, "b"', start: "0:00", end: "0:12" } as CueRow;
  expect(cueCsv([row])).toBe('number,mood,start,end\r\n1,"a, ""b""",0:00,0:12\r\n');
});
