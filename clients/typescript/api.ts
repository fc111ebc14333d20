// Types and requests of the Firmus service, written by generate.py from its OpenAPI document. Do not edit.

export type Options = { query?: Record<string, unknown>; headers?: Record<string, unknown>; body?: unknown };

/** Sends a request, and reads its answer as JSON; a refusal is thrown. */
export type Send = <Answer>(method: string, path: string, options?: Options) => Promise<Answer>;

/** Sends a request, and gives its answer as it is; a refusal is thrown. */
export type Fetch = (method: string, path: string, options?: Options) => Promise<Response>;

/** A line of the audit log. */
export type AuditLine = {
  number: number;
  at: string;
  key: string;
  owner: string;
  action: string;
  target: string;
  digest: string;
};

/** A batch as it stands. */
export type Batch = {
  id: string;
  kind: string;
  total: number;
  /** How many of its jobs are in each state. */
  states: Record<string, number>;
  /** Whether its end was told: waiting, delivered or failed, and why. */
  webhook?: string | null;
  created: string;
  links: Record<string, string>;
};

/** Many jobs of one kind. */
export type BatchSubmission = {
  /** A verb of the command line. */
  kind: "compose" | "continue" | "plan" | "infill" | "develop" | "harmonise" | "accompany" | "vary" | "interpolate" | "humanise" | "orchestrate" | "perform" | "adapt" | "analyse" | "batch" | "catalogue" | "check" | "convert" | "effects" | "evaluate" | "exercise" | "explain" | "game" | "produce" | "recommend" | "render" | "rights" | "search" | "soothe" | "sound" | "teach" | "timbre" | "transcribe" | "verify";
  /** A job is made of each. */
  briefs: ({
    /** The piece of which some is given; for compose a plan, a Score without notes. A work of yours, a sound of yours, or a Firmus score (the file `json` of a work). */
    source?: {
      sound: string;
    } | {
      work: string;
    } | {
      format: "firmus-score";
      [other: string]: unknown;
    };
    /** Such as "chorale", "hymn", "folk"; the model's card says which it knows. */
    style?: string;
    /** The kind of music within the style: "mazurka", "mass", "reel"; the model's card says which it knows. */
    genre?: string;
    /** How many bars to compose (16), or which ("9-12", "9-", "3,5,9-12"), counted from 1, both ends included. */
    bars?: number | string;
    /** Length instead of bars, at the tempo; the piece gets the nearest whole number of bars. */
    seconds?: number;
    /** "G minor", "D dorian"; "3/4". */
    key?: string;
    /** "G minor", "D dorian"; "3/4". */
    meter?: string;
    /** Quarter notes of an incomplete bar with which a new piece begins, which its last bar lacks; 0 for none. By default as the style has it. */
    pickup?: number;
    /** Quarter notes a minute, 10 to 400. */
    tempo?: number;
    /** Lead-sheet symbols, or Roman numerals in the key, one a bar, over again to the end: "Am F C G", "vi IV I V"; "Am,F" share a bar. */
    chords?: string;
    /** A word (calm, happy, sad, tense) or "valence,arousal" from -1 to 1. */
    mood?: string;
    /** How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less so. What each measures says firmus.tokens.events, and firmus.analysis.features for latent models. */
    density?: number;
    /** How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less so. What each measures says firmus.tokens.events, and firmus.analysis.features for latent models. */
    register?: number;
    /** How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less so. What each measures says firmus.tokens.events, and firmus.analysis.features for latent models. */
    polyphony?: number;
    /** How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less so. What each measures says firmus.tokens.events, and firmus.analysis.features for latent models. */
    syncopation?: number;
    /** Names or numbers from 1 of the source's parts to compose; when composing from nothing, instruments. */
    parts?: string[];
    /** Part name to lowest and highest note: {"alto": "F3-D5"}. */
    ranges?: Record<string, string>;
    /** Section letters, "AABA"; "none" for a piece without sections. By default one of the style's. */
    form?: string;
    /** Of the piece; by default what it is, or the source's. */
    title?: string;
    /** Whether continue ends the piece: the dominant, then every part at rest on the tonic. */
    close?: boolean;
    /** Above 0 to 1: share of the music that vary composes anew, or how far it goes from it with a latent model; how much of a drummer's ways humanise takes over. */
    amount?: number;
    /** How a source that was played in is put on beats: "auto" (on those of the file where it is played to them, else on beats that are found), "written", "found", "off", or quarter notes a minute. By default "auto" where the source looks played in. */
    quantise?: string;
    /** The piece that interpolate goes to. A work of yours, a sound of yours, or a Firmus score (the file `json` of a work). */
    target?: {
      sound: string;
    } | {
      work: string;
    } | {
      format: "firmus-score";
      [other: string]: unknown;
    };
    /** Pieces on that way, 3 to 64, both ends among them. */
    steps?: number;
    /** Name of the weights; the default is what suits the request. */
    model?: string;
    /** How many works, 1 to 100, each from its own seed. */
    count?: number;
    /** 0 to 2**63 - 1; one is drawn where it is not given, and told in the Origin. */
    seed?: number;
    /** Which of "key" and "chords" are wishes; else they are rules: no note outside them is possible. */
    loose?: ("key" | "chords")[];
    /** Sampling: 0 to 2 (0 takes the likeliest; by default what suits the style), and above 0 to 1. */
    temperature?: number;
    /** Sampling: 0 to 2 (0 takes the likeliest; by default what suits the style), and above 0 to 1. */
    top_p?: number;
    /** Of a model that composes token by token: "quick" composes once; "usual", the default, composes each phrase twice and keeps what the critic prefers; "best" tries more often, and composes the weakest bars anew. */
    effort?: "quick" | "usual" | "best";
    /** Of a model that composes token by token: with which key pitches are drawn so that firmus.verify finds them. "public", the default, everyone has; "private" this installation alone, so that the same seed gives other notes elsewhere; "off" is none. */
    watermark?: "public" | "private" | "off";
    /** "guard", the default of a model that composes token by token, masks notes that would lengthen a passage of the training music; "strict" moreover composes again until firmus.check finds no copy; "off" is none. */
    original?: "off" | "guard" | "strict";
    /** How develop transforms a motif, in order and again: "sequence", "inversion", "retrograde", "augmentation", "diminution", "fragmentation", "return". */
    by?: ("sequence" | "inversion" | "retrograde" | "augmentation" | "diminution" | "fragmentation" | "return")[];
    /** Chords that harmonise and accompany set a melody to, drawn as people harmonise songs: "traditional" or "modern" (sevenths, substitutes). By default the model composes them as the style has them. */
    harmony?: "traditional" | "modern";
    /** How hard the piece that compose makes is to read and play, 1 to 8: its keys, meters, rhythms, range and leaps are within those of assets/tables/levels.toml. */
    level?: number;
  })[];
  /** Where it is to be told (POST, signed) when it has ended: https. */
  webhook?: string | null;
};

