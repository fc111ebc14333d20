"""Notes as triples of arrival time, duration, and instrument with pitch, on a clock of 10 ms.

What it is
    What the Anticipatory Music Transformer reads and writes, and models that were trained like it. Firmus trains none:
    it plays those that a person has (`firmus.engines`), so this file holds the code, and nothing that training needs.
Paper
    Thickstun, Hall, Donahue and Liang, *Anticipatory Music Transformer* (2023, arXiv 2306.08620): section 2 for the
    triples and the rests, section 3 for anticipation, and the numbers of the vocabulary as its published models have
    them.
Conventions
    A line of tokens (T,): a flag, which says whether notes are told ahead of their time, then three tokens a note.
    ``TIME`` + 10 ms since the beginning, below 100 s; ``DURATION`` + 10 ms, below 10 s; ``NOTE`` + 128 × instrument
    + pitch, where the instruments are the 128 programs of General MIDI and the drums. A note that is known beforehand
    (a *control*) has the same three numbers ``CONTROL`` higher, and stands before its time. Where nothing begins for a
    second, a rest stands: time, no duration, ``REST``. Velocities, meter, key and tempo are not kept: a line decodes to
    a score at 125 quarter notes a minute, in which 10 ms are 10 ticks, and each instrument is one part.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from firmus.errors import TokenError
from firmus.render.instruments import PROGRAMS
from firmus.score import Note, Part, Score, Tempo
from firmus.timing import seconds
from firmus.tokens import Integers

TITLE = "Arrival times of notes (Anticipatory Music Transformer)"
KIND = "borrowed"
STEPS = 100  # a second
TIMES, DURATIONS, PITCHES, DRUMS = 10_000, 1_000, 128, 128
INSTRUMENTS = DRUMS + 1
NOTES = INSTRUMENTS * PITCHES
TIME = 0
DURATION = TIME + TIMES
NOTE = DURATION + DURATIONS
REST = NOTE + NOTES
CONTROL = REST + 1  # what is known beforehand has its numbers so much higher
SEPARATOR = CONTROL + REST
AUTOREGRESS, ANTICIPATE = SEPARATOR + 1, SEPARATOR + 2  # flags: nothing is told ahead; something is
VOCABULARY = ANTICIPATE + 1
PLACES = PARTS = 1
QUARTER = 48  # steps, at the tempo that lines decode to
BPM, STEP_TICKS = 125.0, 10
RESTS_AFTER = STEPS  # steps in which something begins, if only a rest
AHEAD = 5 * STEPS  # how long before its time a control is told


def encode(score: Score) -> Integers:
    """Tokens (T,) of a whole piece, none of it told ahead.

    Raises
    ------
    TokenError
        Where a note begins after 100 seconds.

    Examples
    --------
    >>> encode(Score((Part("", (Note(0, 480, 60), Note(480, 480, 64))),))).tolist()
    [55026, 0, 10050, 11060, 50, 10050, 11064]
    """
    rows = triples(score)
    if len(rows) and rows[-1, 0] >= TIMES:
        raise TokenError(
            f"a note begins after {rows[-1, 0] / STEPS:.0f} s: arrival times are those of {TIMES // STEPS} s"
        )
    return np.concatenate([[AUTOREGRESS], tokens(with_rests(rows))])


def decode(values: Integers) -> Score:
    """Score of any array: every three tokens that are a note, known beforehand or not; whatever else stands there."""
    line = np.asarray(values).astype(np.int64).reshape(-1)
    kinds = np.searchsorted([TIME, DURATION, NOTE, REST], line % CONTROL, side="right")
    kinds[(line < 0) | (line >= SEPARATOR)] = 0
    block = line // CONTROL
    found = []
    place = 0
    while place + 2 < len(line):
        if kinds[place : place + 3].tolist() == [1, 2, 3] and len(set(block[place : place + 3].tolist())) == 1:
            found.append(line[place : place + 3] - block[place] * CONTROL - [TIME, DURATION, NOTE])
            place += 3
        else:
            place += 1
    return _score(np.array(found, np.int64).reshape(-1, 3))


def quantise(score: Score) -> Score:
    """What the tokens keep."""
    return decode(encode(score))


def triples(score: Score) -> Integers:
    """Rows (N, 3) of a score's notes in order: arrival in steps, however late; duration, 1 to 999; note, 0 to 16,511.

    Examples
    --------
    >>> triples(Score((Part("", (Note(960, 240, 36),), is_drums=True),))).tolist()
    [[100, 25, 16420]]
    """
    rows = [
        (begins, min(max(round(STEPS * seconds(score, note.end)) - begins, 1), DURATIONS - 1),
         PITCHES * instrument(part) + note.pitch)
        for part in score.parts
        for note in part.notes
        for begins in [round(STEPS * seconds(score, note.start))]
    ]  # fmt: skip
    return in_order(np.array(rows, np.int64).reshape(-1, 3))


def instrument(part: Part) -> int:
    """Number of a part's instrument: its program, or 128 for drums."""
    return DRUMS if part.is_drums else part.program


def in_order(rows: Integers) -> Integers:
    """Rows (N, 3) by arrival, then note, then duration."""
    return rows[np.lexsort((rows[:, 1], rows[:, 2], rows[:, 0]))]


def tokens(rows: Integers, control: bool = False) -> Integers:
    """Tokens (3 N,) of rows (N, 3), as what happens or as what is known beforehand.

    Examples
    --------
    >>> tokens(np.array([[5, 50, 60]]), control=True).tolist()
    [27518, 37563, 38573]
    """
    line: Integers = (rows + np.array([TIME, DURATION, NOTE]) + CONTROL * control).reshape(-1)
    return line


def with_rests(rows: Integers, stop: int = 0) -> Integers:
    """Rows in order with rests in between, and up to `stop` (steps), so that something begins in every second."""
    filled, last = [], 0
    for row in [*rows.tolist(), (stop, 0, REST - NOTE)]:
        while row[0] > last + RESTS_AFTER:
            last += RESTS_AFTER
            filled.append((last, 0, REST - NOTE))
        if row[2] != REST - NOTE:
            filled.append(tuple(row))
            last = row[0]
    return np.array(filled, np.int64).reshape(-1, 3)


def parts(rows: Integers, notes: Iterable[Note]) -> tuple[Part, ...]:
    """A part for each instrument of some rows, by number, with the notes that the rows have become."""
    played: dict[int, list[Note]] = {}
    for row, note in zip(rows.tolist(), notes, strict=True):
        played.setdefault(row[2] // PITCHES, []).append(note)
    return tuple(
        Part("Drums", tuple(own), is_drums=True) if number == DRUMS else Part(PROGRAMS[number][0], tuple(own), number)
        for number, own in sorted(played.items())
    )


def _score(rows: Integers) -> Score:
    """Score of rows, 10 ticks a step."""
    notes = (
        Note(STEP_TICKS * begins, STEP_TICKS * max(lasts, 1), sounds % PITCHES)
        for begins, lasts, sounds in rows.tolist()
    )
    return Score(parts(rows, notes), tempi=(Tempo(0, BPM),))
