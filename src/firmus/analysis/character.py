"""The character of a piece: some twenty numbers that musicians have words for, such as tempo, mode, texture, leaps.

Conventions
    Nothing depends on the key. A number is given in standard deviations from the mean of much real music
    (``assets/tables/character.json``, by ``benchmarks/recommend.py learn``), at most 3 either way; what a piece lacks
    is 0, the mean.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from math import log2

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import features
from firmus.analysis.keys import majorness, pitch_class_profile
from firmus.analysis.traits import names as trait_names
from firmus.analysis.traits import traits
from firmus.score import TICKS_PER_QUARTER, Score

Floats = NDArray[np.float32]
WIDEST = 3.0  # standard deviations
WORDS = {
    "tempo": ("slow tempo", "fast tempo"),
    "notes a second": ("few notes", "many notes"),
    "major": ("minor sound", "major sound"),
    "chromaticism": ("notes of the scale alone", "chromatic notes"),
    "key changes": ("stays in its key", "changes its key"),
    "register": ("low register", "high register"),
    "range": ("narrow range", "wide range"),
    "polyphony": ("thin texture", "full texture"),
    "parts": ("few parts", "many parts"),
    "together": ("independent voices", "voices that move together"),
    "contrary motion": ("outer voices in parallel", "outer voices in contrary motion"),
    "leaps": ("melody in steps", "melody in leaps"),
    "melody notes": ("long notes in the melody", "short notes in the melody"),
    "bass notes": ("still bass", "moving bass"),
    "dotted and uneven": ("even rhythm", "uneven rhythm"),
    "syncopation": ("on the beat", "syncopated"),
    "triple meter": ("duple meter", "triple meter"),
    "compound meter": ("simple meter", "compound meter"),
    "rests": ("hardly any rests", "many rests"),
    "repetition": ("ever new bars", "bars that come back"),
    "loudness": ("soft", "loud"),
    "drums": ("no drums", "drums"),
    "length": ("short", "long"),
}
"""What little and much of each is called."""
TRAITS = {
    "chromaticism": "outside scale", "key changes": "key changes", "together": "together",
    "contrary motion": "outer voices contrary", "leaps": "leaps", "melody notes": "melody notes a quarter",
    "bass notes": "bass notes a quarter", "syncopation": "syncopation", "rests": "silence",
    "repetition": "bars come back", "range": "range", "drums": "drum strokes a quarter",
}  # numbers that are traits as they stand  # fmt: skip


def character(score: Score) -> Floats:
    """The numbers (C,), in the order of `WORDS`, in standard deviations.

    Examples
    --------
    >>> from firmus.score import Note, Part, Tempo
    >>> line = (60, 62, 64, 65, 67, 69, 71, 72) * 4
    >>> part = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line)))
    >>> tune = Score((part,), tempi=(Tempo(0, 60.0),))
    >>> values = dict(zip(WORDS, character(tune), strict=True))
    >>> bool(values["tempo"] < 0 < values["major"])
    True
    """
    mean, deviation = _table()
    measured = measure(score)
    return np.clip((measured - mean) / deviation, -WIDEST, WIDEST).astype(np.float32)


def measure(score: Score) -> Floats:
    """The numbers (C,) as they are measured."""
    found = dict(zip(trait_names(), traits(score).tolist(), strict=True))
    notes = [note for part in score.parts for note in part.notes]
    pitched = [note for part in score.parts if not part.is_drums for note in part.notes]
    seconds = max(features.duration_seconds(score), 0.1)
    meter = score.meters[0]
    values = {name: found[trait] for name, trait in TRAITS.items()} | {
        "tempo": log2(60 * score.end / TICKS_PER_QUARTER / seconds) if score.end else log2(120),
        "notes a second": log2(1 + len(notes) / seconds),
        "major": majorness(np.array(pitch_class_profile(pitched))),
        "register": features.register(score),
        "polyphony": log2(1 + features.polyphony(score)),
        "parts": log2(1 + sum(bool(part.notes) for part in score.parts)),
        "dotted and uneven": 1 - found["melody ratio 1"],
        "triple meter": float(meter.numerator in (3, 9)),
        "compound meter": float(meter.numerator in (6, 9, 12)),
        "loudness": float(np.mean([note.velocity for note in notes])) if notes else 80.0,
        "length": log2(seconds),
    }
    return np.array([values[name] for name in WORDS], np.float32)


@cache
def _table() -> tuple[Floats, Floats]:
    """Mean and standard deviation of each number in much music."""
    text = (resources.files("firmus") / "assets" / "tables" / "character.json").read_text(encoding="utf-8")
    table = json.loads(text)
    rows = np.array([table["numbers"][name] for name in WORDS], np.float32)
    return rows[:, 0], rows[:, 1]
