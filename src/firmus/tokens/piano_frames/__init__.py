"""Music in frames of 25 ms: the keys of a piano that begin, sustain, or are silent.

What it is
    A table of 88 keys: 0 silent, 1 sustains, 1 + v begins with velocity v. It is the target of a transcription model,
    so to `prepare` a score for training is to synthesise it: a random stretch of it, by a random instrument, with human
    timing and a simulated bad recording (`firmus.tokens.piano_frames.augmentation`).
Paper
    Hawthorne et al., *Onsets and Frames: Dual-Objective Piano Transcription* (2018), section 3, for the targets.
Conventions
    A table (T, 88), key 0 is A0 (MIDI 21). Time is that of a clock, not of bars: a table decodes to a score at 100
    quarter notes a minute, in which a frame is 20 ticks. Of notes of one key that overlap the later one cuts the
    earlier one short; drums are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.spectrum import FRAME_SECONDS, HOP, KEYS, LOWEST_KEY, PER_SEMITONE
from firmus.errors import TokenError
from firmus.score import Note, Part, Score, Tempo
from firmus.timing import seconds
from firmus.tokens import Integers, Prepared, Scales

TITLE = "Piano keys heard in frames"
KIND = "sound"
VOCABULARY = 129
PLACES = PARTS = 1
QUARTER = 24  # frames, at the tempo that tables decode to
BPM = 100.0
FRAME_TICKS = 20
MOST_FRAMES = 1 << 16
SILENT, SUSTAINED = 0, 1


@dataclass(frozen=True, slots=True)
class AudioExample:
    """A stretch of audio and its labels.

    Parameters
    ----------
    levels : uint8 array (T, 291)
        As of `firmus.analysis.spectrum.decibels`.
    keys : uint8 array (T, 88)
    """

    levels: NDArray[np.uint8]
    keys: NDArray[np.uint8]


def encode(score: Score) -> Integers:
    """Table (T, 88) of a score.

    Examples
    --------
    >>> table = encode(Score((Part("", (Note(0, 40, 21, 64), Note(40, 20, 22, 90))),), tempi=(Tempo(0, 100.0),)))
    >>> table[:, :2].T.tolist()
    [[65, 1, 0], [0, 0, 91]]
    """
    notes = [note for part in score.parts if not part.is_drums for note in part.notes]
    times = [(seconds(score, note.start), seconds(score, note.end), note.pitch, note.velocity) for note in notes]
    return roll(np.array(times).reshape(-1, 4), seconds(score, score.end))


def roll(notes: NDArray[np.float64], duration: float) -> Integers:
    """Table (T, 88) of notes (N, 4): begin and end in seconds, pitch, velocity.

    Raises
    ------
    TokenError
        Where the sound is too long.
    """
    notes = notes[np.isin(notes[:, 2], range(LOWEST_KEY, LOWEST_KEY + KEYS))]
    spans = np.rint(notes[:, :2] / FRAME_SECONDS).astype(np.int64)
    spans[:, 1] = np.maximum(spans[:, 1], spans[:, 0] + 1)
    frames = int(max(spans[:, 1].max(initial=0), round(duration / FRAME_SECONDS)))
    if frames > MOST_FRAMES:
        raise TokenError(
            f"the score lasts {duration:.0f} s: {MOST_FRAMES * FRAME_SECONDS:.0f} s are the most to be heard"
        )
    table = np.zeros((frames, KEYS), np.int64)
    for note in np.lexsort((notes[:, 2], notes[:, 0])):
        (first, last), key = spans[note], int(notes[note, 2]) - LOWEST_KEY
        after = table[last:, key]
        after[: int(np.argmin(after == SUSTAINED)) if (after != SUSTAINED).any() else len(after)] = SILENT
        table[first, key], table[first + 1 : last, key] = SUSTAINED + int(notes[note, 3]), SUSTAINED
    return table


def decode(values: Integers) -> Score:
    """Score of any array; a key that sustains without an onset is silent."""
    flat = np.asarray(values).astype(np.int64).reshape(-1)
    table = np.clip(flat[: len(flat) // KEYS * KEYS].reshape(-1, KEYS), 0, VOCABULARY - 1)
    notes = []
    for key in range(KEYS):
        column = table[:, key]
        onsets, ends = np.flatnonzero(column > SUSTAINED), np.flatnonzero(np.append(column, SILENT) != SUSTAINED)
        for first in onsets.tolist():
            last = int(ends[np.searchsorted(ends, first, side="right")])
            length = (last - first) * FRAME_TICKS
            notes.append(Note(first * FRAME_TICKS, length, LOWEST_KEY + key, int(column[first]) - SUSTAINED))
    return Score((Part("Piano", tuple(notes)),), tempi=(Tempo(0, BPM),), end=len(table) * FRAME_TICKS)


def quantise(score: Score) -> Score:
    """A Score as the table preserves it."""
    return decode(encode(score))


def prepare(score: Score, style: str = "", derived: bool = False, genre: str = "") -> Prepared:
    """A stretch of a score, synthesised: ``levels`` (T, 291) of its sound and the ``raster`` (T, 88) of its keys.

    Raises
    ------
    TokenError
        Where fewer than four notes are played.
    """
    from firmus.tokens.piano_frames import augmentation

    sound = augmentation.perform(score)
    levels = augmentation.levels(sound)
    table = np.zeros((len(levels), KEYS), np.uint8)
    played = roll(sound.notes, len(sound.samples) / (HOP / FRAME_SECONDS))[: len(table)]
    table[: len(played)] = played
    return {"levels": levels, "raster": table}


def example(
    prepared: Prepared, generator: np.random.Generator, length: int, transpose: bool, scales: Scales | None = None
) -> AudioExample:
    """A stretch of `length` frames, augmented: transposed by up to five semitones, equalised, with noise."""
    levels, keys = prepared["levels"], prepared["raster"]
    first = int(generator.integers(0, max(len(levels) - length, 0) + 1))
    levels, keys = levels[first : first + length], keys[first : first + length]
    short = length - len(levels)
    levels, keys = np.pad(levels, ((0, short), (0, 0))), np.pad(keys, ((0, short), (0, 0)))
    if not transpose:
        return AudioExample(levels, keys)
    shift = int(generator.integers(-5, 6))
    levels, keys = _moved(levels, shift * PER_SEMITONE), _moved(keys, shift)
    bend = np.interp(np.arange(levels.shape[1]), np.linspace(0, levels.shape[1], 6), generator.normal(0, 8, 6))
    floor = generator.uniform(-60, 70)
    noisy = np.maximum(levels + bend, floor + generator.normal(0, 6, levels.shape))
    return AudioExample(np.clip(noisy, 0, 255).astype(np.uint8), keys)


def _moved(table: NDArray[np.uint8], shift: int) -> NDArray[np.uint8]:
    """Columns shifted up by so many; those that leave the table are dropped."""
    moved = np.zeros_like(table)
    if shift > 0:
        moved[:, shift:] = table[:, :-shift]
    elif shift < 0:
        moved[:, :shift] = table[:, -shift:]
    else:
        moved[:] = table
    return moved
