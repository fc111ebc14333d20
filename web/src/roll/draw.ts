// Drawing of the roll, a canvas a layer: grid, notes, and what moves (selection box, loop, playhead).

import { keyAt, pitchName, scale } from "../music/harmony.ts";
import type { Note, Piece } from "../music/score.ts";
import { beatLength, type Bar } from "../music/timing.ts";
import type { Loop } from "../playback/scheduler.ts";
import { heatColour, partColour, type Colours } from "./colours.ts";
import { GUTTER, type Box, type RollView } from "./view.svelte.ts";

const BLACK = new Set([1, 3, 6, 8, 10]);
const LEAST_GAP = 9; // pixels between lines of a grid

export type NoteStyle = {
  part: number;
  selection: ReadonlySet<number>;
  added: ReadonlySet<number>;
  heat: ReadonlyMap<number, number> | null;
  locked: (part: number, start: number) => boolean;
  isAudible: (part: number) => boolean;
};

/** A canvas of the size of its box, in pixels of the screen. */
export function context(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const drawing = canvas.getContext("2d")!;
  drawing.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawing.clearRect(0, 0, width, height);
  return drawing;
}

export function drawGrid(drawing: CanvasRenderingContext2D, view: RollView, piece: Piece, bars: readonly Bar[], grid: number, colours: Colours): void {
  drawing.fillStyle = colours.background;
  drawing.fillRect(0, 0, view.width, view.height);
  const key = keyAt(piece, view.left);
  const inScale = scale(key);
  const [high, low] = [Math.ceil(view.top), Math.floor(view.top - view.height / view.row)];
  for (let pitch = high; pitch >= low; pitch -= 1) {
    const y = view.y(pitch);
    if (!inScale.has(((pitch % 12) + 12) % 12)) {
      drawing.fillStyle = colours.row;
      drawing.fillRect(GUTTER, y, view.width, view.row);
    }
    drawing.fillStyle = colours.line;
    drawing.fillRect(GUTTER, y, view.width, pitch % 12 === 11 ? 1 : 0.35);
  }
  for (const bar of bars) {
    if (view.x(bar.end) < GUTTER || view.x(bar.start) > view.width) continue;
    for (const [step, colour] of [[grid, colours.line], [beatLength(bar.meter), colours.line]] as const) {
      if (step * view.scale < LEAST_GAP) continue;
      drawing.fillStyle = colour;
      for (let tick = bar.start + step; tick < bar.end; tick += step)
        drawing.fillRect(view.x(tick), 0, step === grid ? 0.4 : 0.8, view.height);
    }
    drawing.fillStyle = colours.bar;
    drawing.fillRect(view.x(bar.start), 0, 1, view.height);
  }
  const end = view.x(piece.end);
  drawing.fillStyle = colours.bar;
  drawing.fillRect(end, 0, 2, view.height);
}

/** The piano keys at the left, with the names of the Cs. */
export function drawKeys(drawing: CanvasRenderingContext2D, view: RollView, colours: Colours): void {
  drawing.fillStyle = "#fbfbfb";
  drawing.fillRect(0, 0, GUTTER - 1, view.height);
  drawing.font = `${Math.min(11, view.row)}px system-ui, sans-serif`;
  drawing.textBaseline = "middle";
  for (let pitch = Math.ceil(view.top); pitch >= Math.floor(view.top - view.height / view.row); pitch -= 1) {
    const y = view.y(pitch);
    const degree = ((pitch % 12) + 12) % 12;
    if (BLACK.has(degree)) {
      drawing.fillStyle = "#2b2f36";
      drawing.fillRect(0, y, (GUTTER * 3) / 5, view.row);
    } else if (degree === 0 || degree === 5) {
      drawing.fillStyle = "#c3c7cd";
      drawing.fillRect(0, y + view.row - 1, GUTTER - 1, 1);
    }
    if (degree === 0) {
      drawing.fillStyle = "#5a6069";
      drawing.fillText(pitchName(pitch), GUTTER - 26, y + view.row / 2);
    }
  }
  drawing.fillStyle = colours.bar;
  drawing.fillRect(GUTTER - 1, 0, 1, view.height);
}

