// MIDI keyboards, by Web MIDI: asked for on a click alone; they may be unplugged and plugged again.

import { keyboard } from "./keyboard.svelte.ts";

const [OFF, ON, CONTROL] = [0x80, 0x90, 0xb0];
const [SUSTAIN, SOUND_OFF, ALL_OFF] = [64, 120, 123];
const [PULSE, START, STOP] = [0xf8, 0xfa, 0xfc]; // of MIDI clock

export type MidiState = "unasked" | "asking" | "connected" | "none" | "unsupported" | "refused" | "failed";

class Midi {
  state = $state<MidiState>("unasked");
  /** Names of the keyboards that are plugged in. */
  devices = $state.raw<readonly string[]>([]);
  #access: MIDIAccess | null = null;

  async connect(): Promise<void> {
    if (!("requestMIDIAccess" in navigator)) {
      this.state = "unsupported";
      return;
    }
    this.state = "asking";
    try {
      this.#access = await navigator.requestMIDIAccess();
    } catch (error) {
      const isRefused = error instanceof DOMException && ["NotAllowedError", "SecurityError"].includes(error.name);
      this.state = isRefused ? "refused" : "failed";
      return;
    }
    this.#access.onstatechange = ({ port }) => {
      if (port?.state === "disconnected") keyboard.releaseAll(port.id);
      this.#listen();
    };
    this.#listen();
  }

  #listen(): void {
    const inputs = [...this.#access!.inputs.values()].filter((input) => input.state === "connected");
    for (const input of inputs) input.onmidimessage = (event) => receive(input.id, event);
    this.devices = inputs.map((input) => input.name ?? input.id);
    this.state = inputs.length ? "connected" : "none";
  }
}

function receive(device: string, { data, timeStamp }: MIDIMessageEvent): void {
  if (data?.length === 1) return tick(data[0]!, timeStamp);
  if (!data || data.length < 3) return;
  const [status, one, two] = data as unknown as [number, number, number];
  const kind = status & 0xf0;
  if (kind === ON && two > 0) keyboard.on(device, one, two, timeStamp);
  else if (kind === ON || kind === OFF) keyboard.off(device, one, timeStamp);
  else if (kind === CONTROL && one === SUSTAIN) keyboard.pedal(device, two >= 64, timeStamp);
  else if (kind === CONTROL && (one === ALL_OFF || one === SOUND_OFF)) {
    keyboard.releaseAll(device);
    keyboard.taker?.panic();
  }
}

/** A byte of MIDI clock, for whom somebody else's clock leads. */
function tick(status: number, timeStamp: number): void {
  if (status === PULSE) keyboard.taker?.pulse(timeStamp);
  else if (status === START) keyboard.taker?.barline(timeStamp);
  else if (status === STOP) keyboard.taker?.panic();
}

export const midi = new Midi();
