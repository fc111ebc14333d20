// What the page has open: the piece with its history, what is selected in it, and candidates that are to be judged.

import { History } from "./music/history.ts";
import { find, lockTest, setLocks, type Placed } from "./music/edits.ts";
import { difference, type Region } from "./music/merge.ts";
import { emptyPiece, type Piece } from "./music/score.ts";
import { barIndex, bars } from "./music/timing.ts";
import { Player } from "./playback/player.svelte.ts";
import { BASE, isGone, reason } from "./service/service.ts";
import { t } from "./translation/translation.svelte.ts";

export type Tool = "draw" | "select" | "erase";
export type View = "roll" | "score" | "both";
/** A piece to choose; `share`: how far it is on the way to another, from 0 to 1. */
export type Candidate = { piece: Piece; seed: number; quality: number | null; share?: number };
export type Pending = { candidates: Candidate[]; shown: number; region: Region | null };

export class Studio {
  piece = $state.raw<Piece>(emptyPiece(""));
  /** Whether a piece was opened or begun. */
  isOpen = $state(false);
  /** How many pieces were opened. */
  opened = $state(0);
  /** Whether what is seen is being composed. */
  isStreaming = $state(false);
  pending = $state.raw<Pending | null>(null);
  selection = $state.raw<ReadonlySet<number>>(new Set());
  region = $state.raw<Region | null>(null);
  part = $state(0);
  tool = $state<Tool>("draw");
  view = $state<View>("roll");
  grid = $state(240);
  /** Negative log-likelihood of notes in bits, by id; null where it is not shown. */
  heat = $state.raw<ReadonlyMap<number, number> | null>(null);
  help = $state(false);
  message = $state.raw<{ text: string; isError: boolean } | null>(null);
  canUndo = $state(false);
  canRedo = $state(false);
  readonly player = new Player(BASE);
  #history = new History<Piece>();
  #clipboard: Placed[] = [];

  /** What is seen and played: the piece, or a candidate in its place. */
  readonly shown = $derived(this.pending?.candidates[this.pending.shown]?.piece ?? this.piece);
  readonly bars = $derived(bars(this.shown));
  /** Ids of the notes that a candidate brings. */
  readonly added = $derived(this.shown === this.piece ? new Set<number>() : difference(this.shown, this.piece));
  readonly locked = $derived(lockTest(this.piece));

  /** Open a piece; what was open is left as it was saved. */
  open(piece: Piece): void {
    this.player.pause();
    this.#history.clear();
    this.pending = null;
    this.heat = null;
    this.selection = new Set();
    this.region = null;
    this.part = 0;
    this.isOpen = true;
    this.isStreaming = false;
    this.player.muted = new Set();
    this.player.soloed = new Set();
    this.player.setLoop(null);
    this.player.tick = 0;
    this.#set(piece);
    this.opened += 1;
  }

  /** Back to the first sight; what is open stays as it was saved. */
  close(): void {
    this.player.pause();
    this.reject();
    this.isOpen = false;
  }

  /** Show a piece while it is composed: it is not edited or saved yet. */
  stream(piece: Piece): void {
    this.isStreaming = true;
    this.isOpen = true;
    this.pending = null;
    this.heat = null;
    this.#set(piece);
  }

  /** Show again what was open before. */
  endStream(before: Piece, wasOpen: boolean): void {
    if (!this.isStreaming) return;
    this.isStreaming = false;
    this.isOpen = wasOpen;
    this.#set(before);
  }

  /** Change the piece, as one step that can be undone; steps of one group that follow one another are one. */
  edit(name: string, change: (piece: Piece) => Piece, group = ""): void {
    if (this.isStreaming) return;
    if (this.pending) this.reject();
    const next = change(this.piece);
    if (next === this.piece) return;
    this.#history.record(name, this.piece, next, group);
    this.#set(next);
  }

  undo(): void {
    if (this.pending) this.reject();
    else this.#restore(this.#history.undo());
  }

  redo(): void {
    this.#restore(this.#history.redo());
  }

  #restore(piece: Piece | null): void {
    if (piece) this.#set(piece);
  }

  #set(piece: Piece): void {
    this.piece = piece;
    this.part = Math.min(this.part, piece.parts.length - 1);
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
    if (this.selection.size) this.selection = new Set(find(piece, this.selection).map((each) => each.note.id));
    this.player.load(this.shown);
  }

  /** Offer candidates; the first is seen and heard at once. */
  offer(candidates: Candidate[], region: Region | null): void {
    this.pending = { candidates, shown: candidates.length ? 0 : -1, region };
    this.player.load(this.shown);
  }

  /** See and hear a candidate, or the piece as it was (-1). */
  show(index: number): void {
    if (!this.pending || index >= this.pending.candidates.length) return;
    this.pending = { ...this.pending, shown: index };
    this.player.load(this.shown);
  }

  accept(): void {
    const chosen = this.pending?.candidates[this.pending.shown];
    if (!chosen) return;
    const before = this.piece;
    this.pending = null;
    this.#history.record("accept", before, chosen.piece);
    this.#set(chosen.piece);
  }

  reject(): void {
    this.pending = null;
    this.player.load(this.piece);
  }

  /** Bars and parts that a request is about: those selected, those of the selected notes, or all. */
  target(): Region {
    if (this.region) return this.region;
    const placed = find(this.piece, this.selection);
    const all = this.bars;
    if (!placed.length) return { parts: this.piece.parts.map((_, place) => place), first: 0, last: all.length - 1 };
    const indices = placed.map((each) => barIndex(all, each.note.start));
    const parts = [...new Set(placed.map((each) => each.part))].sort((a, b) => a - b);
    return { parts, first: Math.min(...indices), last: Math.max(...indices) };
  }

  /** Lock what is selected, or unlock it where all of it is locked. */
  toggleLocks(): void {
    const { parts, first, last } = this.target();
    const cells = parts.flatMap((part) => Array.from({ length: last - first + 1 }, (_, index) => ({ part, bar: first + index })));
    const known = new Set(this.piece.locks.map((lock) => `${lock.part}:${lock.bar}`));
    const isLocked = cells.every((cell) => known.has(`${cell.part}:${cell.bar}`));
    this.edit("lock", (piece) => setLocks(piece, cells, !isLocked));
  }

  copy(): void {
    this.#clipboard = find(this.piece, this.selection);
  }

  get copied(): readonly Placed[] {
    return this.#clipboard;
  }

  /** Ids of the notes of some parts (by default of all that are not locked). */
  all(parts?: readonly number[]): Set<number> {
    const places = parts ?? this.piece.parts.map((_, place) => place).filter((place) => !this.piece.parts[place]!.locked);
    return new Set(places.flatMap((place) => this.piece.parts[place]!.notes.map((note) => note.id)));
  }

  notify(text: string): void {
    this.message = { text, isError: false };
  }

  report(error: unknown): void {
    this.message = { text: isGone(error) ? t("status.gone") : reason(error), isError: true };
  }
}

export const studio = new Studio();
