// Music of a use becomes the open piece.

import { composing } from "../composing.svelte.ts";
import { saving } from "../saving.svelte.ts";
import type { ScoreDocument, WorkDocument } from "../music/score.ts";
import { service } from "../service/service.ts";
import { studio } from "../studio.svelte.ts";
import { listening } from "./listening.svelte.ts";
import { using } from "./using.svelte.ts";

/** Store a document as a work and open it in the editor. */
export async function openDocument(document: ScoreDocument | WorkDocument, title = ""): Promise<void> {
  const given = document.format === "firmus-work" ? document.score : document;
  const score = title ? { ...given, title } : given;
  const whole = document.format === "firmus-work" ? { ...document, score } : score;
  await openWork(() => service.works.upload(new File([JSON.stringify(whole)], `${score.title || "piece"}.json`)).then((work) => work.id));
}

/** Open a work in the editor; what was open is stored before. */
export async function openWork(find: () => Promise<string>): Promise<void> {
  try {
    listening.end();
    await saving.flush();
    await composing.open(await find());
    using.choose(null);
  } catch (error) {
    studio.report(error);
  }
}
