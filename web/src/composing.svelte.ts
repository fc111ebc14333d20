// Composing: a piece from a form or a plan, and candidates for bars and parts of the piece that is open.

import { credited, mergeExtension, mergeParts, mergeRegion, openCells, type Region } from "./music/merge.ts";
import { fromDocument, newId, toDocument, type Piece, type ScoreDocument } from "./music/score.ts";
import { bars } from "./music/timing.ts";
import { saving } from "./saving.svelte.ts";
import { made, Refused, service, type Brief, type Job, type Kind } from "./service/service.ts";
import { studio, type Candidate } from "./studio.svelte.ts";
import { t } from "./translation/translation.svelte.ts";

/** What is asked for bars and parts of the open piece, and what for what comes with or after it. */
const OF_REGIONS = ["infill", "vary", "humanise"] as const;
const OF_PIECES = ["continue", "harmonise", "accompany"] as const;
export type Request = (typeof OF_REGIONS)[number] | (typeof OF_PIECES)[number];

type Plan = Partial<Pick<Piece, "chords" | "sections">>;

export const CANDIDATES = 4;
type StreamedNote = [part: number, start: number, duration: number, pitch: number, velocity: number];

class Composing {
  busy = $state(false);
  done = $state(0);
  total = $state(0);
  #job = "";

