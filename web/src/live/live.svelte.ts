// Playing together: one's own notes sound here at once and are sent to the service; what it plays comes ahead of its
// time and is scheduled on the audio clock. All times are seconds of `performance.now()`.

import type { Answer, Beat, Instrument, Played, Sounding } from "../../../clients/typescript/live.ts";
import { keyboard } from "../keyboard/keyboard.svelte.ts";
import { typing } from "../keyboard/typing.svelte.ts";
import { fromDocument, type Part, type Piece, type WorkDocument } from "../music/score.ts";
import { Taps } from "../music/tapping.ts";
import { saving } from "../saving.svelte.ts";
import { BASE, service } from "../service/service.ts";
import { studio } from "../studio.svelte.ts";
import { t, translation } from "../translation/translation.svelte.ts";
import { Band } from "./band.ts";
import { PLAYER, Recording } from "./record.ts";

export const PLAYS = ["accompaniment", "answer", "harmony", "accompaniment,answer"] as const;
export const STYLES = ["pop", "ballad", "swing", "bossa", "folk"] as const;
export type Option = "plays" | "style" | "key" | "chords" | "tempo" | "steady";
export type LiveState = "off" | "connecting" | "on" | "gone";

const USUAL: readonly Instrument[] = [{ part: "answer", program: 73 }, { part: "chords", program: 4 }, { part: "bass", program: 33 }, { part: "drums", program: 0 }];
const SYNC = 1000; // milliseconds between two words on the time
const TIMEOUT = 8000; // milliseconds in which the service says what was played

const now = () => performance.now() / 1000;

class Live {
  isOpen = $state(false);
  state = $state<LiveState>("off");
  plays = $state<(typeof PLAYS)[number]>("accompaniment");
  style = $state<(typeof STYLES)[number]>("pop");
  tempo = $state(100);
  meter = $state("4/4");
  key = $state("");
  chords = $state("");
  steady = $state(false);
  countIn = $state(true);
  metronome = $state(false);
  /** The latest beat, and how well it keeps up. */
  beat = $state.raw<Beat | null>(null);
  error = $state("");
  dropped = $state(0);
  /** Milliseconds to the service and back. */
  trip = $state<number | null>(null);
  /** How many notes the player has played. */
  count = $state(0);
  recording = new Recording();
  #socket: WebSocket | null = null;
  #band = new Band(now, (note) => this.#sound(note));
  #instruments: readonly Instrument[] = USUAL;
  /** Ticks of a bar. */
  barTicks = 1920;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isSilenced = false; // until the service knows of the panic
  #kept: WorkDocument | null = null;
  #take: ((work: WorkDocument | null) => void) | null = null;
  #taps = new Taps();

  open(): void {
    this.isOpen = typing.isOn = true;
    keyboard.taker = this;
    this.#lend();
    void studio.player.prefetch().catch(() => undefined);
  }

  close(): void {
    void this.stop();
    this.isOpen = typing.isOn = false;
    typing.leave();
    keyboard.taker = null;
    studio.player.lend(null);
  }

  async start(): Promise<void> {
    this.#disconnect();
    [this.state, this.error, this.beat, this.count, this.dropped] = ["connecting", "", null, 0, 0];
    [this.recording, this.#kept, this.#isSilenced] = [new Recording(), null, false];
    this.#band.clear();
    this.#band.dropped = 0;
    await studio.player.prepare();
    this.#lend();
    const address = new URL("v1/live", BASE);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = (this.#socket = new WebSocket(address));
    socket.onopen = () => {
      const { plays, style, key, chords, steady, tempo, meter } = this;
      this.#send({ type: "begin", at: now(), plays, style, key, chords, steady, tempo, meter, count_in: this.countIn, language: translation.language });
    };
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data as string) as Answer);
    socket.onclose = () => socket === this.#socket && this.#gone();
    studio.player.every(() => this.#band.advance());
    this.#timer = setInterval(() => this.#send({ type: "sync", at: now() }), SYNC);
  }

  /** End it; what was played can still be kept. */
  async stop(): Promise<void> {
    if (this.state !== "on") return this.#disconnect();
    this.panic();
    this.#kept = await this.#asked();
    this.#disconnect();
  }

  /** Silence at once; it goes on with the next note. */
  panic(): void {
    this.#band.clear();
    studio.player.silence();
    this.recording.silence(now());
    this.#isSilenced = this.state === "on";
    this.#send({ type: "panic", at: now() });
  }

  /** Change what is played, also while it is. */
  change(...options: Option[]): void {
    if (this.state === "on") this.#send({ type: "change", ...Object.fromEntries(options.map((name) => [name, this[name]])) });
  }

  tap(time: number): void {
    const bpm = this.#taps.add(time);
    if (bpm === null) return;
    this.tempo = Math.round(Math.min(300, Math.max(30, bpm)));
    this.change("tempo");
  }

  /** What both have played goes into the editor. */
  async keep(): Promise<void> {
    await this.stop();
    const piece = this.#kept ? fromDocument(this.#kept) : this.recording.piece(t("live.title"), this.meter, this.#instruments, now());
    await saving.keep().catch(() => undefined);
    this.close();
    studio.open(piece);
    saving.opened(null, null, piece);
    await this.#store(piece);
  }

  async #store(piece: Piece): Promise<void> {
    try {
      const name = await service.store(piece);
      if (studio.piece === piece) saving.opened(name, name, piece);
    } catch {
      studio.notify(t("live.keptHere"));
    }
  }

