// Client of the Firmus service for browsers and Node 20 or newer. No dependencies; `api.ts` beside it is generated from
// the service's OpenAPI document.
//
//   const service = new Firmus("http://127.0.0.1:8340", "firmus_…");
//   const job = await service.perform({ kind: "compose", brief: { style: "chorale", bars: 8, seed: 7 } });
//   const music = await service.file(made(job)[0].id, "mp3");
//   for await (const event of service.follow(job.id)) console.log(event.kind, event.data);

import { requests } from "./api.ts";
import type { Job, JobSubmission, Options } from "./api.ts";

export type * from "./api.ts";

/** An event of a job: `state`, `progress`, `piece` or `bar`. */
export type JobEvent = { number: number; kind: string; data: Record<string, unknown> };

const RETRYABLE = ["in-flight", "rate-limited", "busy", "queue-full", "disk-full"];
const LONGEST_DELAY = 60; // seconds; where the service demands more, there is no retry
const STREAM_TIMEOUT = 45; // seconds; a stream has a keepalive every 15
const ENDED = ["succeeded", "failed", "canceled"];

/** A request that the service rejected, or a job that failed, with its problem details (RFC 9457). */
export class Refused extends Error {
  readonly problem: Record<string, unknown>;
  /** The service's `Retry-After`, in seconds. */
  readonly seconds: number | undefined;

  constructor(problem: Record<string, unknown>, seconds?: number) {
    super(String(problem.detail ?? problem.title ?? "refused"));
    this.name = "Refused";
    this.problem = problem;
    this.seconds = seconds;
  }

  /** Last word of the `type`: "invalid-brief", "quota-exceeded" … */
  get kind(): string {
    return String(this.problem.type ?? "").split(":").pop()!;
  }

  get status(): number | undefined {
    return this.problem.status as number | undefined;
  }
}

/** Client of a service. Rejected requests throw `Refused`; retries carry an `Idempotency-Key`. */
export class Firmus {
  readonly url: string;
  readonly attempts: number;
  readonly #key: string | undefined;
  readonly #requests: ReturnType<typeof requests>;

  constructor(url = "http://127.0.0.1:8340", key?: string, attempts = 6) {
    this.url = url.replace(/\/+$/, "");
    this.attempts = attempts;
    this.#key = key;
    const send = async <Result>(method: string, path: string, options?: Options): Promise<Result> => {
      const response = await this.fetch(method, path, options);
      return (response.status === 204 ? undefined : await response.json()) as Result;
    };
    this.#requests = requests(send, (method, path, options) => this.fetch(method, path, options));
  }