  /** Compose a piece: its bars are seen, and can be played, as they come. What it is composed to is kept. */
  compose(brief: Brief, plan: Plan = {}): Promise<void> {
    return this.#run(async () => {
      await saving.flush();
      const [before, wasOpen] = [studio.piece, studio.isOpen];
      try {
        const job = await this.#follow("compose", brief, (piece) => studio.stream({ ...piece, ...plan }));
        await this.open(made(job)[0]!.id, plan);
      } finally {
        studio.endStream(before, wasOpen);
      }
    });
  }

  /** Plan a piece: chords, keys and sections, without notes. */
  plan(brief: Brief): Promise<void> {
    return this.#run(async () => {
      await saving.flush();
      const job = await this.#follow("plan", brief);
      await this.open(made(job)[0]!.id);
    });
  }

  /** Compose what the lanes of the open piece plan. */
  composePlan(brief: Brief): Promise<void> {
    const { chords, sections } = studio.piece;
    const document = toDocument(studio.piece);
    const empty = { start: [], duration: [], pitch: [], velocity: [] };
    const source = { ...document, parts: document.parts.map((part) => ({ ...part, notes: empty })) };
    const planned = ["chords", "form", "key", "meter", "bars", "seconds", "tempo"];
    const others = Object.fromEntries(Object.entries(brief).filter(([name]) => !planned.includes(name)));
    return this.compose({ ...others, source }, { chords, sections });
  }

  /** Open a work; with the plan that it was composed to. */
  async open(id: string, plan: Plan = {}): Promise<void> {
    const work = await service.works.one(id);
    const isPlaying = studio.player.playing;
    const at = studio.player.tick;
    const piece = await service.piece(id);
    studio.open(Object.keys(plan).length ? { ...piece, ...plan } : piece);
    saving.opened(work.id, work.root, piece);
    if (!isPlaying) return;
    studio.player.tick = at;
    await studio.player.play();
  }

  /** Ask for four candidates for a region, by default the one selected, or for what is to come with or after it. */
  ask(request: Request, options: Brief = {}, target: Region = studio.target()): Promise<void> {
    const region = isOfRegions(request) ? target : null;
    return this.offer(region, (piece) => {
      if (region && !openCells(piece, region).size) throw new Error(t("ask.allLocked"));
      const brief = { ...this.brief(piece, region), ...options };
      return this.candidates(request, brief, (candidate) => merge(piece, candidate, request, region));
    });
  }

  /** Offer candidates that are made of the open piece, unless it is changed meanwhile. */
  offer(region: Region | null, make: (piece: Piece) => Promise<Candidate[]>): Promise<void> {
    return this.#run(async () => {
      await saving.keep();
      const piece = studio.piece;
      const candidates = await make(piece);
      if (studio.piece === piece) studio.offer(candidates, region);
      else studio.notify(t("ask.stale"));
    });
  }

  /** The works that a job makes, merged into the piece; they are not kept. */
  async candidates(kind: Kind, brief: Brief, merge: (candidate: Piece) => Piece): Promise<Candidate[]> {
    const counted = brief.steps ? brief : { ...brief, count: CANDIDATES };
    const works = made(await this.#follow(kind, counted));
    const found = await Promise.all(
      works.map(async (work): Promise<Candidate> => {
        const candidate = await service.piece(work.id);
        return { piece: merge(candidate), seed: work.seed, quality: work.score?.total ?? null };
      }),
    );
    for (const work of works) void service.works.remove(work.id).catch(() => undefined);
    return found;
  }

  async cancel(): Promise<void> {
    if (this.#job) await service.jobs.cancel(this.#job).catch(() => undefined);
  }

  /** A brief for the open cells of a region, or for a whole piece. */
  brief(piece: Piece, region: Region | null): Brief {
    const source = toDocument(piece);
    if (!region) return { source };
    const open = region.parts.filter((part) => !piece.parts[part]!.locked);
    const numbers = bars(piece).slice(region.first, region.last + 1).map((bar) => bar.number).filter((number) => number > 0);
    const span = `${numbers[0] ?? 1}-${numbers.at(-1) ?? 1}`;
    return { source, bars: span, parts: open.map((part) => String(part + 1)) };
  }

  async #run(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    [this.done, this.total] = [0, 0];
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused && error.kind === "canceled")) studio.report(error);
    } finally {
      this.busy = false;
      this.#job = "";
    }
  }

  /** A job to its end; `watch` is given the piece with each bar that was composed. */
  async #follow(kind: Kind, brief: Brief, watch?: (piece: Piece) => void): Promise<Job> {
    const { id } = await service.jobs.start({ kind, brief });
    this.#job = id;
    let piece: Piece | null = null;
    for await (const event of service.follow(id)) {
      if (event.kind === "progress") [this.done, this.total] = [Number(event.data.done), Number(event.data.total)];
      if (!watch || (event.data.piece !== undefined && event.data.piece !== 1)) continue;
      if (event.kind === "piece") piece = fromDocument(event.data.score as ScoreDocument);
      if (event.kind === "bar" && piece) piece = withBar(piece, event.data.notes as StreamedNote[]);
      if (piece && (event.kind === "piece" || event.kind === "bar")) watch(piece);
    }
    const job = await service.wait(id);
    if (job.state === "canceled") throw new Refused({ type: "urn:firmus:problem:canceled", detail: t("compose.canceled") });
    if (job.error) throw new Refused(job.error);
    return job;
  }
}

/** Whether a kind of job is one that is asked about a piece. */
export function isRequest(kind: string): kind is Request {
  return isOfRegions(kind) || (OF_PIECES as readonly string[]).includes(kind);
}

function isOfRegions(kind: string): boolean {
  return (OF_REGIONS as readonly string[]).includes(kind);
}

/** A piece with a bar that has come; a bar that came before is replaced. */
function withBar(piece: Piece, notes: StreamedNote[]): Piece {
  const starts = new Set(notes.map(([part, start]) => `${part}:${start}`));
  const parts = piece.parts.map((part, place) => ({
    ...part,
    notes: [
      ...part.notes.filter((note) => !starts.has(`${place}:${note.start}`)),
      ...notes
        .filter(([to]) => to === place)
        .map(([, start, duration, pitch, velocity]) => ({ id: newId(), start, duration, pitch, velocity })),
    ],
  }));
  return { ...piece, parts };
}

function merge(piece: Piece, candidate: Piece, request: Request, region: Region | null): Piece {
  if (region) return credited(mergeRegion(piece, candidate, region), candidate);
  return credited(request === "continue" ? mergeExtension(piece, candidate) : mergeParts(piece, candidate), candidate);
}

export const composing = new Composing();
