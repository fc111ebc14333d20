// The synthesizer: spessasynth with Firmus's SoundFont, a volume and a pan per part, clicks of a metronome.

import { WorkletSynthesizer } from "spessasynth_lib";
import vocabulary from "../music/vocabulary.json";
import type { Part } from "../music/score.ts";

const SUSTAIN = 64;
const VOLUME = 7;
const PAN = 10;
const DRUMS = 9;
const MELODIC = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15];

const GAIN = 2.5; // the synthesizer leaves much room, for sixteen loud channels
const STRAIGHT = 0.6;
const MOST = 4; // the largest sample that is told from larger ones

export class Synthesizer {
  #context: AudioContext;
  #output: AudioNode;
  #synth: WorkletSynthesizer;
  #channels: number[] = [];
  #settings: string[] = [];

  private constructor(context: AudioContext, synth: WorkletSynthesizer) {
    this.#context = context;
    this.#synth = synth;
    this.#output = output(context);
    synth.connect(this.#output);
  }

  /** Load worklet and SoundFont beside one another, and make every channel ready. */
  static async load(context: AudioContext, base: URL, font: Promise<ArrayBuffer>): Promise<Synthesizer> {
    await context.audioWorklet.addModule(new URL("synthesizer-worklet.js", base).href);
    const synth = new WorkletSynthesizer(context, { eventsEnabled: false });
    await synth.soundBankManager.addSoundBank(await font, "firmus");
    await synth.isReady;
    return new Synthesizer(context, synth);
  }

  /** Assign channels, and set instruments, volumes and pans as the parts have them. */
  configure(parts: readonly Part[]): void {
    let next = 0;
    this.#channels = parts.map((part) => (part.is_drums ? DRUMS : MELODIC[next++ % MELODIC.length]!));
    parts.forEach((part, place) => {
      const channel = this.#channels[place]!;
      const setting = `${part.program}/${part.volume}/${part.pan}`;
      if (this.#settings[channel] === setting) return;
      this.#settings[channel] = setting;
      if (!part.is_drums) this.#synth.programChange(channel, vocabulary.presets[part.program] ?? part.program);
      this.#synth.controllerChange(channel, VOLUME, part.volume);
      this.#synth.controllerChange(channel, PAN, part.pan);
    });
  }

  on(part: number, pitch: number, velocity: number, time: number): void {
    this.#synth.noteOn(this.#channels[part] ?? 0, pitch, velocity, { time });
  }

  off(part: number, pitch: number, time: number): void {
    this.#synth.noteOff(this.#channels[part] ?? 0, pitch, { time });
  }

  pedal(part: number, down: boolean, time: number): void {
    this.#synth.controllerChange(this.#channels[part] ?? 0, SUSTAIN, down ? 127 : 0, { time });
  }

  click(accent: boolean, time: number): void {
    const oscillator = this.#context.createOscillator();
    const gain = this.#context.createGain();
    oscillator.frequency.value = accent ? 1760 : 1175;
    gain.gain.setValueAtTime(accent ? 0.25 : 0.15, time);
    gain.gain.exponentialRampToValueAtTime(0.001, time + 0.05);
    oscillator.connect(gain).connect(this.#output);
    oscillator.start(time);
    oscillator.stop(time + 0.06);
  }

  /** Silence now, without the notes' releases. */
  silence(): void {
    this.#synth.stopAll(true);
  }
}

/** Where all sound goes: louder, and bent softly where many parts at once would clip. A compressor looks ahead: 6 ms. */
function output(context: AudioContext): AudioNode {
  const [gain, shaper] = [context.createGain(), context.createWaveShaper()];
  gain.gain.value = GAIN / MOST;
  shaper.curve = Float32Array.from({ length: 4097 }, (_, index) => bent((index / 2048 - 1) * MOST));
  gain.connect(shaper).connect(context.destination);
  return gain;
}

/** A sample that is never above 1, and as it was up to `STRAIGHT`. */
export function bent(sample: number): number {
  const size = Math.abs(sample);
  if (size <= STRAIGHT) return sample;
  return Math.sign(sample) * (STRAIGHT + (1 - STRAIGHT) * Math.tanh((size - STRAIGHT) / (1 - STRAIGHT)));
}
