// What the service finds in an exercise, as the page reads it.

import type { WorkDocument } from "../music/score.ts";

export type Severity = "fault" | "weakness" | "remark";
export type Finding = { name: string; severity: Severity; bar: number; beat: number; voices: string[]; notes: string[]; ids: string[]; why: string };
export type Assessment = {
  key: string | null;
  counts: Partial<Record<Severity, number>>;
  findings: Finding[];
  corrected: { bars: number[]; findings: Finding[] } | null;
};
/** Result of `teach`. */
export type Assessed = { assessment: Assessment; corrected: WorkDocument | null };
export type Mark = { share: number; right: boolean; wrong: string[]; remarks: string[] };

/** From the slightest to the gravest. */
export const SEVERITIES: readonly Severity[] = ["remark", "weakness", "fault"];
