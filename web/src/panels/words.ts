// Requests in plain words: what they ask for, and where in the piece.

import { composing, isRequest } from "../composing.svelte.ts";
import type { Region } from "../music/merge.ts";
import { fromDocument, ordered, toDocument, type Note, type Part, type Piece, type ScoreDocument } from "../music/score.ts";
import type { Bar } from "../music/timing.ts";
import { service, type Brief } from "../service/service.ts";
import { studio } from "../studio.svelte.ts";
import { audition } from "./candidates.ts";

export type Proposal = Awaited<ReturnType<typeof service.requests.ask>>;

/** What a text asks for of the open piece and its selection: a proposal, or a question. */
export function understand(text: string): Promise<Proposal> {
  if (!studio.isOpen) return service.requests.ask({ text });
  const { parts, first, last } = studio.target();
  const selection = studio.region || studio.selection.size
    ? { bars: `${studio.bars[first]!.number}-${studio.bars[last]!.number}`, parts: parts.map((place) => String(place + 1)) }
    : null;
  return service.requests.ask({ text, score: toDocument(studio.piece), selection });
}

/** Do what is proposed: the piece is revised at once, notes come as candidates. */
export async function perform(proposal: Proposal): Promise<void> {
  if (proposal.score) studio.edit("words", (piece) => revised(piece, proposal.score as unknown as ScoreDocument));
  const { kind } = proposal;
  const brief = (proposal.brief ?? {}) as Brief;
  if (kind === "compose") await composing.compose(brief);
  else if (kind === "plan") await composing.plan(brief);
  else if (kind && isRequest(kind)) {
    await composing.ask(kind, brief, region(brief, studio.piece, studio.bars));
    if (studio.pending) audition(0);
  } else if (kind) throw new Error(`${kind}?`);
}

/** Bars and parts of a brief: `5-8`, `3,5,9-`; names or numbers from 1. All of those that it does not name. */
export function region(brief: Brief, piece: Piece, bars: readonly Bar[]): Region {
  const named = (brief.parts ?? []).map((name) => {
    const place = piece.parts.findIndex((part) => part.name.toLowerCase() === name.toLowerCase());
    return place >= 0 ? place : Number(name) - 1;
  });
  const parts = named.length ? named : piece.parts.map((_, place) => place);
  const indices = bars.map((_, index) => index).filter((index) => isNamed(String(brief.bars ?? ""), bars[index]!.number));
  const [first, last] = [indices[0] ?? 0, indices.at(-1) ?? 0];
  const except = new Set(bars.map((_, index) => index).filter((index) => index > first && index < last && !indices.includes(index)));
  return { parts, first, last, except };
}

function isNamed(text: string, number: number): boolean {
  if (!text) return true;
  return text.split(",").some((span) => {
    const [first, last] = span.split("-");
    return number >= Number(first) && number <= (last === undefined ? Number(first) : Number(last || Infinity));
  });
}

/** The piece as a document has it: its notes keep their ids, locks and origin where they stay. */
function revised(piece: Piece, document: ScoreDocument): Piece {
  const next = fromDocument(document);
  const parts = next.parts.map((part, place) => {
    const own = piece.parts[place];
    if (!own || own.notes.length !== part.notes.length) return { ...part, notes: part.notes.map((note) => ({ ...note, ...same(note, own) })) };
    const sorted = ordered(own.notes);
    return { ...part, locked: own.locked, notes: part.notes.map((note, index) => ({ ...note, ...kept(sorted[index]!) })) };
  });
  return { ...next, parts, locks: piece.locks, origin: piece.origin };
}

const kept = ({ id, composed }: Note) => ({ id, ...(composed && { composed }) });

function same(note: Note, part: Part | undefined): Partial<Note> {
  const found = part?.notes.find((each) => each.start === note.start && each.pitch === note.pitch);
  return found ? kept(found) : {};
}
