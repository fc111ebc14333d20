"""Analysing sound: what is heard in a recording, and what follows from the notes in it.

The findings are those of `firmus.tasks.analyse.notes`, under the same names; what is heard directly (tempo, beats, key,
loudness) goes before what the transcription says, and no finding is surer than the notes that it rests on.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from firmus.progress import Progress
from firmus.runtime.transcription import Heard, hear
from firmus.tasks.analyse.notes import Analysis, analyse

SURE_METER = 0.5


@dataclass(frozen=True, slots=True)
class SoundAnalysis:
    """What was heard in a sound file, and the analysis of the notes in it."""

    heard: Heard
    analysis: Analysis

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold: those of a Score's analysis, and ``sound``: length, loudness, beats."""
        heard = self.heard
        found = self.analysis.as_dict()
        sure = float(np.mean([note.confidence for note in heard.notes])) if heard.notes else 0.0
        confidence = {name: round(sure * value, 3) for name, value in found["confidence"].items()}
        confidence |= {
            "key": round(heard.key.confidence * min(1.0, sure * 1.25), 3) if heard.key else 0.0,
            "tempo": round(heard.pulse.confidence, 3) if heard.pulse else 0.0,
            "notes": round(sure, 3),
        }
        unknown = {**found["unknown"], **heard.unknown}
        if not heard.notes:
            unknown = dict.fromkeys((*unknown, "key", "meter", "tempo"), heard.unknown["notes"])
        has_meter = self.analysis.meter is not None and confidence["meter"] >= SURE_METER and "tempo" not in unknown
        if not has_meter:
            unknown.setdefault("meter", "no meter can be told from the sound with any certainty")
        return found | {
            "key": heard.key.key.text if heard.key else None,
            "meter": found["meter"] if has_meter else None,
            "tempo": round(heard.pulse.bpm, 1) if heard.pulse and "tempo" not in unknown else None,
            "confidence": confidence,
            "unknown": unknown,
            "sound": self._sound(),
        }

    def _sound(self) -> dict[str, Any]:
        """What is of the sound alone."""
        heard = self.heard
        return {
            "file": heard.name,
            "seconds": round(heard.seconds, 3),
            "begins": round(heard.sounding[0], 3),
            "ends": round(heard.sounding[1], 3),
            "loudness": round(heard.loudness, 1) if np.isfinite(heard.loudness) else None,
            "tuning_cents": round(heard.cents, 1),
            "beats": [round(float(each), 3) for each in heard.pulse.beats] if heard.pulse else [],
            "notes_by": heard.model or None,
        }

    def html(self, language: str = "en") -> str:
        """The analysis as a page, with plots."""
        return self.analysis.html(language, self.as_dict())


def analyse_sound(path: str | os.PathLike[str], progress: Progress | None = None) -> SoundAnalysis:
    """Hear a sound file (WAV, FLAC, MP3, OGG, AIFF); see `firmus.tasks.analyse.notes` for a Score."""
    heard = hear(path, progress=progress)
    return SoundAnalysis(heard, analyse(heard.score))
