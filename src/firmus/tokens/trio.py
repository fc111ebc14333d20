"""A trio on a grid of sixteenths: melody, bass and drums.

What it is
    Three values a step: those of `firmus.tokens.melody` for the melody and for the bass, and the drums hit together.
Paper
    Roberts et al., *A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music* (2018), section 4.1.
Conventions
    A raster (S, 3). Of a score the melody part, the bass part and all drums are read; velocities and timing
    are not kept.
"""

from __future__ import annotations

import numpy as np

from firmus import raster
from firmus.analysis.melody import bass_part, melody_part
from firmus.drums import SETS, encode_sets, strokes, to_notes
from firmus.score import Part, Score
from firmus.tokens import Integers, Prepared, Window

TITLE = "Trio of melody, bass and drums"
KIND = "raster"
QUARTER = raster.QUARTER
PLACES = raster.LONGEST_BAR
PARTS = 3
NAMES = ("Melody", "Bass", "Drums")
COLUMNS = (raster.LINE, raster.LINE, SETS)
VOCABULARY = COLUMNS[2]
PROGRAMS = (80, 33, 0)  # square lead, fingered bass


def encode(score: Score) -> Integers:
    """Raster (S, 3) of a score.

    Examples
    --------
    >>> from firmus.score import Note
    >>> melody, bass = Part("", (Note(0, 240, 60),)), Part("", (Note(0, 480, 36),), 33)
    >>> drums = Part("", (Note(240, 60, 36),), is_drums=True)
    >>> encode(Score((melody, bass, drums), end=480)).T.tolist()
    [[41, 0, 1, 0], [17, 0, 0, 0], [0, 0, 1, 0]]
    """
    count = raster.steps(score)
    melody, bass = melody_part(score, even_a_bass=False), bass_part(score)
    high = raster.to_line(melody.notes if melody else (), count)
    low = raster.to_line(bass.notes if bass else (), count, lowest=True)
    return np.stack([high, low, encode_sets(strokes(score, count)[..., 0] > 0)], axis=1)


def decode(values: Integers) -> Score:
    """Score of three parts out of any array; the inverse of `encode`."""
    table = raster.table(values, PARTS)
    notes = raster.from_line(table[:, 0]), raster.from_line(table[:, 1]), to_notes(table[:, 2])
    parts = (Part(name, notes[i], PROGRAMS[i], is_drums=i == PARTS - 1) for i, name in enumerate(NAMES))
    return Score(tuple(parts), end=len(table) * raster.STEP)


def quantise(score: Score) -> Score:
    """A Score as the raster preserves it."""
    return decode(encode(score))


def prepare(score: Score, style: str = "", derived: bool = False, genre: str = "") -> Prepared:
    """The raster and where its bars begin."""
    return raster.packed(encode(score), score, style)


def cut(prepared: Prepared, generator: np.random.Generator, bars: int, transpose: bool = True) -> Window | None:
    """A random window in a random key, in which each of the three sounds; None where the drawn one does not."""
    drawn = raster.draw(prepared, generator, bars)
    if drawn is None:
        return None
    window, before = drawn
    shift = int(generator.integers(-6, 7)) if transpose else 0
    lines = [raster.moved(raster.begun(window.values[:, i], before[:, i]), shift) for i in (0, 1)]
    values = np.stack([*lines, window.values[:, 2]], axis=1)
    sounds = (values[:, :2] >= raster.FIRST).any(axis=0).all() and values[:, 2].any()
    return Window(values, window.bar, window.style) if sounds else None