  /** Keys of the computer: the piano's, and panic. */
  keyDown(event: KeyboardEvent): void {
    if (event.key === "Escape") this.panic();
    else if (typing.press(event)) return;
    else if (event.key === "b") this.tap(event.timeStamp);
    else return;
    event.preventDefault();
  }

  press(pitch: number, velocity: number, timeStamp: number): void {
    this.count += 1;
    this.recording.begins(PLAYER, pitch, velocity, timeStamp / 1000);
    this.#send({ type: "press", at: timeStamp / 1000, pitch, velocity });
  }

  release(pitch: number, timeStamp: number): void {
    this.recording.ends(PLAYER, pitch, timeStamp / 1000);
    this.#send({ type: "release", at: timeStamp / 1000, pitch });
  }

  pulse(timeStamp: number): void {
    this.#send({ type: "pulse", at: timeStamp / 1000 });
  }

  barline(timeStamp: number): void {
    this.#send({ type: "barline", at: timeStamp / 1000 });
  }

  #send(message: Played): void {
    if (this.#socket?.readyState === WebSocket.OPEN && (this.state === "on" || message.type === "begin")) this.#socket.send(JSON.stringify(message));
  }

  #receive(answer: Answer): void {
    if (answer.type === "begun") {
      [this.state, this.#instruments, this.barTicks] = ["on", answer.parts, answer.bar];
      this.#lend();
    } else if (answer.type === "notes") {
      if (!this.#isSilenced) for (const note of this.#band.add(answer.notes)) this.recording.take(note);
      this.dropped = this.#band.dropped + (this.beat?.dropped ?? 0);
    } else if (answer.type === "beat") {
      this.beat = answer;
      this.recording.beats.push(answer);
      if (this.metronome) studio.player.clickAt(answer.tick % this.barTicks === 0, answer.at);
    } else if (answer.type === "silence") this.#isSilenced = false;
    else if (answer.type === "sync") this.trip = Math.round(performance.now() - 1000 * answer.at);
    else if (answer.type === "take") this.#take?.(answer.work as unknown as WorkDocument);
    else this.#refused(answer.detail, answer.ends);
  }

  #refused(detail: string, ends: boolean): void {
    this.error = detail;
    this.#take?.(null);
    if (this.state === "connecting") this.#disconnect();
    else if (ends) this.#gone(detail);
  }

  /** The connection is lost: what was played is still here. */
  #gone(reason = t("live.gone")): void {
    this.#disconnect();
    this.recording.silence(now());
    this.state = "gone";
    this.error = reason;
  }

  #disconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    clearInterval(this.#timer);
    this.#take?.(null);
    this.#band.clear();
    studio.player.every(null);
    studio.player.silence();
    this.state = "off";
  }

  #asked(): Promise<WorkDocument | null> {
    if (!this.count) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#take = (work) => {
        this.#take = null;
        resolve(work);
      };
      setTimeout(() => this.#take?.(null), TIMEOUT);
      this.#send({ type: "keep", title: t("live.title") });
    });
  }

  #lend(): void {
    const part = ({ part: name, program }: Instrument): Part => ({ name, program, is_drums: name === "drums", volume: 100, pan: 64, notes: [], locked: false });
    studio.player.lend([part({ part: PLAYER, program: 0 }), ...this.#instruments.map(part)]);
  }

  #sound(note: Sounding): void {
    const place = 1 + this.#instruments.findIndex((each) => each.part === note.part);
    if (place) studio.player.soundAt(place, note.pitch, note.velocity, note.at);
  }
}

export const live = new Live();