/** A job as it stands. */
export type Job = {
  id: string;
  kind: string;
  state: "queued" | "running" | "succeeded" | "failed" | "canceled";
  /** How often a worker has begun it. */
  attempt: number;
  /** Of music: reserved for it, then made; they count for the day's quota. */
  seconds: number;
  batch?: string | null;
  created: string;
  started?: string | null;
  ended?: string | null;
  /** When what it held was erased, with the work or sound it was about. */
  erased?: string | null;
  links: Record<string, string>;
  /** What was asked, with the seed that makes it again. */
  request: Record<string, unknown>;
  progress?: Progress | null;
  /** Jobs that come before it, while it is queued. */
  ahead?: number | null;
  /** `works`, `files`, or what was found, once it has succeeded. */
  result?: Record<string, unknown> | null;
  error?: Told | null;
  /** Whether its end was told: waiting, delivered or failed, and why. */
  webhook?: string | null;
};

/** A job to be done. */
export type JobSubmission = {
  /** A verb of the command line. */
  kind: "compose" | "continue" | "plan" | "infill" | "develop" | "harmonise" | "accompany" | "vary" | "interpolate" | "humanise" | "orchestrate" | "perform" | "adapt" | "analyse" | "batch" | "catalogue" | "check" | "convert" | "effects" | "evaluate" | "exercise" | "explain" | "game" | "produce" | "recommend" | "render" | "rights" | "search" | "soothe" | "sound" | "teach" | "timbre" | "transcribe" | "verify";
  /** What is asked for. Every field that is given is obeyed or refused, never ignored. */
  brief?: {
    /** The piece of which some is given; for compose a plan, a Score without notes. A work of yours, a sound of yours, or a Firmus score (the file `json` of a work). */
    source?: {
      sound: string;
    } | {
      work: string;
    } | {
      format: "firmus-score";
      [other: string]: unknown;
    };
    /** Such as "chorale", "hymn", "folk"; the model's card says which it knows. */
    style?: string;
    /** The kind of music within the style: "mazurka", "mass", "reel"; the model's card says which it knows. */
    genre?: string;
    /** How many bars to compose (16), or which ("9-12", "9-", "3,5,9-12"), counted from 1, both ends included. */
    bars?: number | string;
    /** Length instead of bars, at the tempo; the piece gets the nearest whole number of bars. */
    seconds?: number;
    /** "G minor", "D dorian"; "3/4". */
    key?: string;
    /** "G minor", "D dorian"; "3/4". */
    meter?: string;
    /** Quarter notes of an incomplete bar with which a new piece begins, which its last bar lacks; 0 for none. By default as the style has it. */
    pickup?: number;
    /** Quarter notes a minute, 10 to 400. */
    tempo?: number;
    /** Lead-sheet symbols, or Roman numerals in the key, one a bar, over again to the end: "Am F C G", "vi IV I V"; "Am,F" share a bar. */
    chords?: string;
    /** A word (calm, happy, sad, tense) or "valence,arousal" from -1 to 1. */
    mood?: string;
    /** How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less so. What each measures says firmus.tokens.events, and firmus.analysis.features for latent models. */
    density?: number;
    /** How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less so. What each measures says firmus.tokens.events, and firmus.analysis.features for latent models. */
    register?: number;
    /** How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less so. What each measures says firmus.tokens.events, and firmus.analysis.features for latent models. */
    polyphony?: number;
    /** How busy, how high, how full and how much against the beat, 0 to 1: the share of the style's music that is less so. What each measures says firmus.tokens.events, and firmus.analysis.features for latent models. */
    syncopation?: number;
    /** Names or numbers from 1 of the source's parts to compose; when composing from nothing, instruments. */
    parts?: string[];
    /** Part name to lowest and highest note: {"alto": "F3-D5"}. */
    ranges?: Record<string, string>;
    /** Section letters, "AABA"; "none" for a piece without sections. By default one of the style's. */
    form?: string;
    /** Of the piece; by default what it is, or the source's. */
    title?: string;
    /** Whether continue ends the piece: the dominant, then every part at rest on the tonic. */
    close?: boolean;
    /** Above 0 to 1: share of the music that vary composes anew, or how far it goes from it with a latent model; how much of a drummer's ways humanise takes over. */
    amount?: number;
    /** How a source that was played in is put on beats: "auto" (on those of the file where it is played to them, else on beats that are found), "written", "found", "off", or quarter notes a minute. By default "auto" where the source looks played in. */
    quantise?: string;
    /** The piece that interpolate goes to. A work of yours, a sound of yours, or a Firmus score (the file `json` of a work). */
    target?: {
      sound: string;
    } | {
      work: string;
    } | {
      format: "firmus-score";
      [other: string]: unknown;
    };
    /** Pieces on that way, 3 to 64, both ends among them. */
    steps?: number;
    /** Name of the weights; the default is what suits the request. */
    model?: string;
    /** How many works, 1 to 100, each from its own seed. */
    count?: number;
    /** 0 to 2**63 - 1; one is drawn where it is not given, and told in the Origin. */
    seed?: number;
    /** Which of "key" and "chords" are wishes; else they are rules: no note outside them is possible. */
    loose?: ("key" | "chords")[];
    /** Sampling: 0 to 2 (0 takes the likeliest; by default what suits the style), and above 0 to 1. */
    temperature?: number;
    /** Sampling: 0 to 2 (0 takes the likeliest; by default what suits the style), and above 0 to 1. */
    top_p?: number;
    /** Of a model that composes token by token: "quick" composes once; "usual", the default, composes each phrase twice and keeps what the critic prefers; "best" tries more often, and composes the weakest bars anew. */
    effort?: "quick" | "usual" | "best";
    /** Of a model that composes token by token: with which key pitches are drawn so that firmus.verify finds them. "public", the default, everyone has; "private" this installation alone, so that the same seed gives other notes elsewhere; "off" is none. */
    watermark?: "public" | "private" | "off";
    /** "guard", the default of a model that composes token by token, masks notes that would lengthen a passage of the training music; "strict" moreover composes again until firmus.check finds no copy; "off" is none. */
    original?: "off" | "guard" | "strict";
    /** How develop transforms a motif, in order and again: "sequence", "inversion", "retrograde", "augmentation", "diminution", "fragmentation", "return". */
    by?: ("sequence" | "inversion" | "retrograde" | "augmentation" | "diminution" | "fragmentation" | "return")[];
    /** Chords that harmonise and accompany set a melody to, drawn as people harmonise songs: "traditional" or "modern" (sevenths, substitutes). By default the model composes them as the style has them. */
    harmony?: "traditional" | "modern";
    /** How hard the piece that compose makes is to read and play, 1 to 8: its keys, meters, rhythms, range and leaps are within those of assets/tables/levels.toml. */
    level?: number;
  };
  /** Files that render and convert are to make. */
  formats?: ("json" | "midi" | "musicxml" | "abc" | "kern" | "svg" | "pdf" | "png" | "wav" | "flac" | "ogg" | "mp3" | "stems" | "sf2" | "sfz" | "pack" | "adapter")[];
  /** What some kinds take beside the brief; `/v1/capabilities` says which. */
  options?: {
    /** 5 to 20 works of one style, such as your own. */
    pieces?: string[];
    /** Of the works, such as `CC BY 4.0`. */
    licence?: string;
    /** The works that are listed; your latest thousand, where none are named. */
    works?: string[];
    /** Works that it is compared with, instead of the music that Firmus learnt from. */
    against?: string[];
    /** What is to be heard. */
    effect?: "riser" | "impact" | "sweep" | "rain" | "wind" | "room" | "machine" | "click" | "confirm" | "error" | "notify" | "coin";
    pitch?: string;
    brightness?: string;
    /** 0 noise to 1 pitched. */
    tone?: string;
    /** 0 dry to 1: how much reverberation. */
    space?: string;
    /** Pulses, drops, gusts or strokes a second. */
    rate?: string;
    loudness?: string | "-14" | "-16" | "-23";
    loop?: "no" | "yes";
    /** The works that are evaluated. */
    generated?: string[];
    /** The works that they are measured against. */
    reference?: string[];
    /** The kind of exercise. */
    exercise?: "sight-reading" | "piano-reading" | "melodic-dictation" | "rhythmic-dictation" | "call-and-response" | "interval" | "chord" | "cadence" | "figured-bass" | "harmonisation" | "counterpoint";
    /** The name that answers an exercise for the ear; music that answers one is the target. */
    answer?: string;
    language?: "en" | "zh";
    /** One note above all, such as `bar 7 beat 2 alto`. */
    note?: string;
    /** 2 to 7 moods, or names with moods: 'calm,tense,danger' or 'village=calm,cave=mystery'. */
    states?: string;
    /** Moods and their times, such as 'calm until 0:12, danger 0:12-0:20, release'. */
    scene?: string;
    /** When there is speech, such as '0:05-0:12'. */
    speech?: string;
    /** Compose for the taste, instead of choosing. */
    compose?: "no" | "yes";
    among?: string[];
    like?: string[] | string;
    /** Works that you listened to to their end. */
    finish?: string[];
    /** Works that you skipped. */
    skip?: string[];
    /** Works that you dislike. */
    dislike?: string[];
    /** Begin the sound with the rhythm short-long-short-short, which says that it is AI-generated. */
    audible_label?: "no" | "yes";
    /** Put a signed C2PA manifest into the sound (.wav .mp3 .flac); needs firmus[c2pa]. */
    c2pa?: "no" | "yes";
    /** SoundFonts that play parts, uploaded as sounds: PART=snd_…, divided by commas. */
    instrument?: string;
    /** Decibels of parts: PART=VALUE, divided by commas. */
    volume?: string;
    /** -1 (left) to 1: PART=VALUE, divided by commas. */
    pan?: string;
    /** Decibels low/middle/high: PART=VALUE, divided by commas. */
    eq?: string;
    /** 0 to 1: PART=VALUE, divided by commas. */
    reverb?: string;
    /** Whether it is played as people do. */
    humanise?: "no" | "yes";
    /** Notes, such as `G4 G4 A4:2 B4`. */
    melody?: string;
    /** What it leads to. */
    session?: "calm" | "sleep" | "focus" | "lift" | "gait";
    /** The listener's mood now: tense, sad, -0.5/0.8 ... */
    feeling?: string;
    /** Breaths a minute that calm and sleep lead to, 4 to 10. */
    breathing?: string;
    steps?: string;
    /** What is to be heard, in words. */
    prompt?: string;
    /** Two voices that are counterpoint of this species; four voices where it is left out. */
    species?: "1" | "2" | "3" | "4" | "5";
    /** Whether a corrected version is composed. */
    correct?: "yes" | "no";
    /** From a sound, new, or a morph of two. */
    timbre?: "from" | "new" | "morph";
    /** Of a new one: -1 to 1. */
    attack?: string;
    /** Of a new one: -1 to 1. */
    decay?: string;
    /** Of a new one: -1 to 1. */
    noise?: string;
    /** Of a new one: -1 to 1. */
    harmonicity?: string;
    /** Instrument that a morph begins with. */
    first?: string;
    /** Instrument that it leads to. */
    second?: string;
    name?: string;
    /** Whether several notes may sound at once (usual), or it is a single line. */
    voices?: "many" | "one";
    /** Content of the file, in base64. */
    data?: string;
  };
  /** Where it is to be told (POST, signed) when it has ended: https. */
  webhook?: string | null;
};

