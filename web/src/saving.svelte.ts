// Autosave. Every change is kept in the browser at once, and stored as a revision of the piece two seconds after the
// last one; a revision that was stored so is replaced by the next, until something is composed from it, taken away or
// opened. With the service gone, editing goes on, and is stored when it is back.

import { fromDocument, originOf, toDocument, type Origin, type Piece, type ScoreDocument } from "./music/score.ts";
import { isGone, Refused, service } from "./service/service.ts";
import { studio } from "./studio.svelte.ts";

export type SaveState = "saved" | "unsaved" | "saving" | "offline" | "conflict";
type Draft = {
  document: ScoreDocument;
  origin: Origin | null;
  locks: Piece["locks"];
  lockedParts: boolean[];
  parent: string | null;
  root: string | null;
  isStored: boolean;
};

const DRAFT = "firmus.draft";
const DELAY = 2000;
const RETRY = 4000;

class Saving {
  status = $state<SaveState>("saved");
  /** The revision that the open piece is, or came of. */
  work = $state<string | null>(null);
  root = $state<string | null>(null);
  /** A revision that somebody else, or another tab, has stored meanwhile. */
  foreign = $state<string | null>(null);
  #saved: Piece | null = null;
  #draft: string | null = null; // our last revision, which the next replaces
  #parent: string | null = null;
  #own = new Set<string>(); // revisions that were stored here, or there when the piece was opened
  #known = new Set<string>(); // those of others that were shown
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;

  /** A piece was opened that is stored as a revision, or not at all: then it is as soon as it changes. */
  opened(work: string | null, root: string | null, piece: Piece): void {
    clearTimeout(this.#timer);
    [this.work, this.root, this.#parent, this.#draft, this.foreign] = [work, root, work, null, null];
    this.#own = new Set(work ? [work] : []);
    this.#known = new Set();
    this.#saved = piece;
    this.status = "saved";
    this.#keep(piece);
    if (root) void this.#learn(root);
  }

  /** The open piece has changed. */
  changed(piece: Piece): void {
    this.#keep(piece);
    clearTimeout(this.#timer);
    const isSaved = piece === this.#saved && !this.#running;
    if (this.status !== "offline") this.status = isSaved ? "saved" : "unsaved";
    if (isSaved) return;
    this.#timer = setTimeout(() => void this.flush(), this.status === "offline" ? RETRY : DELAY);
  }

  /** Store what is not stored yet, a piece that was only opened where it is needed; the revision that it is. */
  async flush(isNeeded = false): Promise<string | null> {
    clearTimeout(this.#timer);
    while (this.#running) await this.#running;
    if (studio.isOpen && (studio.piece !== this.#saved || (isNeeded && !this.work))) {
      this.#running = this.#store(studio.piece).finally(() => (this.#running = null));
      await this.#running;
    }
    return this.work;
  }

  /** Keep the revision that is stored: the next is another. */
  async keep(): Promise<string | null> {
    const work = await this.flush(true);
    if (this.#draft) [this.#parent, this.#draft] = [this.#draft, null];
    return work;
  }

  /** Open again what was open when the page was left; null where nothing was. */
  restored(): Piece | null {
    const text = sessionStorage.getItem(DRAFT) ?? localStorage.getItem(DRAFT);
    if (!text) return null;
    const draft = JSON.parse(text) as Draft;
    const { document: score, origin } = draft;
    const piece = fromDocument(origin ? { format: "firmus-work", version: 1, origin, score } : score);
    const parts = piece.parts.map((part, place) => ({ ...part, locked: draft.lockedParts[place] ?? false }));
    const whole = { ...piece, parts, locks: draft.locks };
    studio.open(whole);
    this.opened(draft.parent, draft.root, whole);
    if (!draft.isStored) this.#saved = null;
    this.changed(whole);
    return whole;
  }

  async #store(piece: Piece): Promise<void> {
    if (this.status !== "offline") this.status = "saving";
    try {
      const work = await service.store(piece, this.#parent);
      this.#own.add(work);
      await this.look();
      const replaced = this.#draft;
      [this.work, this.#draft, this.#saved] = [work, work, piece];
      if (!this.#parent) this.root = work;
      this.status = this.foreign ? "conflict" : studio.piece === piece ? "saved" : "unsaved";
      this.#keep(studio.piece); // which may have changed meanwhile
      if (replaced) await service.works.remove(replaced).catch(() => undefined);
    } catch (error) {
      if (error instanceof Refused && error.kind === "not-found") [this.#parent, this.root] = [null, null];
      else if (!isGone(error)) studio.report(error);
      this.status = "offline";
      this.#timer = setTimeout(() => void this.flush(), RETRY);
    }
  }

  /** Look whether somebody else has stored a revision of the piece meanwhile: both are kept, side by side. */
  async look(): Promise<void> {
    if (!this.root) return;
    const items = await this.#others(this.root);
    const other = items.find((id) => !this.#known.has(id));
    for (const id of items) this.#known.add(id);
    if (other) this.foreign = other;
  }

  /** The newest revision that somebody else has stored; it may have replaced the one that was seen first. */
  async newest(): Promise<string | null> {
    return this.root ? ((await this.#others(this.root))[0] ?? null) : null;
  }

  async #others(root: string): Promise<string[]> {
    const { items } = await service.works.listed({ root, limit: 20 });
    return items.map((work) => work.id).filter((id) => !this.#own.has(id));
  }

  async #learn(root: string): Promise<void> {
    const page = await service.works.listed({ root, limit: 100 }).catch(() => null);
    for (const work of page?.items ?? []) this.#own.add(work.id);
  }

  #keep(piece: Piece): void {
    const draft: Draft = {
      document: toDocument(piece),
      origin: originOf(piece),
      locks: piece.locks,
      lockedParts: piece.parts.map((part) => part.locked),
      parent: this.work,
      root: this.root,
      isStored: piece === this.#saved,
    };
    const text = JSON.stringify(draft);
    for (const storage of [sessionStorage, localStorage]) // of this tab, and of the one that opens next
      try {
        storage.setItem(DRAFT, text);
      } catch {
        storage.removeItem(DRAFT); // a piece too large for the browser: the service alone keeps it
      }
  }
}

export const saving = new Saving();
