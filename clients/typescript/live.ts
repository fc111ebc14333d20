// Messages of playing together (WebSocket /v1/live), written by generate.py from their schemas. Do not edit.
// All times (`at`) are seconds of the player's own clock.

/** A bar begins, as MIDI's start message says. */
export type Barline = {
  type: "barline";
  /** Seconds of the player's clock. */
  at: number;
};

/** Begin, or begin again: nothing else is taken before. */
export type Begin = {
  /** accompaniment, answer, harmony; or two: accompaniment,answer. */
  plays?: string | null;
  /** pop, ballad, swing, bossa or folk. */
  style?: string | null;
  /** Such as "G minor"; "" for an estimated one. */
  key?: string | null;
  /** One a bar, over and over: "Am F C G"; "" to follow the player. */
  chords?: string | null;
  tempo?: number | null;
  /** Whether the tempo stays, whatever is played. */
  steady?: boolean | null;
  type: "begin";
  /** Now. */
  at: number;
  meter?: string;
  seed?: number;
  /** Whether a bar is counted in; else the first note is the first beat. */
  count_in?: boolean;
  /** Of errors. */
  language?: "en" | "zh" | null;
};

/** What is to be played from the next beat on; what is left out stays as it is. */
export type Change = {
  /** accompaniment, answer, harmony; or two: accompaniment,answer. */
  plays?: string | null;
  /** pop, ballad, swing, bossa or folk. */
  style?: string | null;
  /** Such as "G minor"; "" for an estimated one. */
  key?: string | null;
  /** One a bar, over and over: "Am F C G"; "" to follow the player. */
  chords?: string | null;
  tempo?: number | null;
  /** Whether the tempo stays, whatever is played. */
  steady?: boolean | null;
  type: "change";
};

/** What both have played, as a work; `take` answers. */
export type Keep = {
  type: "keep";
  title?: string;
};

/** Silence at once, until the player plays again; `silence` answers. */
export type Panic = {
  type: "panic";
  /** Seconds of the player's clock. */
  at: number;
};

/** A key goes down. */
export type Press = {
  type: "press";
  /** Seconds of the player's clock. */
  at: number;
  pitch: number;
  velocity: number;
};

/** A pulse of MIDI clock, of which 24 are a quarter note: it leads from then on. */
export type Pulse = {
  type: "pulse";
  /** Seconds of the player's clock. */
  at: number;
};

/** A key goes up. */
export type Release = {
  type: "release";
  /** Seconds of the player's clock. */
  at: number;
  pitch: number;
};

/** The time now, every few seconds; it comes back as it is. */
export type Sync = {
  type: "sync";
  /** Seconds of the player's clock. */
  at: number;
};

/** A beat that comes, and how well it keeps up. */
export type Beat = {
  type: "beat";
  at: number;
  tick: number;
  bpm: number;
  chord: string | null;
  /** Age of the plan in half beats (backup level); null: none plays. */
  level: number | null;
  /** Share of the beats that had a plan in time. */
  hit_rate: number;
  /** Notes that were too late. */
  dropped: number;
  /** Seconds that the last plan took. */
  planning: number | null;
};

/** It has begun, or what is to be played was changed. */
export type Begun = {
  type: "begun";
  /** Of tick 0; null where the first note will be that. */
  at: number | null;
  /** Seconds by which notes are sent ahead. */
  lead: number;
  /** Ticks of a beat, 480 to the quarter note. */
  beat: number;
  /** Ticks of a bar. */
  bar: number;
  parts: Instrument[];
};

/** A part that plays along. */
export type Instrument = {
  /** answer, chords, bass or drums. */
  part: string;
  /** Of General MIDI, from 0. */
  program: number;
};

/** Notes that are to sound; what comes more than 0.05 s after its time is better left out, but for ends. */
export type Notes = {
  type: "notes";
  notes: Sounding[];
};

/** A message that was refused, or why the session ends. */
export type Refused = {
  type: "refused";
  /** As of the problems of HTTP. */
  kind: string;
  detail: string;
  /** Whether the session ends with it. */
  ends: boolean;
};

/** What was sent before is not to sound any more. */
export type Silence = {
  type: "silence";
};

/** A note that begins, or ends (velocity 0). */
export type Sounding = {
  part: string;
  pitch: number;
  velocity: number;
  at: number;
  tick: number;
};

/** What both have played: the file `json` of a work. */
export type Take = {
  type: "take";
  work: Record<string, unknown>;
};

export type Played = Begin | Change | Press | Release | Pulse | Barline | Panic | Sync | Keep;

export type Answer = Begun | Notes | Beat | Silence | Sync | Take | Refused;