/** A job as lists have it. */
export type JobSummary = {
  id: string;
  kind: string;
  state: "queued" | "running" | "succeeded" | "failed" | "canceled";
  /** How often a worker has begun it. */
  attempt: number;
  /** Of music: reserved for it, then made; they count for the day's quota. */
  seconds: number;
  batch?: string | null;
  created: string;
  started?: string | null;
  ended?: string | null;
  /** When what it held was erased, with the work or sound it was about. */
  erased?: string | null;
  links: Record<string, string>;
};

/** A key, without its secret. */
export type Key = {
  id: string;
  owner: string;
  role: string;
  quota: number | null;
  storage: number | null;
  created: string;
  revoked: string | null;
};

/** A key to be made. */
export type KeySubmission = {
  /** Whose music it opens. */
  owner: string;
  role: "reader" | "composer" | "monitor" | "admin" | "operator";
  /** Seconds of music a day; null for the service's. */
  quota?: number | null;
  /** Bytes that its owner may store; null for the service's. */
  storage?: number | null;
};

/** A key with its secret, which is told this once. */
export type NewKey = {
  id: string;
  owner: string;
  role: string;
  quota: number | null;
  storage: number | null;
  created: string;
  revoked: string | null;
  key: string;
};

export type PageOfAuditLine = {
  items: AuditLine[];
  /** Cursor of the next page; null on the last. */
  next?: string | null;
};

