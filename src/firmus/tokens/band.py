"""A band as a piano roll: five instruments, at each sixteenth the pitches that are struck and that sound on.

What it is
    Pictures, 128 pitches high: what the adversarial networks paint (`firmus.models.gan` and its kin).
Paper
    Dong et al., *MuseGAN: Multi-track Sequential Generative Adversarial Networks* (2018), section 4.1: drums, bass,
    guitar, piano, strings; here with a second plane for what is struck, so that repeated notes stay repeated.
Conventions
    A raster (S, 5 · 128 + 1): 0 silence, 1 a pitch sounds on, 2 it is struck; drums are only struck. The last column is
    the chord symbol: 0 none, else 1 + 12 · quality + root. Every part of a score belongs to the one of the five that
    its General MIDI program says. Velocities and the basses of chords are not kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmus import pitch, raster
from firmus.analysis.melody import BASSES
from firmus.drums import LENGTH
from firmus.score import Chord, Note, Part, Score
from firmus.tokens import Integers, Prepared, Window

TITLE = "Band of five as a piano roll"
KIND = "raster"
QUARTER = raster.QUARTER
PLACES = raster.LONGEST_BAR
PARTS = 5
NAMES = ("Drums", "Bass", "Guitar", "Keys", "Strings")
PROGRAMS = (0, 33, 29, 4, 48)  # fingered bass, overdriven guitar, electric piano, string ensemble
PITCHES = 128
SILENT, SOUNDING, STRUCK = 0, 1, 2
VOCABULARY = 1 + 12 * len(pitch.QUALITIES)
CELLS = PARTS * PITCHES
QUALITIES = tuple(pitch.QUALITIES)
CHORDS = 1 + 12 * len(QUALITIES)
COLUMNS = (*[3] * CELLS, CHORDS)
ROOTS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
MOST_STEPS = 1 << 13  # 512 bars


def instrument(part: Part) -> int:
    """Which of the five a part belongs to: bass, guitars, keyboards and bells, or all that sing and blow."""
    if part.is_drums:
        return 0
    if part.program in BASSES:
        return 1
    return 2 if part.program in range(24, 32) else 3 if part.program < 24 else 4


def encode(score: Score) -> Integers:
    """Raster (S, 641) of a score.

    Examples
    --------
    >>> roll = encode(Score((Part("", (Note(0, 360, 40),), 33),), end=480))
    >>> roll[:, 128 + 40].tolist()
    [2, 1, 1, 0]
    """
    count = raster.steps(score, MOST_STEPS)
    return np.concatenate([_roll(score, count).reshape(count, CELLS), _chords(score, count)[:, None]], axis=1)


def _chords(score: Score, count: int) -> NDArray[np.int16]:
    """Chord (S,) that holds at each step."""
    lane = np.zeros(count, np.int16)
    for chord in score.chords:
        known = chord.root != pitch.NO_CHORD
        place = QUALITIES.index(chord.quality) * 12 + pitch.pitch_class(chord.root) + 1 if known else 0
        lane[raster.nearest(chord.start) :] = place
    return lane


def _roll(score: Score, count: int) -> NDArray[np.int16]:
    roll = np.zeros((count, PARTS, PITCHES), np.int16)
    for part in score.parts:
        row = instrument(part)
        for note in part.notes:
            first, last = raster.nearest(note.start), raster.nearest(note.end)
            if first < count:
                if row:
                    cells = roll[first + 1 : last, row, note.pitch]
                    np.maximum(cells, SOUNDING, out=cells)
                roll[first, row, note.pitch] = STRUCK
    return roll


def decode(values: Integers) -> Score:
    """Score of five parts out of any array; a pitch that sounds on without having been struck is struck there."""
    table = raster.table(values, len(COLUMNS))
    roll = table[:, :CELLS].reshape(-1, PARTS, PITCHES)
    notes: list[list[Note]] = [[] for _ in NAMES]
    sounding = (roll == SOUNDING) | (roll == STRUCK)
    before = np.concatenate([np.zeros_like(sounding[:1]), sounding[:-1]])
    begins = (roll == STRUCK) | (sounding & ~before)
    begins[:, 0] = roll[:, 0] == STRUCK
    for row in range(PARTS):
        for key in np.flatnonzero(begins[:, row].any(axis=0)).tolist():
            stops = np.flatnonzero(begins[:, row, key] | ~sounding[:, row, key])
            for start in np.flatnonzero(begins[:, row, key]).tolist():
                later = stops[np.searchsorted(stops, start, side="right") :]
                stop = int(later[0]) if len(later) else len(roll)
                length = (stop - start) * raster.STEP if row else LENGTH
                notes[row].append(Note(start * raster.STEP, length, key))
    parts = (Part(name, tuple(notes[i]), PROGRAMS[i], is_drums=i == 0) for i, name in enumerate(NAMES))
    return Score(tuple(parts), chords=_symbols(table[:, CELLS]), end=len(roll) * raster.STEP)


def _symbols(lane: Integers) -> tuple[Chord, ...]:
    """Chord symbols of a lane (S,), one where it changes."""
    lane = np.where((lane < 0) | (lane >= CHORDS), 0, lane)
    found = []
    for step in np.flatnonzero(np.diff(lane, prepend=0)).tolist():
        quality, root = divmod(int(lane[step]) - 1, 12)
        known = lane[step] > 0
        chord = Chord(step * raster.STEP, ROOTS[root], QUALITIES[quality]) if known else None
        found.append(chord or Chord(step * raster.STEP, pitch.NO_CHORD))
    return tuple(found)


def quantise(score: Score) -> Score:
    """What the raster keeps."""
    return decode(encode(score))


def prepare(score: Score, style: str = "", derived: bool = False) -> Prepared:
    """The cells that are not silent, as places and values, and where its bars begin."""
    table = encode(score)
    roll = table[:, :CELLS].reshape(-1)
    cells = np.flatnonzero(roll).astype(np.uint32)
    return raster.packed(table[:, CELLS:], score, style) | {"cells": cells, "values": roll[cells].astype(np.uint8)}


def cut(prepared: Prepared, generator: np.random.Generator, bars: int, transpose: bool = True) -> Window | None:
    """A random window in a random key, in which at least two of the five play; None where the drawn one does not."""
    drawn = raster.draw(prepared, generator, bars)
    if drawn is None:
        return None
    window, before = drawn
    first, count = len(before), len(window.values)
    low, high = np.searchsorted(prepared["cells"], [first * CELLS, (first + count) * CELLS])
    roll = np.zeros(count * CELLS, np.int64)
    roll[prepared["cells"][low:high] - first * CELLS] = prepared["values"][low:high]
    shift = int(generator.integers(-6, 7)) if transpose else 0
    shifted = moved(roll.reshape(-1, PARTS, PITCHES), shift)
    if (shifted > SILENT).any(axis=(0, 2)).sum() < 2:
        return None
    lane = window.values[:, 0]
    lane = np.where(lane > 0, (lane - 1) // 12 * 12 + (lane - 1 + shift) % 12 + 1, 0)
    return Window(np.concatenate([shifted.reshape(count, -1), lane[:, None]], axis=1), window.bar, window.style)


def moved(roll: Integers, shift: int) -> Integers:
    """A roll (T, 5, 128), all but the drums moved by semitones; what leaves the range falls silent."""
    new = np.zeros_like(roll)
    new[:, 0] = roll[:, 0]
    target, source = slice(max(shift, 0), PITCHES + min(shift, 0)), slice(max(-shift, 0), PITCHES + min(-shift, 0))
    new[:, 1:, target] = roll[:, 1:, source]
    return new
