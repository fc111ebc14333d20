"""Traits: features of a piece from which its style is recognised; a few hundred named numbers.

Conventions
    Numbers of a kind are shares that add up to 1 (durations, intervals, places in the bar ...), or lie near 0 to 3.
    Nothing depends on the key (the piece is transposed to C first, see `firmus.analysis.key_normalised`), on tempo
    marks, loudness, words, titles or the kind of file; nothing on how long the piece is, but for chance. Instruments
    affect the traits of `instruments` alone, so that they can be left out: the others see a drum part as drums, and
    every other note as a pitch. What a piece lacks is 0.
Sources
    The kinds of traits are those of C. McKay & I. Fujinaga, *jSymbolic 2.2* (ISMIR 2018), section 3 (pitch, melody,
    chords, rhythm, instruments, texture); chords, keys, grooves and meters are those that the modules of that name
    estimate.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.key_normalised import normalise
from firmus.analysis.traits.pitch import pitch_traits
from firmus.analysis.traits.rhythm import rhythm_traits
from firmus.score import Score

FAMILIES = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed", "pipe",
    "synthesizer lead", "synthesizer pad", "synthesizer effects", "ethnic", "percussive", "sound effects",
)  # of General MIDI, eight programs each  # fmt: skip
PARTS = (1, 2, 3, 4, 5, 8)  # a piece has so many parts, or more up to the next


def traits(score: Score) -> NDArray[np.float32]:
    """Every trait of a Score, in the order of `names`.

    Returns
    -------
    array (F,)
        All finite.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> line = [67, 69, 71, 72, 74, 71, 66, 67] * 4
    >>> tune = Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))),))
    >>> values = dict(zip(names(), traits(tune).tolist()))
    >>> values["minor"], values["melody length 1"], values["family piano"]
    (0.0, 1.0, 1.0)
    >>> bool((traits(tune) == traits(tune.transposed(5))).all())
    True
    """
    return np.nan_to_num(np.array(list(_measured(score).values()), np.float32), posinf=0.0, neginf=0.0)


@cache
def names() -> tuple[str, ...]:
    """Names of the traits, in order."""
    return tuple(_measured(Score()))


@cache
def instruments() -> NDArray[np.bool_]:
    """Which traits (F,) describe the instruments, which may be wrong in a file."""
    chosen = set(_instruments(Score()))
    return np.array([name in chosen for name in names()])


def _measured(score: Score) -> dict[str, float]:
    normalised = normalise(score)
    return pitch_traits(normalised) | rhythm_traits(normalised) | _instruments(score)


def _instruments(score: Score) -> dict[str, float]:
    """Share of the notes in each family of instruments and in drums, and how many parts there are."""
    counts = np.zeros(len(FAMILIES) + 1)
    sounding = [part for part in score.parts if part.notes]
    for part in sounding:
        counts[len(FAMILIES) if part.is_drums else part.program // 8] += len(part.notes)
    shares = counts / max(counts.sum(), 1)
    is_class = [float(low <= len(sounding) < high) for low, high in zip(PARTS, (*PARTS[1:], 999), strict=True)]
    return {
        **dict(zip((f"family {name}" for name in (*FAMILIES, "drums")), shares.tolist(), strict=True)),
        **dict(zip((f"parts {count}" for count in PARTS), is_class, strict=True)),
    }