export type PageOfBatch = {
  items: Batch[];
  /** Cursor of the next page; null on the last. */
  next?: string | null;
};

export type PageOfJobSummary = {
  items: JobSummary[];
  /** Cursor of the next page; null on the last. */
  next?: string | null;
};

export type PageOfKey = {
  items: Key[];
  /** Cursor of the next page; null on the last. */
  next?: string | null;
};

export type PageOfSound = {
  items: Sound[];
  /** Cursor of the next page; null on the last. */
  next?: string | null;
};

export type PageOfWork = {
  items: Work[];
  /** Cursor of the next page; null on the last. */
  next?: string | null;
};

/** A request in plain words. */
export type PlainRequest = {
  text: string;
  /** The open piece, a work of yours. */
  work?: string | null;
  /** Or the piece itself, a Firmus score. */
  score?: Record<string, unknown> | null;
  /** What `this` and `here` mean. */
  selection?: Selection | null;
};

/** How far a job is. */
export type Progress = {
  title: string;
  done: number;
  total: number;
};

/** What a request in plain words asks for, or a question. */
export type Proposal = {
  /** One line, where the request is not understood: ask again. */
  question?: string | null;
  /** The kind of job; none where no note is composed anew: `score` is the piece as it is to be. */
  kind?: string | null;
  /** Its brief, without the source. */
  brief?: Record<string, unknown>;
  /** What will be done, a line each, in the language that is accepted. */
  explanation?: string[];
  /** The piece with another length, tempo, key, title or instruments: the source to be sent. */
  score?: Record<string, unknown> | null;
  /** What the text asks for after that: ask for it once the job is done. */
  then?: string;
};

