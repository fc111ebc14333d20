"""Four voices on a grid of sixteenths: soprano, alto, tenor, bass of one sixteenth, then of the next.

What it is
    The serialisation on which four-part models are compared: 46 pitches (36 to 81) and a rest, four tokens
    to the sixteenth. Held and repeated notes are not distinguished.
Paper
    Huang et al., *Music Transformer* (2018), section 4.1; data of Boulanger-Lewandowski et al. (2012).
Conventions
    Token 0 is the rest, tokens 1 to 46 are pitches 36 to 81, token 47 starts a piece. A token's slot is that
    of the *next* token, which on a grid is known: time in sixteenths, place in a bar of sixteen, voice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from firmus.errors import TokenError
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.tokens import Example, Integers, Prepared, Scales

TITLE = "Grid of sixteenths, four voices"
KIND = "sequence"
LOWEST, HIGHEST = 36, 81
REST, START = 0, HIGHEST - LOWEST + 2
VOCABULARY = START + 1
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
PARTS = len(VOICES)
PLACES = 16
QUARTER = 4
STEP = TICKS_PER_QUARTER // QUARTER
CHOIR = 52  # General MIDI program, counted from 0


def encode(score: Score) -> Integers:
    """Tokens (1 + 4 S,) of a score of at most four parts, S sixteenths long; pitches move by octaves into range.

    Raises
    ------
    TokenError
        Where the score has more than four parts, or drums.

    Examples
    --------
    >>> encode(Score((Part("Soprano", (Note(0, 240, 72),)),))).tolist()
    [47, 37, 0, 0, 0, 37, 0, 0, 0]
    """
    raster = prepare(score)["raster"]
    return np.concatenate([[START], raster.reshape(-1)])


def slots(tokens: Integers) -> Integers:
    """Slot (T, 3) of the token after each."""
    step, voice = np.divmod(np.arange(len(tokens)), PARTS)
    return np.stack([step, step % PLACES, voice], axis=1)


def decode(tokens: Integers) -> Score:
    """Score of any array: a rest wherever a token is no pitch, an incomplete last sixteenth left out."""
    tokens = np.asarray(tokens).astype(np.int64).reshape(-1)
    if len(tokens) and tokens[0] == START:
        tokens = tokens[1:]
    raster = tokens[: len(tokens) // PARTS * PARTS].reshape(-1, PARTS)
    return Score(
        tuple(Part(name, _runs(raster[:, voice]), program=CHOIR) for voice, name in enumerate(VOICES)),
        end=len(raster) * STEP,
    )


def _runs(line: Integers) -> tuple[Note, ...]:
    """Notes of one voice: each run of the same pitch is one note."""
    borders = np.flatnonzero(np.diff(line)) + 1
    starts, ends = np.r_[0, borders], np.r_[borders, len(line)]
    return tuple(
        Note(int(start) * STEP, int(end - start) * STEP, int(line[start]) - 1 + LOWEST)
        for start, end in zip(starts, ends, strict=True)
        if start < len(line) and REST < line[start] < START
    )


def quantise(score: Score) -> Score:
    """A Score as the grid preserves it: pitches at every sixteenth, no repeated notes, no meter, key or tempo."""
    return decode(encode(score))


def prepare(score: Score, style: str = "", derived: bool = False, genre: str = "") -> Prepared:
    """Raster (S, 4) of tokens; where notes of a part overlap, the higher sounds; style and chords are not kept."""
    if len(score.parts) > PARTS or any(part.is_drums for part in score.parts):
        raise TokenError(f"{len(score.parts)} parts: the grid holds four voices at most, and no drums")
    steps = -(-score.end // STEP)
    raster = np.zeros((steps, PARTS), np.int16)
    for voice, part in enumerate(score.parts):
        for note in part.notes:
            pitch = note.pitch
            pitch += 12 * max(0, -((pitch - LOWEST) // 12)) - 12 * max(0, (pitch - HIGHEST + 11) // 12)
            first = round(note.start / STEP)
            last = max(round(note.end / STEP), first + 1)
            cells = raster[first:last, voice]
            np.maximum(cells, pitch - LOWEST + 1, out=cells)
    return {"raster": raster}


def scales(pieces: Sequence[Prepared], length: int) -> Scales:
    """Nothing: the grid has no controls."""
    return {}


def example(
    prepared: Prepared,
    generator: np.random.Generator,
    length: int,
    transpose: bool = True,
    scales: Scales | None = None,
) -> Example:
    """Cut `length` tokens at random, in a random key within the range of the grid."""
    raster = prepared["raster"].astype(np.int64)
    if transpose:
        pitches = raster[raster > REST]
        low, high = (int(pitches.min()), int(pitches.max())) if len(pitches) else (1, START - 1)
        shift = int(generator.integers(max(1 - low, -6), min(START - 1 - high, 6) + 1))
        raster = np.where(raster > REST, raster + shift, REST)
    tokens = np.concatenate([[START], raster.reshape(-1)])
    where = slots(tokens)
    first = PARTS * int(generator.integers(0, max(0, len(raster) - length // PARTS) + 1))
    chosen = slice(first, first + length)
    tokens, where = tokens[chosen], where[chosen]
    given = np.zeros(len(tokens), bool)
    given[0] = True
    return Example(tokens, where, given)
