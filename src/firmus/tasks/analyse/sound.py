"""Analysing sound: estimates from a recording, and the analysis of its transcription.

The findings are those of `firmus.tasks.analyse.notes`, under the same names; what is estimated from the audio itself
(tempo, beats, key, loudness) takes precedence, and the confidence of the others is limited by that of the transcribed
notes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmus.progress import Progress
from firmus.runtime.transcription import RecordingAnalysis, analyse_recording
from firmus.tasks.analyse.notes import Analysis, analyse

SURE_METER = 0.5


@dataclass(frozen=True, slots=True)
class SoundAnalysis:
    """The analysis of a sound file, and that of the notes in it."""

    recording: RecordingAnalysis
    analysis: Analysis

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold: those of a Score's analysis, and ``sound``: length, loudness, beats."""
        recording = self.recording
        values = self.analysis.as_dict()
        sure = float(np.mean([note.confidence for note in recording.notes])) if recording.notes else 0.0
        confidence = {name: round(sure * value, 3) for name, value in values["confidence"].items()}
        confidence |= {
            "key": round(recording.key.confidence * min(1.0, sure * 1.25), 3) if recording.key else 0.0,
            "tempo": round(recording.pulse.confidence, 3) if recording.pulse else 0.0,
            "notes": round(sure, 3),
        }
        unknown = {**values["unknown"], **recording.unknown}
        if not recording.notes:
            unknown = dict.fromkeys((*unknown, "key", "meter"), recording.unknown["notes"])
            unknown = {**unknown, "tempo": recording.unknown["tempo"]} if "tempo" in recording.unknown else unknown
        has_meter = self.analysis.meter is not None and confidence["meter"] >= SURE_METER and "tempo" not in unknown
        if not has_meter:
            unknown.setdefault("meter", "no meter can be told from the sound with any certainty")
        return values | {
            "key": recording.key.key.text if recording.key else None,
            "meter": values["meter"] if has_meter else None,
            "tempo": round(recording.pulse.bpm, 1) if recording.pulse and "tempo" not in unknown else None,
            "confidence": confidence,
            "unknown": unknown,
            "sound": self._sound(),
        }

    def _sound(self) -> dict[str, Any]:
        """Properties of the audio itself."""
        recording = self.recording
        return {
            "file": recording.name,
            "seconds": round(recording.seconds, 3),
            "begins": round(recording.sounding[0], 3),
            "ends": round(recording.sounding[1], 3),
            "loudness": round(recording.loudness, 1) if np.isfinite(recording.loudness) else None,
            "tuning_cents": round(recording.cents, 1),
            "beats": [round(float(each), 3) for each in recording.pulse.beats] if recording.pulse else [],
            "notes_by": recording.model or None,
        }

    def html(self, language: str = "en") -> str:
        """The analysis as a page, with plots."""
        return self.analysis.html(language, self.as_dict())


def analyse_sound(path: str | os.PathLike[str], progress: Progress | None = None) -> SoundAnalysis:
    """Analyse a sound file (WAV, FLAC, MP3, OGG, AIFF); see `firmus.tasks.analyse.notes` for a Score."""
    recording = analyse_recording(path, progress=progress)
    return SoundAnalysis(recording, analyse(recording.score))
