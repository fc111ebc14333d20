// What is selected, in words: for screen readers and the status line.

import { find } from "../music/edits.ts";
import { keyAt, pitchName } from "../music/harmony.ts";
import { TICKS_PER_QUARTER } from "../music/score.ts";
import { position } from "../music/timing.ts";
import { drumName, partName } from "../panels/names.ts";
import { studio } from "../studio.svelte.ts";
import { t } from "../translation/translation.svelte.ts";

/** One selected note (`Bar 3 beat 2, E4, 1 quarter`), or how many are selected. */
export function describe(): string {
  const placed = find(studio.shown, studio.selection);
  const [only] = placed;
  if (!only) return t("roll.none");
  if (placed.length > 1) return t("roll.count", { count: placed.length });
  const part = studio.shown.parts[only.part]!;
  const [bar, beat] = position(studio.bars, only.note.start);
  const name = part.is_drums ? drumName(only.note.pitch) : pitchName(only.note.pitch, keyAt(studio.shown, only.note.start));
  const quarters = Number((only.note.duration / TICKS_PER_QUARTER).toFixed(2));
  const values = { part: partName(part.name), bar, beat: Number(beat.toFixed(2)), name, quarters, velocity: only.note.velocity };
  return t("roll.note", values) + (studio.locked(only.part, only.note.start) ? t("roll.noteLocked") : "");
}
