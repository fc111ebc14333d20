// Where an answer comes from: the open piece, a file of music or of sound, the microphone.

import type { ScoreDocument } from "../music/score.ts";
import { toDocument } from "../music/score.ts";
import { Recording, transcribed } from "../service/recording.ts";
import { service } from "../service/service.ts";
import { t } from "../translation/translation.svelte.ts";

export const MUSIC_FILES = ".mid,.midi,.musicxml,.xml,.mxl,.abc,.json,.krn";
export const SOUND_FILES = ".wav,.flac,.ogg,.mp3";

/** The music of a file; a sound is transcribed, as one voice or as many. Neither is kept. */
export async function musicOf(file: File, voices: "one" | "many" = "one"): Promise<ScoreDocument> {
  const isSound = SOUND_FILES.split(",").some((ending) => file.name.toLowerCase().endsWith(ending));
  if (isSound) return toDocument(await transcribed(file, undefined, voices));
  const work = await service.works.upload(file);
  const piece = await service.piece(work.id);
  await service.works.remove(work.id).catch(() => undefined);
  return toDocument(piece);
}

/** Begin to record what is sung or played. */
export function record(longest: number): Promise<Recording> {
  return Recording.begin(longest).catch(() => {
    throw new Error(t("library.noMicrophone"));
  });
}

/** What was recorded, as notes. */
export async function recorded(recording: Recording, voices: "one" | "many" = "one"): Promise<ScoreDocument> {
  const piece = await transcribed(await recording.file, undefined, voices);
  if (!piece.parts.some((part) => part.notes.length)) throw new Error(t("library.nothingHummed"));
  return toDocument(piece);
}
