// The rights card of a work, as the service makes it.

import { saving } from "../saving.svelte.ts";
import { service } from "../service/service.ts";

type Maker = "model" | "person";
export type Card = {
  title: string;
  work: string;
  notes: Record<Maker, number>;
  share: Record<Maker, number>;
  kept: number | null;
  parts: { name: string; notes: Record<Maker, number>; bars: { bars: string; by: string }[] }[];
  model: { name: string; weights: string; software: string };
  training: string[];
  watermark: string;
};
export type Verification = { file: string; verdict: "intact" | "altered" | "unknown"; findings: string[]; model: string; time: string };
export type Rights = { card: Card; sidecar: unknown };

export const isComposed = (card: Card): boolean => card.notes.model > 0;

/** The card of the open piece, and its signed record. */
export async function rightsOf(work: string): Promise<Rights> {
  const target = await given();
  const job = await service.ask({ kind: "rights", brief: { source: { work }, ...(target && { target: { work: target } }) } });
  const result = job.result as { rights: Card; sidecar: unknown };
  return { card: result.rights, sidecar: result.sidecar };
}

/** The first revision, where a person gave it: what was composed says nothing about what was kept. */
async function given(): Promise<string | null> {
  const root = saving.root;
  const first = root ? await service.piece(root).catch(() => null) : null;
  return first && !first.origin && first.parts.some((part) => part.notes.length) ? root : null;
}

/** Who made each bar of a part, by the bar's number: `model`, `person`, `both`; bars without notes are not there. */
export function makers(part: Card["parts"][number]): Map<number, Maker | "both"> {
  const found = new Map<number, Maker | "both">();
  for (const { bars, by } of part.bars) {
    const [first, last] = /^(\d+)(?:-(\d+))?$/.exec(bars)!.slice(1).map(Number) as [number, number];
    for (let bar = first; bar <= (Number.isNaN(last) ? first : last); bar += 1) found.set(bar, by === "model" || by === "person" ? by : "both");
  }
  return found;
}

/** What a file says of itself: whether it is as Firmus wrote it. */
export async function verify(file: File): Promise<Verification> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  const job = await service.ask({ kind: "verify", options: { name: file.name, data: btoa(text) } });
  return (job.result as { verification: Verification }).verification;
}
