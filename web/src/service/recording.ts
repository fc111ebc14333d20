// A melody that is hummed into the microphone: recorded, as a WAV file, and the notes that the service finds in it.

import type { Piece } from "../music/score.ts";
import { made, service } from "./service.ts";
import { wav } from "./wav.ts";

const RATE = 22050;
const LONGEST = 20; // seconds
const FINEST = 300; // quarter notes a minute: hummed notes are free of a beat, and short ones are kept on a fine grid

/** A recording that goes on until it is stopped, or for so many seconds. */
export class Recording {
  /** The recording as a WAV file, when it has ended. */
  readonly file: Promise<Blob>;
  #recorder: MediaRecorder;

  private constructor(stream: MediaStream, longest: number) {
    const recorder = (this.#recorder = new MediaRecorder(stream));
    const chunks: Blob[] = [];
    this.file = new Promise<Blob>((done, failed) => {
      recorder.ondataavailable = (event) => chunks.push(event.data);
      recorder.onerror = () => failed(new Error("the recording broke off"));
      recorder.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        decoded(new Blob(chunks)).then((samples) => done(wav(samples, RATE)), failed);
      };
    });
    recorder.start();
    setTimeout(() => this.stop(), 1000 * longest);
  }

  /** Ask for the microphone, and record: without what makes speech clearer, which blurs pitches. */
  static async begin(longest = LONGEST): Promise<Recording> {
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return new Recording(await navigator.mediaDevices.getUserMedia({ audio }), longest);
  }

  stop(): void {
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
  }
}

async function decoded(file: Blob): Promise<Float32Array> {
  const buffer = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await file.arrayBuffer());
  return buffer.getChannelData(0);
}

/** What is heard in a recording, at a tempo or (null) on the beats that are found; neither is kept. */
export async function transcribed(file: Blob, tempo: number | null = FINEST, voices: "one" | "many" = "one"): Promise<Piece> {
  const sound = await service.sounds.upload(file);
  try {
    const job = await service.ask({ kind: "transcribe", brief: { source: { sound: sound.id }, ...(tempo && { tempo }) }, options: { voices } });
    const work = made(job)[0]!;
    const piece = await service.piece(work.id);
    await service.works.remove(work.id).catch(() => undefined);
    return piece;
  } finally {
    await service.sounds.remove(sound.id).catch(() => undefined);
  }
}
