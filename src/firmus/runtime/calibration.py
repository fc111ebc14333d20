"""Calibration: nats that steps, durations and chord tones lose or gain, so that parts move as in music of their style.

What it is
    A model that is sampled at a low temperature, under penalties, moves its parts otherwise than the music that it
    learnt: basses leap more, rhythms are plainer. Each pitch loses some nats by how far it is from the note before and
    by what it is of the chord under it, each duration by its length. The table ``assets/tables/calibration.json`` was
    found by composing, counting beside training music, and correcting, a few times (``benchmarks/calibrate.py``).
Paper
    Tilting a model towards moments that are given: M. Khalifa, H. Elsahar & M. Dymetman, *A Distributional Approach to
    Controlled Text Generation* (ICLR 2021); here token by token.
Conventions
    Of the parts with pitches the first is the melody, the last the bass, others are inner. A step is in semitones, up
    or down; the last one stands for all beyond an octave.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from firmus.pitch import QUALITIES
from firmus.tokens.events import vocabulary

ROLES = ("melody", "inner", "bass")
STEPS = 14
LENGTHS = (6, 9, 12, 18, 24, 36, 48, 72, 96)  # steps of time; other durations lose nothing
TONES = ("root", "third", "fifth", "seventh", "none")  # of the chord
SHAPES: Mapping[str, tuple[int, ...]] = {"steps": (STEPS,), "lengths": (len(LENGTHS),), "tones": (2, len(TONES))}
_PLACES = [vocabulary.DURATIONS.index(each) for each in LENGTHS]
_DISTANCES = np.minimum(np.abs(np.arange(128)[:, None] - np.arange(128)), STEPS - 1)


def tone_of(interval: int, quality: str) -> int:
    """Place in `TONES` of a note so many semitones above the root of a chord.

    Examples
    --------
    >>> [TONES[tone_of(interval, "7")] for interval in (0, 4, 10, 22, 5)]
    ['root', 'third', 'seventh', 'seventh', 'none']
    """
    tones = QUALITIES[quality]
    return min(tones.index(interval % 12), 3) if interval % 12 in tones else len(TONES) - 1


_TONES = np.array([[tone_of(pitch - root, quality) for pitch in range(128)] for root, quality in vocabulary.CHORDS])


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Nats that are lost, by role: negative ones are gained.

    Parameters
    ----------
    steps : array (3, 14)
    lengths : array (3, 9)
    tones : array (3, 2, 5)
        Off and on the beat.
    """

    steps: NDArray[np.float64]
    lengths: NDArray[np.float64]
    tones: NDArray[np.float64]

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """Read from a table, which has by kind and role what is not zero.

        Examples
        --------
        >>> Calibration.of({"lengths": {"bass": [0, 0, -1, 0, 0, 0, 0, 0, 2]}}).lengths[2].tolist()
        [0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]
        """
        kinds = [
            np.array([table.get(kind, {}).get(role, np.zeros(shape)) for role in ROLES], float)
            for kind, shape in SHAPES.items()
        ]
        return cls(*kinds)

    def as_dict(self) -> dict[str, dict[str, list[Any]]]:
        """The table, as it is written."""
        kinds: dict[str, dict[str, list[Any]]] = {}
        for kind in SHAPES:
            rows = zip(ROLES, getattr(self, kind).round(2), strict=True)
            kinds[kind] = {role: row.tolist() for role, row in rows if row.any()}
        return {kind: rows for kind, rows in kinds.items() if rows}

    def of_pitches(self, role: int, before: int | None, chord: int | None, *, is_on_beat: bool) -> NDArray[np.float64]:
        """Nats (128,) of each pitch, after another and over a chord symbol, where there are such."""
        lost = np.zeros(128)
        if before is not None:
            lost += self.steps[role][_DISTANCES[before]]
        if chord is not None:
            lost += self.tones[role][int(is_on_beat)][_TONES[chord]]
        return lost

    def of_durations(self, role: int) -> NDArray[np.float64]:
        """Nats (D,) of each duration."""
        lost = np.zeros(len(vocabulary.DURATIONS))
        lost[_PLACES] = self.lengths[role]
        return lost


def role(lane: int, programs: Sequence[int]) -> int:
    """Place in `ROLES` of a part, counted from 1, among the programs of all.

    Examples
    --------
    >>> [ROLES[role(lane, [vocabulary.PROGRAM] * 4)] for lane in (1, 2, 3, 4)]
    ['melody', 'inner', 'inner', 'bass']
    """
    pitched = [place for place, program in enumerate(programs, 1) if program != vocabulary.DRUMS]
    return 0 if lane == pitched[0] else 2 if lane == pitched[-1] else 1


@cache
def calibrations() -> dict[str, Calibration]:
    """Calibrations by style, of those that have one."""
    text = (resources.files("firmus") / "assets" / "tables" / "calibration.json").read_text("utf-8")
    return {style: Calibration.of(table) for style, table in json.loads(text)["styles"].items()}
