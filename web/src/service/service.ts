// The Firmus service, as the page asks it: the TypeScript client of this repository, in the language of the page.

import { Firmus, Refused, made, type Job, type JobSubmission, type Work } from "../../../clients/typescript/firmus.ts";
import type { Options } from "../../../clients/typescript/api.ts";
import { fromDocument, toFile, type Piece, type ScoreDocument, type WorkDocument } from "../music/score.ts";
import { translation } from "../translation/translation.svelte.ts";

export { Refused, made };
export type { Job, JobSubmission, Work } from "../../../clients/typescript/firmus.ts";
export type Brief = NonNullable<JobSubmission["brief"]>;
export type Kind = JobSubmission["kind"];

const STORE_TIMEOUT = 8000; // milliseconds

/** Folder of the page. */
export const BASE = new URL(".", document.baseURI);

class StudioService extends Firmus {
  override fetch(method: string, path: string, options: Options = {}, signal?: AbortSignal): Promise<Response> {
    const headers = { "accept-language": translation.language, ...options.headers };
    return super.fetch(method, path, { ...options, headers }, signal);
  }

  /** The piece that is a work, with its origin. */
  async piece(id: string): Promise<Piece> {
    return fromDocument(JSON.parse(await (await this.file(id, "json")).text()) as ScoreDocument | WorkDocument);
  }

  /** Store a piece as a work: a new revision of `parent`, if there is one; its name. */
  async store(piece: Piece, parent?: string | null): Promise<string> {
    const options = { body: new Blob([JSON.stringify(toFile(piece))]), query: { parent } };
    const response = await this.fetch("POST", "/v1/works", options, AbortSignal.timeout(STORE_TIMEOUT));
    return ((await response.json()) as Work).id;
  }

  /** The result of a job about a Score; the job is deleted. */
  async ask(request: JobSubmission): Promise<Job> {
    const job = await this.perform(request);
    await this.jobs.remove(job.id).catch(() => undefined);
    return job;
  }

  /** A Score engraved, as SVG. */
  async engrave(document: ScoreDocument): Promise<string> {
    const job = await this.perform({ kind: "render", brief: { source: document }, formats: ["svg"] });
    const svg = await (await this.file(job.id, "svg")).text();
    await this.jobs.remove(job.id).catch(() => undefined);
    return svg;
  }
}

export const service = new StudioService(BASE.href);

/** Whether an error says that the service cannot be reached. */
export function isGone(error: unknown): boolean {
  return error instanceof TypeError || error instanceof DOMException || (error instanceof Refused && error.kind === "busy");
}

/** An error in a line. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
