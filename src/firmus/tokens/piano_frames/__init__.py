"""What is heard of music in frames of 25 ms: the keys of a piano that begin, go on, or are silent.

What it is
    A table of 88 keys: 0 silent, 1 goes on sounding, 1 + v begins with velocity v. It is what a transcriber is taught
    to say of sound, so to `prepare` a score for training is to play it: a random stretch of it, by a random instrument,
    as a person would and as a bad microphone hears it (`firmus.tokens.piano_frames.augmentation`).
Paper
    Hawthorne et al., *Onsets and Frames: Dual-Objective Piano Transcription* (2018), section 3, for what is taught.
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
SILENT, GOES_ON = 0, 1


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of sound and what sounds in it.

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


def roll(notes: NDArray[np.float64], lasts: float) -> Integers:
    """Table (T, 88) of notes (N, 4): begin and end in seconds, pitch, velocity.

    Raises
    ------
    TokenError
        Where the sound is too long.
    """
    notes = notes[np.isin(notes[:, 2], range(LOWEST_KEY, LOWEST_KEY + KEYS))]
    spans = np.rint(notes[:, :2] / FRAME_SECONDS).astype(np.int64)
    spans[:, 1] = np.maximum(spans[:, 1], spans[:, 0] + 1)
    frames = int(max(spans[:, 1].max(initial=0), round(lasts / FRAME_SECONDS)))
    if frames > MOST_FRAMES:
        raise TokenError(f"the score lasts {lasts:.0f} s: {MOST_FRAMES * FRAME_SECONDS:.0f} s are the most to be heard")
    table = np.zeros((frames, KEYS), np.int64)
    for note in np.lexsort((notes[:, 2], notes[:, 0])):
        (first, last), key = spans[note], int(notes[note, 2]) - LOWEST_KEY
        after = table[last:, key]
        after[: int(np.argmin(after == GOES_ON)) if (after != GOES_ON).any() else len(after)] = SILENT
        table[first, key], table[first + 1 : last, key] = GOES_ON + int(notes[note, 3]), GOES_ON
    return table


def decode(values: Integers) -> Score:
    """Score of any array; what goes on without having begun is silent."""
    flat = np.asarray(values).astype(np.int64).reshape(-1)
    table = np.clip(flat[: len(flat) // KEYS * KEYS].reshape(-1, KEYS), 0, VOCABULARY - 1)
    notes = []
    for key in range(KEYS):
        column = table[:, key]
        onsets, ends = np.flatnonzero(column > GOES_ON), np.flatnonzero(np.append(column, SILENT) != GOES_ON)
        for first in onsets.tolist():
            last = int(ends[np.searchsorted(ends, first, side="right")])
            length = (last - first) * FRAME_TICKS
            notes.append(Note(first * FRAME_TICKS, length, LOWEST_KEY + key, int(column[first]) - GOES_ON))
    return Score((Part("Piano", tuple(notes)),), tempi=(Tempo(0, BPM),), end=len(table) * FRAME_TICKS)


def quantise(score: Score) -> Score:
    """What the table keeps."""
    return decode(encode(score))


def prepare(score: Score, style: str = "", derived: bool = False) -> Prepared:
    """A stretch of a score, played: ``levels`` (T, 291) of its sound and the ``raster`` (T, 88) of its keys.

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
) -> Heard:
    """A stretch of `length` frames, moved by up to five semitones, darker or brighter, with more or less noise."""
    levels, keys = prepared["levels"], prepared["raster"]
    first = int(generator.integers(0, max(len(levels) - length, 0) + 1))
    levels, keys = levels[first : first + length], keys[first : first + length]
    short = length - len(levels)
    levels, keys = np.pad(levels, ((0, short), (0, 0))), np.pad(keys, ((0, short), (0, 0)))
    if not transpose:
        return Heard(levels, keys)
    shift = int(generator.integers(-5, 6))
    levels, keys = _moved(levels, shift * PER_SEMITONE), _moved(keys, shift)
    bend = np.interp(np.arange(levels.shape[1]), np.linspace(0, levels.shape[1], 6), generator.normal(0, 8, 6))
    floor = generator.uniform(-60, 70)
    noisy = np.maximum(levels + bend, floor + generator.normal(0, 6, levels.shape))
    return Heard(np.clip(noisy, 0, 255).astype(np.uint8), keys)


def _moved(table: NDArray[np.uint8], shift: int) -> NDArray[np.uint8]:
    """Columns moved up by so many; what leaves is lost."""
    moved = np.zeros_like(table)
    if shift > 0:
        moved[:, shift:] = table[:, :-shift]
    elif shift < 0:
        moved[:, :shift] = table[:, -shift:]
    else:
        moved[:] = table
    return moved
