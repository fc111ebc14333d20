"""Valence and arousal, estimated by rule, not learnt from ratings.

Valence follows the mode (how much better the pitch classes fit the nearest major key than the nearest minor one),
arousal the tempo, the density and the loudness, after the findings gathered by Gabrielsson & Lindström (2010) and
Eerola & Vuoskoski (2011). Scaled to -1 to 1 so that half of the training music lies between -0.5 and
0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, tanh

import numpy as np

from firmus.analysis.features import duration_seconds
from firmus.analysis.keys import majorness, pitch_class_profile
from firmus.score import Score

FEWEST_NOTES = 8
LOUDNESS = 40.0  # steps of velocity that count as much as twice the onsets
USUAL_VELOCITY = 80
MIDDLE_AROUSAL, SPREAD_AROUSAL, SPREAD_VALENCE = 1.2, 1.5, 0.25


@dataclass(frozen=True, slots=True)
class Emotion:
    """Valence (sad to happy) and arousal (calm to lively), -1 to 1, and a word for the quadrant."""

    valence: float
    arousal: float
    word: str


def emotion(score: Score) -> Emotion | None:
    """Estimate valence and arousal; None where there are fewer than eight pitched notes.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> tune = tuple(Note(240 * i, 240, 60 + (0, 4, 7, 12)[i % 4], 100) for i in range(32))
    >>> result = emotion(Score((Part("", tune),)))
    >>> result.word if result else None
    'happy'
    """
    pitched = [part for part in score.parts if not part.is_drums and part.notes]
    notes = [note for part in pitched for note in part.notes]
    if len(notes) < FEWEST_NOTES:
        return None
    contrast = majorness(np.array(pitch_class_profile(notes)))
    onsets = sum(len({note.start for note in part.notes}) for part in pitched) / len(pitched)
    pace = log2(max(onsets / max(duration_seconds(score), 1e-3), 1e-3))
    loudness = (float(np.mean([note.velocity for note in notes])) - USUAL_VELOCITY) / LOUDNESS
    valence = tanh(contrast / SPREAD_VALENCE)
    arousal = tanh((pace + loudness - MIDDLE_AROUSAL) / SPREAD_AROUSAL)
    word = ("happy" if arousal >= 0 else "calm") if valence >= 0 else ("tense" if arousal >= 0 else "sad")
    return Emotion(round(valence, 2), round(arousal, 2), word)
