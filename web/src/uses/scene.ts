// A scene: moods one after another and hit points, as a person draws them and as the service reads them.

import vocabulary from "./vocabulary.json";

/** A mood, or the way from one to another (`to`), up to a time in seconds. */
export type Span = { mood: string; to: string; end: number };
export type Scene = { spans: Span[]; hits: number[] };

export const MOODS = vocabulary.scenes as unknown as Record<string, [valence: number, arousal: number, chinese: string]>;
const LEAST = vocabulary.leastSection;
export const STEP = 0.5; // seconds

export function begun(seconds: number): Scene {
  const [one, two] = [round(seconds * 0.4), round(seconds * 0.7)];
  return { spans: [{ mood: "calm", to: "", end: one }, { mood: "danger", to: "", end: two }, { mood: "release", to: "", end: seconds }], hits: [] };
}

export const round = (seconds: number) => Math.round(seconds / STEP) * STEP;

/** The words that the service reads. */
export function textOf({ spans, hits }: Scene): string {
  const starts = [0, ...spans.map((span) => span.end)];
  const said = spans.map((span, index) => {
    const mood = span.to ? `${span.mood} to ${span.to}` : span.mood;
    return index === spans.length - 1 ? `${mood} ${clock(starts[index]!)}-` : `${mood} ${clock(starts[index]!)}-${clock(span.end)}`;
  });
  return [...said.map((each) => each.replace(/-$/, "")), ...hits.map((hit) => `hit ${clock(hit)}`)].join(", ");
}

/** `1:02.5` of 62.5 seconds. */
export function clock(seconds: number): string {
  const rest = Number((seconds % 60).toFixed(3));
  return `${Math.floor(seconds / 60)}:${rest < 10 ? "0" : ""}${rest}`;
}

/** The scene with another length: its moods keep their shares of it, and none becomes too short. */
export function stretched(scene: Scene, seconds: number): Scene {
  const before = scene.spans.at(-1)?.end ?? seconds;
  if (before === seconds || !(seconds >= LEAST)) return scene;
  const most = Math.max(1, Math.floor(seconds / LEAST));
  const kept = scene.spans.slice(0, most);
  const spans: Span[] = [];
  for (const [index, span] of kept.entries()) {
    const start = spans.at(-1)?.end ?? 0;
    const latest = seconds - LEAST * (kept.length - 1 - index);
    spans.push({ ...span, end: index === kept.length - 1 ? seconds : Math.min(latest, Math.max(start + LEAST, round((span.end / before) * seconds))) });
  }
  return placed({ spans, hits: scene.hits.map((hit) => round((hit / before) * seconds)) });
}

/** The scene with the end of a mood moved, as far as it and its neighbour stay long enough. */
export function moved(scene: Scene, index: number, end: number): Scene {
  const start = scene.spans[index - 1]?.end ?? 0;
  const next = scene.spans[index + 1]!.end;
  const kept = Math.min(next - LEAST, Math.max(start + LEAST, round(end)));
  return placed({ ...scene, spans: scene.spans.map((span, place) => (place === index ? { ...span, end: kept } : span)) });
}

/** The scene with a mood divided into two; the same where it is too short for that. */
export function divided(scene: Scene, index: number): Scene {
  const { spans } = scene;
  const [start, { end, mood }] = [spans[index - 1]?.end ?? 0, spans[index]!];
  if (end - start < 2 * LEAST) return scene;
  const half = { ...spans[index]!, to: "", end: round((start + end) / 2) };
  const next = Object.keys(MOODS).find((each) => each !== mood)!;
  return placed({ ...scene, spans: [...spans.slice(0, index), half, { mood: next, to: "", end }, ...spans.slice(index + 1)] });
}

/** The scene without a mood: the one before, or the next, takes its time. */
export function without(scene: Scene, index: number): Scene {
  const spans = scene.spans.filter((_, place) => place !== index);
  if (!spans.length) return scene;
  if (index === spans.length) spans[index - 1] = { ...spans[index - 1]!, end: scene.spans[index]!.end };
  return placed({ ...scene, spans });
}

/** The scene with a hit point more, nearest to a time at which there may be one. */
export function hit(scene: Scene, at: number): Scene {
  return placed({ ...scene, hits: [...scene.hits, round(at)] });
}

/** Hit points where a mood may be divided by them, in order, each once. */
function placed(scene: Scene): Scene {
  const edges = [0, ...scene.spans.map((span) => span.end)];
  const taken = [...edges];
  const hits: number[] = [];
  for (const wanted of [...scene.hits].sort((a, b) => a - b)) {
    const isFree = taken.every((edge) => edge === wanted || Math.abs(edge - wanted) >= LEAST);
    if (!isFree || wanted <= 0 || wanted >= edges.at(-1)! || hits.includes(wanted)) continue;
    hits.push(wanted);
    taken.push(wanted);
  }
  return { ...scene, hits };
}