/** Notes of all parts, the open part's on top; those that a candidate replaces as ghosts. */
export function drawNotes(drawing: CanvasRenderingContext2D, view: RollView, piece: Piece, before: Piece, style: NoteStyle, colours: Colours): number {
  let count = 0;
  const places = piece.parts.map((_, place) => place).sort((a, b) => Number(a === style.part) - Number(b === style.part));
  drawing.save();
  drawing.beginPath();
  drawing.rect(GUTTER, 0, view.width, view.height);
  drawing.clip();
  if (style.added.size) drawGhosts(drawing, view, piece, before, colours);
  for (const place of places) {
    const isOpen = place === style.part;
    const alpha = (isOpen || style.heat ? 1 : 0.42) * (style.isAudible(place) ? 1 : 0.4);
    for (const note of piece.parts[place]!.notes) {
      if (!view.shows(note)) continue;
      drawNote(drawing, view.box(note), note, place, alpha, style, colours);
      count += 1;
    }
  }
  drawing.restore();
  return count;
}

function drawGhosts(drawing: CanvasRenderingContext2D, view: RollView, piece: Piece, before: Piece, colours: Colours): void {
  const kept = new Set(piece.parts.flatMap((part) => part.notes.map((note) => note.id)));
  drawing.strokeStyle = colours.text;
  drawing.globalAlpha = 0.45;
  drawing.lineWidth = 1;
  for (const part of before.parts)
    for (const note of part.notes) {
      if (kept.has(note.id) || !view.shows(note)) continue;
      const { x, y, width, height } = view.box(note);
      drawing.strokeRect(x + 0.5, y + 0.5, Math.max(2, width - 1), height - 1);
    }
  drawing.globalAlpha = 1;
}

function drawNote(drawing: CanvasRenderingContext2D, box: Box, note: Note, place: number, alpha: number, style: NoteStyle, colours: Colours): void {
  const [x, y, width, height] = [box.x + 0.5, box.y + 1, Math.max(2.5, box.width - 1), box.height - 1.5];
  const bits = style.heat?.get(note.id);
  drawing.globalAlpha = style.added.has(note.id) ? 1 : alpha;
  drawing.fillStyle = bits === undefined ? partColour(place, 68 - note.velocity / 4.5) : heatColour(bits);
  drawing.beginPath();
  drawing.roundRect(x, y, width, height, Math.min(3, height / 3));
  drawing.fill();
  if (style.locked(place, note.start)) hatch(drawing, x, y, width, height);
  if (style.added.has(note.id)) {
    drawing.setLineDash([4, 3]);
    drawing.strokeStyle = colours.text;
    drawing.lineWidth = 1.5;
    drawing.stroke();
    drawing.setLineDash([]);
  }
  if (style.selection.has(note.id)) {
    drawing.globalAlpha = 1;
    drawing.strokeStyle = colours.accent;
    drawing.lineWidth = 2;
    drawing.strokeRect(x - 0.5, y - 0.5, width + 1, height + 1);
  }
  drawing.globalAlpha = 1;
}

/** Hatching: what is locked, to be seen without colours. */
function hatch(drawing: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  drawing.save();
  drawing.clip();
  drawing.strokeStyle = "rgb(255 255 255 / 0.65)";
  drawing.lineWidth = 1.2;
  drawing.beginPath();
  for (let across = x - height; across < x + width; across += 6) {
    drawing.moveTo(across, y + height);
    drawing.lineTo(across + height, y);
  }
  drawing.stroke();
  drawing.restore();
  drawing.beginPath();
  drawing.roundRect(x, y, width, height, Math.min(3, height / 3));
}

export function drawOverlay(drawing: CanvasRenderingContext2D, view: RollView, tick: number, loop: Loop | null, band: Box | null, colours: Colours): void {
  if (loop) {
    const [from, to] = [Math.max(GUTTER, view.x(loop.start)), view.x(loop.end)];
    drawing.globalAlpha = 0.1;
    drawing.fillStyle = colours.accent;
    drawing.fillRect(from, 0, to - from, view.height);
    drawing.globalAlpha = 1;
  }
  if (band) {
    drawing.strokeStyle = colours.accent;
    drawing.setLineDash([4, 3]);
    drawing.strokeRect(band.x, band.y, band.width, band.height);
    drawing.setLineDash([]);
  }
  const x = view.x(tick);
  if (x < GUTTER) return;
  drawing.fillStyle = colours.accent;
  drawing.fillRect(x - 0.75, 0, 1.5, view.height);
}
