// The keyboard: what each key does, listed for the help as it is here.

import { changeVelocity, move, paste, quantise, remove, resize } from "./music/edits.ts";
import { TICKS_PER_QUARTER, type Note } from "./music/score.ts";
import { barIndex } from "./music/timing.ts";
import { composing } from "./composing.svelte.ts";
import { keyboard } from "./keyboard/keyboard.svelte.ts";
import { typing } from "./keyboard/typing.svelte.ts";
import { live } from "./live/live.svelte.ts";
import { form } from "./panels/form.svelte.ts";
import { audition } from "./panels/candidates.ts";
import { printScore } from "./panels/printing.ts";
import { tap } from "./panels/tapping.ts";
import { rollView } from "./roll/view.svelte.ts";
import { saving } from "./saving.svelte.ts";
import { studio, type View } from "./studio.svelte.ts";
import type { Words } from "./translation/translation.svelte.ts";
import { using } from "./uses/using.svelte.ts";

type Shortcut = { shown: string; words: Words; keys: Record<string, () => unknown> };

const VIEWS: View[] = ["roll", "score", "both"];

const edit = (name: string, change: Parameters<typeof studio.edit>[1], group = "") => studio.edit(name, change, group);
const selected = () => (studio.selection.size ? studio.selection : studio.all(studio.region?.parts));

/** Go to the next note of the open part, or the one before; it is selected and sounds. */
function walk(step: number): void {
  const notes: Note[] = [...(studio.shown.parts[studio.part]?.notes ?? [])].sort((a, b) => a.start - b.start || a.pitch - b.pitch);
  if (!notes.length) return;
  const current = notes.findIndex((note) => studio.selection.has(note.id));
  const from = current < 0 ? notes.findIndex((note) => note.start >= studio.player.tick) - (step > 0 ? 1 : 0) : current;
  const note = notes[Math.min(Math.max(from + step, 0), notes.length - 1)]!;
  studio.selection = new Set([note.id]);
  studio.region = null;
  rollView.follow(note.start);
  studio.player.sound(studio.part, note.pitch, note.velocity);
}

function stepBar(step: number): void {
  const bars = studio.bars;
  const here = barIndex(bars, studio.player.tick);
  const back = step < 0 && studio.player.tick > bars[here]!.start + TICKS_PER_QUARTER / 2 ? 0 : step;
  studio.player.seek(bars[Math.min(Math.max(here + back, 0), bars.length - 1)]!.start);
}

function add(): void {
  const [place, start] = [studio.part, Math.round(studio.player.tick / studio.grid) * studio.grid];
  const near = studio.piece.parts[place]?.notes.findLast((note) => note.start <= start)?.pitch ?? 60;
  studio.player.sound(place, near); // before the page is drawn anew
  const note = { start, duration: studio.grid, pitch: near, velocity: 80 };
  edit("create", (piece) => {
    const [next, ids] = paste(piece, [{ part: place, note: { ...note, id: 0 } }], start);
    studio.selection = ids;
    return next;
  });
  studio.player.seek(start + studio.grid);
}

function pasteHere(): void {
  const copied = studio.copied;
  if (!copied.length) return;
  const [next, ids] = paste(studio.piece, copied, Math.round(studio.player.tick / studio.grid) * studio.grid);
  edit("paste", () => next);
  studio.selection = ids;
}

function duplicate(): void {
  studio.copy();
  const notes = studio.copied.map((each) => each.note);
  if (!notes.length) return;
  const end = Math.max(...notes.map((note) => note.start + note.duration));
  const [next, ids] = paste(studio.piece, studio.copied, Math.ceil(end / studio.grid) * studio.grid);
  edit("duplicate", () => next);
  studio.selection = ids;
}

function loopSelection(): void {
  const { first, last } = studio.target();
  studio.player.setLoop({ start: studio.bars[first]!.start, end: studio.bars[last]!.end });
}

function escape(): void {
  if (studio.pending) return studio.reject();
  studio.selection = new Set();
  studio.region = null;
}

const again = (request: "infill" | "vary") => composing.ask(request).then(() => studio.pending && audition(0));