  get jobs() { return this.#requests.jobs; }
  get works() { return this.#requests.works; }
  get sounds() { return this.#requests.sounds; }
  get requests() { return this.#requests.requests; }
  get batches() { return this.#requests.batches; }
  get models() { return this.#requests.models; }
  get keys() { return this.#requests.keys; }
  get health() { return this.#requests.health; }

  /** Submit a job, and wait for its end; one that failed or was canceled is thrown as `Refused`. */
  async perform(request: JobSubmission): Promise<Job> {
    const job = await this.wait((await this.jobs.start(request)).id);
    if (job.error) throw new Refused(job.error);
    if (job.state === "canceled") throw new Refused({ detail: `job ${job.id} was canceled` });
    return job;
  }

  /** A job at its end. */
  async wait(id: string): Promise<Job> {
    for (;;) {
      const job = await this.jobs.one(id, { prefer: "wait=30" });
      if (ENDED.includes(job.state)) return job;
    }
  }

  /** A file of a work ("midi", "mp3", "stems" …) or of a job; waits until it is produced. */
  async file(id: string, kind: string): Promise<Blob> {
    for (;;) {
      const response = await (id.startsWith("job_") ? this.jobs.fetch(id, kind) : this.works.fetch(id, kind));
      if (response.status !== 202) return await response.blob();
      await sleep(1);
    }
  }

  /** A job's events to its end, after number `after`; a broken stream is resumed. */
  async *follow(id: string, after = 0): AsyncGenerator<JobEvent> {
    for (let last = after, known = -1, failures = 0; ; ) {
      const timeout = new AbortController();
      let timer = setTimeout(() => timeout.abort(), STREAM_TIMEOUT * 1000);
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => timeout.abort(), STREAM_TIMEOUT * 1000);
      };
      try {
        const path = `/v1/jobs/${encodeURIComponent(id)}/events`;
        const response = await this.fetch("GET", path, { headers: { "last-event-id": last } }, timeout.signal);
        for await (const event of events(response.body!, alive)) {
          failures = 0;
          last = event.number;
          yield event;
          if (ENDED.includes(String(event.data.state))) return;
        }
        const isOver = ENDED.includes((await this.jobs.one(id)).state);
        if (isOver && known === last) return;
        known = isOver ? last : -1;
        await sleep(0.5);
      } catch (error) {
        failures += 1;
        if (error instanceof Refused || failures >= this.attempts) throw error;
        await sleep(0.25 * 2 ** failures);
      } finally {
        clearTimeout(timer);
      }
    }
  }

  /** Send a request, with retries; its response, or `Refused`. With a signal the response is a stream. */
  async fetch(method: string, path: string, options: Options = {}, signal?: AbortSignal): Promise<Response> {
    const address = new URL(this.url + path);
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined && value !== null) address.searchParams.set(name, String(value));
    const headers = new Headers(this.#key ? { authorization: `Bearer ${this.#key}` } : {});
    if (method === "POST") headers.set("idempotency-key", crypto.randomUUID());
    for (const [name, value] of Object.entries(options.headers ?? {}))
      if (value !== undefined && value !== null) headers.set(name, String(value));
    const isFile = options.body instanceof Blob || options.body instanceof ArrayBuffer || ArrayBuffer.isView(options.body);
    if (options.body !== undefined) headers.set("content-type", isFile ? "application/octet-stream" : "application/json");
    const body = (isFile || options.body === undefined ? options.body : JSON.stringify(options.body)) as BodyInit;
    for (let sent = 1; ; sent += 1) {
      let delay = Math.min(8, 0.25 * 2 ** sent) * (0.5 + Math.random() / 2);
      try {
        const response = await fetch(address, { method, headers, body, signal: signal ?? null });
        if (response.ok) return signal ? response : await whole(response);
        const refused = await refusal(response);
        if (!RETRYABLE.includes(refused.kind) || sent >= this.attempts || (refused.seconds ?? 0) > LONGEST_DELAY) throw refused;
        delay = refused.seconds ?? delay;
      } catch (error) {
        if (error instanceof Refused || signal?.aborted || sent >= this.attempts) throw error;
      }
      await sleep(delay);
    }
  }
}

/** A work that a job composed, and how it was ranked, where it was. */
export type Made = { id: string; title: string; seconds: number; seed: number; score: { total: number } | null };

/** The works that a job composed, best first. */
export function made(job: Job): Made[] {
  return (job.result?.works ?? []) as Made[];
}

/** A response whose body was received completely. */
async function whole(response: Response): Promise<Response> {
  const { status, headers } = response;
  return new Response(status === 204 ? null : await response.arrayBuffer(), { status, headers });
}

/** The refusal of an error response, also of one by a proxy without problem details. */
async function refusal(response: Response): Promise<Refused> {
  const after = Number(response.headers.get("retry-after") ?? NaN);
  const seconds = Number.isFinite(after) ? after : undefined;
  try {
    const problem = (await response.json()) as Record<string, unknown>;
    if (typeof problem.detail === "string") return new Refused(problem, seconds);
  } catch {
    // no JSON
  }
  const kind = [429, 502, 503, 504].includes(response.status) ? "busy" : "unknown";
  const detail = `${response.url}: ${response.status} ${response.statusText}`;
  return new Refused({ type: `urn:firmus:problem:${kind}`, status: response.status, detail }, seconds);
}

/** Events of a stream; `alive` is called whenever data is received. */
async function* events(body: ReadableStream<Uint8Array>, alive: () => void): AsyncGenerator<JobEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let text = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const lines = new Map(text.slice(0, end).split("\n").map((line) => {
          const place = line.indexOf(": ");
          return [line.slice(0, place), line.slice(place + 2)] as [string, string];
        }));
        text = text.slice(end + 2);
        const data = lines.get("data");
        if (data) yield { number: Number(lines.get("id")), kind: lines.get("event")!, data: JSON.parse(data) };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