/** What is selected in a piece. */
export type Selection = {
  bars?: string | null;
  parts?: string[] | null;
};

/** A recording, to be analysed or transcribed, or a SoundFont, to play parts. */
export type Sound = {
  id: string;
  title: string;
  bytes: number;
  created: string;
  links: Record<string, string>;
};

/** The problem of a job that failed (RFC 9457). */
export type Told = {
  type: string;
  title: string;
  detail: string;
  status?: number | null;
};

/** What an owner has used today (UTC), and stores. */
export type Usage = {
  owner: string;
  /** Of music made or reserved today. */
  seconds: number;
  quota: number;
  /** Jobs that are queued or running. */
  unfinished: number;
  /** Bytes of files, sounds, requests and results; what was deleted, until it is off. */
  stored: number;
  /** Bytes that may be stored. */
  storage: number;
};

/** What an owner's webhooks are signed with. */
export type WebhookSecret = {
  /** `whsec_` and base64, as libraries for Standard Webhooks take it. */
  secret: string;
};

/** A work: one immutable revision of a piece. */
export type Work = {
  id: string;
  title: string;
  /** The revision that it came of. */
  parent: string | null;
  /** The first revision of its tree. */
  root: string;
  /** The job that made it; null where it was uploaded. */
  job: string | null;
  ai_generated: boolean;
  /** Bars, notes, key, parts with their ranges, seconds. */
  summary: Record<string, unknown>;
  created: string;
  links: Record<string, string>;
};