function toggled(set: ReadonlySet<number>, part: number): Set<number> {
  const next = new Set(set);
  if (!next.delete(part)) next.add(part);
  return next;
}

const shift = (ticks: number, semitones: number) => () => edit("move", (piece) => move(piece, selected(), ticks, semitones));

/** What is done on a grid: its step is read when the key is pressed. */
const gridded = (change: (grid: number) => void) => () => change(studio.grid);

export const SHORTCUTS: Shortcut[] = [
  { shown: "Space", words: "keys.play", keys: { " ": () => studio.player.toggle() } },
  { shown: "Enter", words: "keys.stop", keys: { Enter: () => (studio.player.pause(), studio.player.seek(0)) } },
  { shown: ", .", words: "keys.bar", keys: { ",": () => stepBar(-1), ".": () => stepBar(1) } },
  { shown: "L", words: "keys.loop", keys: { l: () => (studio.player.loop ? studio.player.setLoop(null) : loopSelection()) } },
  { shown: "Ctrl+L", words: "keys.loopSelection", keys: { "Ctrl+l": loopSelection } },
  { shown: "C", words: "keys.metronome", keys: { c: () => studio.player.setMetronome(!studio.player.metronome) } },
  { shown: "R", words: "keyboard.recordAbout", keys: { r: () => keyboard.record() } },
  { shown: "K", words: "keyboard.typingAbout", keys: { k: () => typing.toggle() } },
  { shown: "Ctrl+Enter", words: "keys.compose", keys: { "Ctrl+Enter": () => composing.compose(form.brief()) } },
  { shown: "Shift+R", words: "keys.infill", keys: { "Shift+r": () => again("infill") } },
  { shown: "Shift+V", words: "keys.vary", keys: { "Shift+v": () => again("vary") } },
  { shown: "Shift+1 … 4, 0", words: "keys.audition", keys: Object.fromEntries([0, 1, 2, 3, 4].map((digit) => [`Shift+${digit}`, () => audition(digit - 1)])) },
  { shown: "Ctrl+Shift+Enter", words: "keys.accept", keys: { "Ctrl+Shift+Enter": () => studio.accept() } },
  { shown: "Esc", words: "keys.escape", keys: { Escape: escape } },
  { shown: "Shift+L", words: "keys.lock", keys: { "Shift+l": () => studio.toggleLocks() } },
  { shown: "M, S", words: "keys.mute", keys: {
    m: () => (studio.player.muted = toggled(studio.player.muted, studio.part)),
    s: () => (studio.player.soloed = toggled(studio.player.soloed, studio.part)),
  } },
  { shown: "1 2 3", words: "keys.tools", keys: { 1: () => (studio.tool = "draw"), 2: () => (studio.tool = "select"), 3: () => (studio.tool = "erase") } },
  { shown: "N", words: "keys.add", keys: { n: add } },
  { shown: "← →", words: "keys.walk", keys: { ArrowLeft: () => walk(-1), ArrowRight: () => walk(1) } },
  { shown: "↑ ↓", words: "keys.semitone", keys: { ArrowUp: shift(0, 1), ArrowDown: shift(0, -1) } },
  { shown: "Shift+↑ ↓", words: "keys.octave", keys: { "Shift+ArrowUp": shift(0, 12), "Shift+ArrowDown": shift(0, -12) } },
  { shown: "Alt+← →", words: "keys.nudge", keys: {
    "Alt+ArrowLeft": gridded((grid) => shift(-grid, 0)()),
    "Alt+ArrowRight": gridded((grid) => shift(grid, 0)()),
  } },
  { shown: "Shift+← →", words: "keys.length", keys: {
    "Shift+ArrowLeft": gridded((grid) => edit("resize", (piece) => resize(piece, selected(), -grid, "end"))),
    "Shift+ArrowRight": gridded((grid) => edit("resize", (piece) => resize(piece, selected(), grid, "end"))),
  } },
  { shown: "Alt+↑ ↓", words: "keys.velocity", keys: {
    "Alt+ArrowUp": () => edit("velocity", (piece) => changeVelocity(piece, selected(), 5)),
    "Alt+ArrowDown": () => edit("velocity", (piece) => changeVelocity(piece, selected(), -5)),
  } },
  { shown: "Q", words: "keys.quantise", keys: { q: gridded((grid) => edit("quantise", (piece) => quantise(piece, selected(), grid))) } },
  { shown: "Ctrl+A, C, X, V, D", words: "keys.clipboard", keys: {
    "Ctrl+a": () => (studio.selection = studio.all([studio.part])),
    "Ctrl+c": () => studio.copy(),
    "Ctrl+x": () => (studio.copy(), edit("erase", (piece) => remove(piece, studio.selection))),
    "Ctrl+v": pasteHere,
    "Ctrl+d": duplicate,
  } },
  { shown: "Delete", words: "keys.delete", keys: { Delete: erase, Backspace: erase } },
  { shown: "Ctrl+Z, Ctrl+Shift+Z", words: "keys.undo", keys: { "Ctrl+z": () => studio.undo(), "Ctrl+Shift+z": () => studio.redo(), "Ctrl+y": () => studio.redo() } },
  { shown: "B", words: "keys.tap", keys: { b: () => tap(performance.now()) } },
  { shown: "Ctrl+P", words: "keys.print", keys: { "Ctrl+p": printScore } },
  { shown: "Ctrl+S", words: "keys.save", keys: { "Ctrl+s": () => saving.keep() } },
  { shown: "+ − F", words: "keys.zoom", keys: {
    "+": () => rollView.zoom(1.25),
    "=": () => rollView.zoom(1.25),
    "-": () => rollView.zoom(0.8),
    f: () => rollView.fit(studio.shown.parts.flatMap((part) => part.notes), studio.shown.end),
  } },
  { shown: "V", words: "keys.view", keys: { v: () => (studio.view = VIEWS[(VIEWS.indexOf(studio.view) + 1) % VIEWS.length]!) } },
  { shown: "H", words: "keys.heat", keys: { h: () => (studio.heat = null) } },
  { shown: "U", words: "keys.uses", keys: { u: () => using.list() } },
  { shown: "?", words: "keys.help", keys: { "?": () => (studio.help = !studio.help) } },
];

