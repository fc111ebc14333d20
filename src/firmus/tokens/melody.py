"""A melody on a grid of sixteenths: at each step a pitch begins, a rest begins, or nothing changes.

What it is
    One voice, 90 values a step, as `firmus.models.vae` encodes and interpolates.
Paper
    Roberts et al., *A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music* (2018), section 4.1,
    with the pitches of a piano.
Conventions
    A raster (S, 1): 0 no change, 1 a rest begins, 2 to 89 pitches 21 to 108. Of a score with several parts the
    melody is read, of several notes at once the highest. Velocities, meter, key and tempo are not kept.
"""

from __future__ import annotations

import numpy as np

from firmus import raster
from firmus.analysis.melody import melody_part
from firmus.score import Part, Score
from firmus.tokens import Integers, Prepared, Window

TITLE = "Melody on a grid of sixteenths"
KIND = "raster"
QUARTER = raster.QUARTER
PLACES = raster.LONGEST_BAR
PARTS = 1
VOCABULARY = raster.LINE
COLUMNS = (raster.LINE,)
NAMES = ("Melody",)
FLUTE = 73  # General MIDI program, counted from 0


def encode(score: Score) -> Integers:
    """Raster (S, 1) of the melody of a score.

    Examples
    --------
    >>> from firmus.score import Note
    >>> encode(Score((Part("", (Note(0, 240, 60), Note(240, 120, 62))),), end=480)).ravel().tolist()
    [41, 0, 43, 1]
    """
    part = melody_part(score)
    return raster.to_line(part.notes if part else (), raster.steps(score))[:, None]


def decode(values: Integers) -> Score:
    """Score of one part out of any array; the inverse of `encode`."""
    line = np.asarray(values).astype(np.int64).reshape(-1)
    return Score((Part(NAMES[0], raster.from_line(line), program=FLUTE),), end=len(line) * raster.STEP)


def quantise(score: Score) -> Score:
    """A Score as the raster preserves it."""
    return decode(encode(score))


def prepare(score: Score, style: str = "", derived: bool = False, genre: str = "") -> Prepared:
    """The raster and where its bars begin."""
    return raster.packed(encode(score).astype(np.int16), score, style)


def cut(prepared: Prepared, generator: np.random.Generator, bars: int, transpose: bool = True) -> Window | None:
    """A random window in a random key."""
    drawn = raster.draw(prepared, generator, bars)
    if drawn is None:
        return None
    window, before = drawn
    shift = int(generator.integers(-6, 7)) if transpose else 0
    line = raster.moved(raster.begun(window.values[:, 0], before[:, 0]), shift)
    return Window(line[:, None], window.bar, window.style)
