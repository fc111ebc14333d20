"""Passages: stretches of some bars as a critic hears them, and their features.

Conventions
    A passage is music, not a file (`plain`): full bars on one grid of eighths and twelfths of a quarter note, short
    gaps between notes closed, without loudness, tempo, key, meter and instruments. Its features are what
    `firmus.analysis.composition` measures, and the traits of `firmus.analysis.traits` that neither a file nor its grid,
    meter or key decides.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import composition
from firmus.analysis.excerpt import excerpt
from firmus.analysis.traits import names, traits
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.timing import bars

STEPS = (TICKS_PER_QUARTER // 8, TICKS_PER_QUARTER // 12)
GAP = TICKS_PER_QUARTER // 2  # ticks; a longer silence is a rest
UNFAIR = (
    "note length", "melody sounds", "silence", "in quarter", "in bar", "melody in bar", "drum in quarter", "heard",
    "written", "bar", "pickup", "minor", "ends on tonic", "family", "parts", "busiest part", "quietest part",
    "part range",
)  # traits that a file, a grid, the meter or the key decides  # fmt: skip
FAIR = np.array([not any(name == each or name.startswith(f"{each} ") for each in UNFAIR) for name in names()])
NAMES = (*composition.WHOLE, *(name for name, is_fair in zip(names(), FAIR, strict=True) if is_fair))
"""Names of the features, in order."""


def plain(score: Score, count: int | None = None) -> Score:
    """The full bars of a piece, or so many from its beginning, as music alone.

    Examples
    --------
    >>> score = plain(Score((Part("Flute", (Note(3, 400, 72, 31), Note(485, 480, 74, 99)), program=73),)))
    >>> score.parts[0].notes
    (Note(start=0, duration=480, pitch=72, velocity=80), Note(start=480, duration=480, pitch=74, velocity=80))
    """
    whole = replace(score, parts=tuple(_plain(part) for part in score.parts if part.notes))
    first, length = int(score.pickup > 0), len(bars(whole))
    return excerpt(whole, first, count or length) if length > first else whole


def features(passage: Score) -> NDArray[np.float64]:
    """Features (F,) of a passage, a `plain` score or some bars of one; NaN for what it has nothing of."""
    measured = [each(passage) for each in composition.WHOLE.values()]
    return np.concatenate([measured, traits(passage)[FAIR]]).astype(float)


def _plain(part: Part) -> Part:
    onsets = np.unique([_snapped(note.start) for note in part.notes])
    notes = {}
    for note in part.notes:
        start = _snapped(note.start)
        end = max(_snapped(note.end), start + STEPS[1])
        place = int(np.searchsorted(onsets, end))
        following = int(onsets[place]) if place < len(onsets) else end
        notes[start, note.pitch] = Note(start, (following if following - end < GAP else end) - start, note.pitch)
    return Part("", tuple(notes.values()), is_drums=part.is_drums)


def _snapped(tick: int) -> int:
    """The nearest eighth or twelfth of a quarter note."""
    return min((round(tick / step) * step for step in STEPS), key=lambda near: abs(near - tick))
