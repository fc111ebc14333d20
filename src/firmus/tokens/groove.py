"""Drums on a grid of sixteenths: which are hit together, and velocity and microtiming of each.

What it is
    A groove of nine drums as 19 values a step: one for the drums hit together, and for each drum a class of velocity
    and one of timing. With the first column alone a groove is quantised and flat; the others humanise it.
Paper
    Gillick et al., *Learning to Groove with Inverse Sequence Transformations* (2019), section 3.1: nine drums, hits,
    velocities and offsets; here in classes, so that a rare accent is drawn as one and not averaged away.
Conventions
    A raster (S, 19). Column 0: a bit for each of `DRUMS`. Columns 1 to 9: 0 no hit, 1 to 8 velocities 1 to 127 in
    equal classes. Columns 10 to 18: 0 no hit, 1 to 8 timing from 1/8 to just under 1/8 of a quarter early to late.
    Drums of General MIDI outside the nine are mapped to their nearest, or are left out. All notes last a 32nd.
"""

from __future__ import annotations

import numpy as np

from firmus import raster
from firmus.drums import DRUMS, LENGTH, SETS, decode_sets, encode_sets, strokes
from firmus.score import Note, Part, Score
from firmus.tokens import Integers, Prepared, Window

TITLE = "Groove: nine drums, loudness and timing"
KIND = "raster"
QUARTER = raster.QUARTER
PLACES = raster.LONGEST_BAR
PARTS = 1
NAMES = ("Drums",)
CLASSES = 8
COLUMNS = (SETS, *[1 + CLASSES] * (2 * len(DRUMS)))
VOCABULARY = COLUMNS[0]
TIMING = raster.STEP // CLASSES  # ticks of a class of timing
USUAL = 6  # default class of velocity


def encode(score: Score) -> Integers:
    """Raster (S, 19) of all drum parts of a score; of two hits of a drum in one step, the louder.

    Examples
    --------
    >>> kick, hat = Note(0, 60, 36, 100), Note(15, 60, 42, 40)
    >>> row = encode(Score((Part("Drums", (kick, hat), is_drums=True),), end=120))[0]
    >>> int(row[0]), row[1:4].tolist(), row[10:13].tolist()
    (5, [7, 0, 3], [5, 0, 6])
    """
    count = raster.steps(score)
    loud, late = np.moveaxis(strokes(score, count), -1, 0)
    late = late // TIMING
    late[:1] = np.maximum(late[:1], 0)  # no onset before the beginning
    struck = loud > 0
    classes = np.where(struck, 1 + loud // 16, 0), np.where(struck, 1 + CLASSES // 2 + late, 0)
    return np.concatenate([encode_sets(struck)[:, None], *classes], axis=1).astype(np.int16)


def decode(values: Integers) -> Score:
    """Score of a drum part out of any array, invalid classes replaced by middle ones; the inverse of `encode`."""
    table = raster.table(values, len(COLUMNS))
    notes = []
    for step, place in np.argwhere(decode_sets(table[:, 0])):
        loud, when = (int(table[step, 1 + place + offset]) for offset in (0, len(DRUMS)))
        loud = loud if 1 <= loud <= CLASSES else USUAL
        late = when - CLASSES // 2 - 1 if 1 <= when <= CLASSES else 0
        start = max(int(step) * raster.STEP + late * TIMING, 0)
        notes.append(Note(start, LENGTH, DRUMS[place], 16 * loud - 8))
    return Score((Part(NAMES[0], tuple(notes), is_drums=True),), end=len(table) * raster.STEP)


def quantise(score: Score) -> Score:
    """A Score as the raster preserves it."""
    return decode(encode(score))


def prepare(score: Score, style: str = "", derived: bool = False, genre: str = "") -> Prepared:
    """The raster and where its bars begin."""
    return raster.packed(encode(score), score, style)


def cut(prepared: Prepared, generator: np.random.Generator, bars: int, transpose: bool = True) -> Window | None:
    """A random window in which a drum sounds in every bar."""
    drawn = raster.draw(prepared, generator, bars)
    if drawn is None:
        return None
    sounding = (drawn[0].values[:, 0] > 0).reshape(bars, -1).any(axis=1)
    return drawn[0] if sounding.all() else None
