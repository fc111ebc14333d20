// node example.ts URL (Node 22.18 or newer; else `tsc` first, then `node dist/example.js URL`): what the client can do.

import { Firmus, made, Refused } from "./firmus.ts";

declare const process: { argv: string[] };

const service = new Firmus(process.argv[2]);
const job = await service.jobs.start({ kind: "compose", brief: { style: "folk", bars: 2, seed: 7 } });
const numbers: number[] = [];
for await (const event of service.follow(job.id)) numbers.push(event.number);
const done = await service.wait(job.id);
const first = made(done)[0]!;
const midi = new Uint8Array(await (await service.file(first.id, "midi")).arrayBuffer());
const work = await service.works.upload(midi, { parent: first.id });
const again = await service.perform({ kind: "vary", brief: { source: { work: work.id }, amount: 0.5, seed: 1 } });
let refused: unknown;
try {
  await service.perform({ kind: "compose", brief: { tempo: 999 } });
} catch (error) {
  if (error instanceof Refused) refused = { kind: error.kind, status: error.status, detail: error.message };
}
console.log(JSON.stringify({
  state: done.state, numbers, bytes: midi.length, parent: work.parent, first: first.id, works: made(again).length, refused,
}));