/** All requests of the service, by the noun that they are of. */
export function requests(send: Send, fetched: Fetch) {
  return {
    batches: {
      /** Ask for many jobs of one kind: all of them are accepted, or none. They give way to single jobs. */
      start: (body: BatchSubmission, headers: { "idempotency-key"?: string | null } = {}): Promise<Batch> => send<Batch>("POST", `/v1/batches`, { body, headers }),
      /** List your batches, the newest first. */
      listed: (query: { "cursor"?: string | null; "limit"?: number } = {}): Promise<PageOfBatch> => send<PageOfBatch>("GET", `/v1/batches`, { query }),
      /** See how a batch stands. */
      one: (name: string): Promise<Batch> => send<Batch>("GET", `/v1/batches/${encodeURIComponent(name)}`),
      /** Delete a batch with all of its jobs; those that have not ended are canceled. Works that they composed stay. */
      remove: (name: string): Promise<void> => send<void>("DELETE", `/v1/batches/${encodeURIComponent(name)}`),
      /** Cancel every job of a batch that has not ended. */
      cancel: (name: string): Promise<Batch> => send<Batch>("POST", `/v1/batches/${encodeURIComponent(name)}/cancel`),
      /** Fetch all works of a batch that has ended: `0001/…` for the first brief; `batch.json` tells what came of each. */
      archive: (name: string): Promise<Response> => fetched("GET", `/v1/batches/${encodeURIComponent(name)}/zip`),
    },
    health: {
      /** Whether the process lives: it answers, and looks at nothing else. Start it anew where it does not. */
      live: (): Promise<Record<string, string>> => send<Record<string, string>>("GET", `/livez`),
      /** Whether it can work: a whole database, room on the disk, models, a worker that lives for each kind of job. */
      ready: (): Promise<Record<string, string>> => send<Record<string, string>>("GET", `/readyz`),
      /** Measurements in Prometheus's text format. */
      metrics: (): Promise<Response> => fetched("GET", `/metrics`),
    },
    jobs: {
      /** Ask for a job; it is done when its state is one of succeeded, failed and canceled. Answers 202 at once; with `Prefer: wait=10`, 200 if it is done within ten seconds. */
      start: (body: JobSubmission, headers: { "idempotency-key"?: string | null; "prefer"?: string | null } = {}): Promise<Job> => send<Job>("POST", `/v1/jobs`, { body, headers }),
      /** List your jobs, the newest first, without their requests and results; `/v1/jobs/{name}` has these. */
      listed: (query: { "cursor"?: string | null; "limit"?: number; "state"?: "queued" | "running" | "succeeded" | "failed" | "canceled" | null; "batch"?: string | null } = {}): Promise<PageOfJobSummary> => send<PageOfJobSummary>("GET", `/v1/jobs`, { query }),
      /** See how a job stands; with `Prefer: wait=10`, wait up to ten seconds for its end. */
      one: (name: string, headers: { "prefer"?: string | null; "if-none-match"?: string | null } = {}): Promise<Job> => send<Job>("GET", `/v1/jobs/${encodeURIComponent(name)}`, { headers }),
      /** Delete a job with its request, its result, its events and the files it made; one that runs is canceled. Works that it composed stay. */
      remove: (name: string): Promise<void> => send<void>("DELETE", `/v1/jobs/${encodeURIComponent(name)}`),
      /** Cancel a job that has not ended. It counts as canceled at once; what it had begun is thrown away. */
      cancel: (name: string): Promise<Job> => send<Job>("POST", `/v1/jobs/${encodeURIComponent(name)}/cancel`),
      /** Follow a job as server-sent events, numbered from 1, until it has ended. `state` and `progress`; and while a model composes note by note, the music on its way: `piece` (its number, and what is given of it, as a Firmus score) and `bar` (`piece`, `bar` from 0, `notes`: part, start, duration, pitch, velocity of each). A bar that is told again replaces what was told of it; after `state` with another `attempt`, everything is told again. With `Last-Event-ID` it goes on after that event. A comment comes every 15 seconds as a sign of life. */
      follow: (name: string, headers: { "last-event-id"?: string | null } = {}): Promise<Response> => fetched("GET", `/v1/jobs/${encodeURIComponent(name)}/events`, { headers }),
      /** Fetch a file that a render or convert job made. */
      fetch: (name: string, kind: string): Promise<Response> => fetched("GET", `/v1/jobs/${encodeURIComponent(name)}/files/${encodeURIComponent(kind)}`),
    },
    keys: {
      /** See what you have used today, and how much you store. */
      usage: (): Promise<Usage> => send<Usage>("GET", `/v1/usage`),
      /** See the secret with which your webhooks are signed (Standard Webhooks). */
      webhookSecret: (): Promise<WebhookSecret> => send<WebhookSecret>("GET", `/v1/webhook-secret`),
      /** List the keys of your owner, or of all owners if yours is an operator's, without their secrets. */
      listed: (): Promise<PageOfKey> => send<PageOfKey>("GET", `/v1/keys`),
      /** Make a key. The answer is the only place where it is ever told. An admin makes keys of its own owner, with the roles reader, composer and admin and with no more than its own quota; an operator makes any. */
      add: (body: KeySubmission): Promise<NewKey> => send<NewKey>("POST", `/v1/keys`, { body }),
      /** Revoke a key, of your owner or as an operator any; from the next request on it opens nothing. */
      revoke: (name: string): Promise<void> => send<void>("DELETE", `/v1/keys/${encodeURIComponent(name)}`),
      /** Read the audit log, the oldest line first; `next` is the `after` of the next page. An admin sees what keys of its own owner did, an operator everything, without which the chain of digests cannot be checked. */
      log: (query: { "after"?: number; "limit"?: number } = {}): Promise<PageOfAuditLine> => send<PageOfAuditLine>("GET", `/v1/audit`, { query }),
    },
    models: {
      /** See kinds of job, the controls of a brief with their ranges, formats and limits: enough to build a form of. */
      capabilities: (): Promise<Record<string, unknown>> => send<Record<string, unknown>>("GET", `/v1/capabilities`),
      /** List the models: what each was trained to compose, to do and to obey. */
      listed: (): Promise<Record<string, Record<string, unknown>[]>> => send<Record<string, Record<string, unknown>[]>>("GET", `/v1/models`),
      /** See a model's whole card: data and licences, training, measurements with the commands that give them. */
      one: (name: string): Promise<Record<string, unknown>> => send<Record<string, unknown>>("GET", `/v1/models/${encodeURIComponent(name)}`),
    },
    requests: {
      /** Ask in plain words, English or Chinese: the answer is a kind of job and its brief, or a question. Nothing is composed: send the brief, with the piece as its `source`, to `POST /v1/jobs`. */
      ask: (body: PlainRequest): Promise<Proposal> => send<Proposal>("POST", `/v1/requests`, { body }),
    },
    sounds: {
      /** Upload a recording: WAV, FLAC, MP3, OGG or AIFF, of 15 minutes at most; or a SoundFont. Told apart by content. A recording is decoded when a job reads it, in a process of its own with limits on memory and time. */
      upload: (body: Blob | ArrayBuffer | Uint8Array<ArrayBuffer>, query: { "title"?: string } = {}, headers: { "idempotency-key"?: string | null } = {}): Promise<Sound> => send<Sound>("POST", `/v1/sounds`, { body, query, headers }),
      /** List your sounds, the newest first. */
      listed: (query: { "cursor"?: string | null; "limit"?: number } = {}): Promise<PageOfSound> => send<PageOfSound>("GET", `/v1/sounds`, { query }),
      /** See a sound. */
      one: (name: string): Promise<Sound> => send<Sound>("GET", `/v1/sounds/${encodeURIComponent(name)}`),
      /** Delete a sound, and what was found in it alone (analyses). Works that came of it stay. */
      remove: (name: string): Promise<void> => send<void>("DELETE", `/v1/sounds/${encodeURIComponent(name)}`),
    },
    works: {
      /** Upload a music file as a work: MIDI, MusicXML, ABC, Humdrum or Firmus JSON, told apart by content. It is read in a process of its own, with limits on memory and time. */
      upload: (body: Blob | ArrayBuffer | Uint8Array<ArrayBuffer>, query: { "parent"?: string | null } = {}, headers: { "idempotency-key"?: string | null } = {}): Promise<Work> => send<Work>("POST", `/v1/works`, { body, query, headers }),
      /** List your works, the newest first; jobs of the kind `search` find melodies in them. */
      listed: (query: { "cursor"?: string | null; "limit"?: number; "root"?: string | null; "job"?: string | null; "title"?: string | null; "style"?: string | null; "key"?: string | null } = {}): Promise<PageOfWork> => send<PageOfWork>("GET", `/v1/works`, { query }),
      /** See a work. */
      one: (name: string): Promise<Work> => send<Work>("GET", `/v1/works/${encodeURIComponent(name)}`),
      /** Delete a work with its files, and what derives from it alone: of the job that composed it, of jobs about it. Works that came of it stay. */
      remove: (name: string): Promise<void> => send<void>("DELETE", `/v1/works/${encodeURIComponent(name)}`),
      /** Fetch a work as a file. What nobody has asked for before is made by a job; it is waited for 20 seconds. */
      fetch: (name: string, kind: string, headers: { "if-none-match"?: string | null } = {}): Promise<Response> => fetched("GET", `/v1/works/${encodeURIComponent(name)}/files/${encodeURIComponent(kind)}`, { headers }),
    },
  };
}