const ACTIONS = new Map(SHORTCUTS.flatMap((shortcut) => Object.entries(shortcut.keys)));
/** Keys that act while a field is edited, too. */
const EVERYWHERE = ["Ctrl+Enter", "Ctrl+Shift+Enter", "Ctrl+s", "Ctrl+p"];
/** Keys that act while a use is seen in place of the piece. */
const BESIDE_USES = ["u", "?", "Ctrl+s"];
/** Keys that a button or a slider needs itself. */
const OF_CONTROLS = [" ", "Enter", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

/** The name of a key with what is held: `Ctrl+Shift+z`. */
export function keyOf(event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">): string {
  const digit = /^Digit(\d)$/.exec(event.code)?.[1];
  const key = event.shiftKey && digit ? digit : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isSign = key.length === 1 && !/[a-z0-9 ]/.test(key);
  const held = [(event.ctrlKey || event.metaKey) && "Ctrl", event.shiftKey && !isSign && "Shift", event.altKey && "Alt"];
  return [...held.filter(Boolean), key].join("+");
}

/** Do what a key is for, unless it is typed into a field or needed by the control that has the focus. */
export function press(event: KeyboardEvent): void {
  if (event.isComposing || event.defaultPrevented) return;
  const at = event.target as HTMLElement;
  const isText = at.matches("textarea, select, input:not([type=range]):not([type=checkbox])") || at.isContentEditable;
  if (live.isOpen) return isText || document.querySelector("dialog[open]") ? undefined : live.keyDown(event);
  if (!isText && typing.press(event)) return;
  const name = keyOf(event);
  const action = ACTIONS.get(name);
  if (!action) return;
  if (isText && !EVERYWHERE.includes(name)) return;
  if (using.chosen && !BESIDE_USES.includes(name)) return;
  if (at.matches("button:not([data-cell]), summary, input, [role=slider]") && OF_CONTROLS.includes(name)) return;
  if (document.querySelector("dialog[open]") && name !== "?") return;
  event.preventDefault();
  void Promise.resolve(action()).catch((error: unknown) => studio.report(error));
}

function erase(): void {
  edit("erase", (piece) => remove(piece, studio.selection));
}
