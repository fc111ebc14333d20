// What a pointer does in the roll: create, move, lengthen, erase, select with a box, pan.

import { addNote, move, remove, resize } from "../music/edits.ts";
import type { Note } from "../music/score.ts";
import { studio } from "../studio.svelte.ts";
import { GUTTER, type Box, type RollView } from "./view.svelte.ts";

const EDGE = 7; // pixels at either end of a note that lengthen it
const VELOCITY = 80;

export type Point = { x: number; y: number; shift: boolean; alt: boolean };
export type Gesture = { move(point: Point): void; end?(): void; band?: Box; cursor: string };

let count = 0;

/** The note at a point, the open part's first, and the edge of it that the point is near. */
export function hit(view: RollView, point: { x: number; y: number }): { part: number; note: Note; edge: "start" | "end" | null } | null {
  const piece = studio.shown;
  const places = piece.parts.map((_, place) => place).sort((a, b) => Number(b === studio.part) - Number(a === studio.part));
  for (const part of places) {
    const note = piece.parts[part]!.notes.findLast((each) => {
      const { x, y, width, height } = view.box(each);
      return point.x >= x && point.x <= x + Math.max(width, 4) && point.y >= y && point.y < y + height;
    });
    if (!note) continue;
    const { x, width } = view.box(note);
    const edge = Math.min(EDGE, width / 4);
    return { part, note, edge: point.x > x + width - edge ? "end" : point.x < x + edge ? "start" : null };
  }
  return null;
}

/** The gesture that begins with the press of a button. */
export function begin(view: RollView, point: Point, button: number): Gesture | null {
  if (button === 1) return pan(view, point);
  if (point.x < GUTTER) {
    studio.player.sound(studio.part, view.pitch(point.y));
    return null;
  }
  const found = hit(view, point);
  if (button === 2 || studio.tool === "erase") return found ? erase(view, found.note.id) : null;
  if (found) {
    select(found.note.id, found.part, point.shift);
    studio.player.sound(found.part, found.note.pitch, found.note.velocity);
    return found.edge ? lengthen(view, point, found.edge) : drag(view, point);
  }
  if (studio.tool === "select" || point.shift) return selectBox(view, point);
  return create(view, point);
}

function select(id: number, part: number, adding: boolean): void {
  studio.region = null;
  studio.part = part;
  if (studio.selection.has(id) && !adding) return;
  const chosen = new Set(adding ? studio.selection : []);
  if (chosen.has(id)) chosen.delete(id);
  else chosen.add(id);
  studio.selection = chosen;
}

function snapped(ticks: number, point: Point): number {
  return point.alt ? Math.round(ticks) : Math.round(ticks / studio.grid) * studio.grid;
}

function drag(view: RollView, from: Point): Gesture {
  const [before, ids, group] = [studio.piece, studio.selection, `drag ${++count} `];
  let last = 0;
  return {
    cursor: "grabbing",
    move(point) {
      const later = snapped((point.x - from.x) / view.scale, point);
      const higher = Math.round((from.y - point.y) / view.row);
      studio.edit("move", () => move(before, ids, later, higher), group);
      if (higher !== last && ids.size === 1) {
        const note = studio.piece.parts[studio.part]?.notes.find((each) => ids.has(each.id));
        if (note) studio.player.sound(studio.part, note.pitch, note.velocity);
      }
      last = higher;
    },
  };
}

function lengthen(view: RollView, from: Point, edge: "start" | "end"): Gesture {
  const [before, ids, group] = [studio.piece, studio.selection, `drag ${++count} `];
  return {
    cursor: "ew-resize",
    move(point) {
      const ticks = snapped((point.x - from.x) / view.scale, point);
      studio.edit("resize", () => resize(before, ids, ticks, edge), group);
    },
  };
}

function create(view: RollView, point: Point): Gesture | null {
  const [place, group] = [studio.part, `create ${++count} `];
  const start = Math.max(0, point.alt ? Math.round(view.tick(point.x)) : Math.floor(view.tick(point.x) / studio.grid) * studio.grid);
  const pitch = view.pitch(point.y);
  let id = 0;
  studio.edit("create", (piece) => {
    const [next, added] = addNote(piece, place, { start, duration: studio.grid, pitch, velocity: VELOCITY });
    id = added;
    return next;
  }, group);
  if (!id) return null;
  studio.region = null;
  studio.selection = new Set([id]);
  studio.player.sound(place, pitch);
  const before = studio.piece;
  return {
    cursor: "ew-resize",
    move(moved) {
      const ticks = snapped((moved.x - point.x) / view.scale, moved);
      studio.edit("create", () => resize(before, new Set([id]), ticks, "end", studio.grid), group);
    },
  };
}

function erase(view: RollView, id: number): Gesture {
  const group = `erase ${++count} `;
  studio.edit("erase", (piece) => remove(piece, new Set([id])), group);
  return {
    cursor: "crosshair",
    move(point) {
      const found = hit(view, point);
      if (found) studio.edit("erase", (piece) => remove(piece, new Set([found.note.id])), group);
    },
  };
}

function selectBox(view: RollView, from: Point): Gesture {
  const before = from.shift ? studio.selection : new Set<number>();
  studio.region = null;
  studio.selection = before;
  const gesture: Gesture = {
    cursor: "crosshair",
    move(point) {
      const box = {
        x: Math.min(from.x, point.x),
        y: Math.min(from.y, point.y),
        width: Math.abs(point.x - from.x),
        height: Math.abs(point.y - from.y),
      };
      gesture.band = box;
      const inside = studio.shown.parts[studio.part]!.notes.filter((note) => {
        const { x, y, width, height } = view.box(note);
        return x < box.x + box.width && x + width > box.x && y < box.y + box.height && y + height > box.y;
      });
      studio.selection = new Set([...before, ...inside.map((note) => note.id)]);
    },
  };
  return gesture;
}

function pan(view: RollView, from: Point): Gesture {
  let last = from;
  return {
    cursor: "grabbing",
    move(point) {
      view.pan(last.x - point.x, last.y - point.y, studio.shown.end);
      last = point;
    },
  };
}
