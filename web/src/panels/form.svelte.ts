// What the form of a new piece holds, and the brief that it asks for.

import type { Brief } from "../service/service.ts";

type Share = "density" | "register" | "polyphony" | "syncopation";

class Form {
  style = $state("chorale");
  length = $state<number | null>(16);
  unit = $state<"bars" | "seconds">("bars");
  key = $state("");
  meter = $state("");
  tempo = $state<number | null>(null);
  form = $state("");
  chords = $state("");
  mood = $state<[number, number] | null>(null);
  shares = $state<Record<Share, number | null>>({ density: null, register: null, polyphony: null, syncopation: null });
  parts = $state("");
  model = $state("");
  temperature = $state<number | null>(null);
  seed = $state<number | null>(null);

  /** A brief of what was filled in. */
  brief(): Brief {
    const texts = { style: this.style, key: this.key, meter: this.meter, form: this.form, chords: this.chords, model: this.model };
    const numbers = { tempo: this.tempo, temperature: this.temperature, seed: this.seed, [this.unit]: this.length, ...this.shares };
    const given = [
      ...Object.entries(texts).map(([name, text]) => [name, text.trim()] as const).filter(([, text]) => text),
      ...Object.entries(numbers).filter(([, number]) => number !== null && number !== undefined),
    ];
    const brief = Object.fromEntries(given) as Brief;
    if (this.mood) brief.mood = this.mood.join(",");
    const parts = this.parts.split(/[,，、]/).map((name) => name.trim()).filter(Boolean);
    return parts.length ? { ...brief, parts } : brief;
  }
}

export const form = new Form();
