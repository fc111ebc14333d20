// Further requests about the open piece: another duration, another part, the way to another version.

import { CANDIDATES, composing } from "./composing.svelte.ts";
import { beginning, duration, lasting, planned, showDuration } from "./music/duration.ts";
import { addPart } from "./music/edits.ts";
import { comparable, excerpt, replaced, spread } from "./music/excerpt.ts";
import { credited, mergeExtension, mergeRegion, openCells, type Region } from "./music/merge.ts";
import { toDocument, type Piece } from "./music/score.ts";
import { bars } from "./music/timing.ts";
import { studio, type Candidate } from "./studio.svelte.ts";
import { t } from "./translation/translation.svelte.ts";

const STEPS = 14; // versions on the way, both ends among them; neighbours are often the same music

/** Let the piece last so many seconds: bars are composed behind it, or its end anew, and the tempo makes up the rest. */
export function fit(target: number): Promise<void> {
  const piece = studio.piece;
  const plan = planned(piece, target);
  if (!plan) return Promise.reject(new Error(t("further.tooShort", { time: showDuration(target) })));
  if (!plan.more) {
    studio.edit("tempo", () => lasting(piece, target));
    studio.notify(t("further.tempo", { time: showDuration(duration(studio.piece)), bpm: (studio.piece.tempi[0]?.bpm ?? 100).toFixed(1) }));
    return Promise.resolve();
  }
  const isCut = plan.kept.end < piece.end;
  if (isCut && (piece.parts.some((part) => part.locked) || plan.kept.locks.length < piece.locks.length))
    return Promise.reject(new Error(t("further.locked", { bar: bars(plan.kept).length + 1 })));
  const brief = { ...composing.brief(plan.kept, null), bars: plan.more, close: true };
  return composing.offer(null, () =>
    composing.candidates("continue", brief, (candidate) => lasting(extended(plan.kept, candidate, plan.more), target)),
  );
}

/** A piece with so many bars of a candidate behind its end. */
function extended(kept: Piece, candidate: Piece, more: number): Piece {
  const whole = credited(mergeExtension(kept, candidate), candidate);
  const all = bars(whole);
  return beginning(whole, all[Math.min(all.length, bars(kept).length + more) - 1]!.end);
}

/** Compose another part to the piece, for an instrument of General MIDI. */
export function compose(name: string, program: number): Promise<void> {
  const wider = addPart(studio.piece, name, program);
  const region = { parts: [wider.parts.length - 1], first: 0, last: studio.bars.length - 1 };
  return composing.offer(region, () =>
    composing.candidates("infill", composing.brief(wider, region), (candidate) =>
      credited(mergeRegion(wider, candidate, region), candidate),
    ),
  );
}

/** Go from what is shown to another version of it, in the bars and parts that are selected: four steps between. */
export function interpolate(other: Piece): Promise<void> {
  const [piece, one] = [studio.piece, studio.shown];
  const target = studio.pending?.region ?? studio.target();
  const region = { ...target, first: Math.max(target.first, piece.pickup ? 1 : 0), last: Math.min(target.last, bars(other).length - 1) };
  const open = openCells(piece, region);
  const places = region.first > region.last ? [] : comparable(one, other, region).filter((place) => [...open].some((cell) => cell.startsWith(`${place}:`)));
  if (!places.length) return Promise.reject(new Error(t("further.same")));
  return composing.offer(region, async () => {
    let found: Candidate[] = Array.from({ length: STEPS }, (_, step) => ({ piece: one, seed: 0, quality: null, share: step / (STEPS - 1) }));
    for (const place of places) {
      const [source, end] = [one, other].map((each) => toDocument(excerpt(each, place, region.first, region.last)));
      const brief = { source: source!, target: end!, steps: STEPS };
      const steps = await composing.candidates("interpolate", brief, (step) => step);
      found = found.map((each, step) => ({ ...each, piece: stepped(each.piece, steps[step]!.piece, place, region) }));
    }
    const between = spread(distinct(found), CANDIDATES);
    if (!between.length) throw new Error(t("further.near"));
    return between;
  });
}

/** Steps that differ from both ends and from the one before. */
function distinct(steps: readonly Candidate[]): Candidate[] {
  const music = ({ piece }: Candidate) => JSON.stringify(toDocument(piece).parts);
  const all = steps.map(music);
  return steps.filter((_, step) => ![all[0], all.at(-1), all[step - 1]].includes(all[step]));
}

function stepped(piece: Piece, step: Piece, place: number, region: Region): Piece {
  const brought = replaced(piece, place, region.first, step.parts[0]!.notes);
  return credited(mergeRegion(piece, brought, { ...region, parts: [place] }), step);
}
