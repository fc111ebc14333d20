"""Notes as triples of arrival time, duration, and instrument with pitch, on a clock of 10 ms.

What it is
    The encoding of the Anticipatory Music Transformer, and of models trained like it. Firmus trains none: it runs those
    that a user provides (`firmus.engines`), so this file holds the encoding, and nothing that training needs.
Paper
    Thickstun, Hall, Donahue and Liang, *Anticipatory Music Transformer* (2023, arXiv 2306.08620): section 2 for the
    triples and the rests, section 3 for anticipation, and the numbers of the vocabulary as its published models have
    them.
Conventions
    A sequence of tokens (T,): a flag, which says whether there are anticipated controls, then three tokens a note.
    ``TIME`` + 10 ms since the beginning, below 100 s; ``DURATION`` + 10 ms, below 10 s; ``NOTE`` + 128 × instrument
    + pitch, where the instruments are the 128 programs of General MIDI and the drums. A given note (a *control*) has
    the same three numbers ``CONTROL`` higher, and is inserted before its time. Where nothing begins for a second, a
    rest is inserted: time, no duration, ``REST``. Velocities, meter, key and tempo are not kept: a sequence decodes to
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
CONTROL = REST + 1  # offset of the tokens of controls
SEPARATOR = CONTROL + REST
AUTOREGRESS, ANTICIPATE = SEPARATOR + 1, SEPARATOR + 2  # flags: without and with anticipated controls
VOCABULARY = ANTICIPATE + 1
PLACES = PARTS = 1
QUARTER = 48  # steps, at the tempo that sequences decode to
BPM, STEP_TICKS = 125.0, 10
RESTS_AFTER = STEPS  # most steps between events: then a rest is inserted
AHEAD = 5 * STEPS  # how long before its time a control is inserted


def encode(score: Score) -> Integers:
    """Tokens (T,) of a whole piece, without controls.

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
    """Score of any array: every three tokens that form a note, control or not; all others are ignored."""
    line = np.asarray(values).astype(np.int64).reshape(-1)
    kinds = np.searchsorted([TIME, DURATION, NOTE, REST], line % CONTROL, side="right")
    kinds[(line < 0) | (line >= SEPARATOR)] = 0
    block = line // CONTROL
    rows = []
    place = 0
    while place + 2 < len(line):
        if kinds[place : place + 3].tolist() == [1, 2, 3] and len(set(block[place : place + 3].tolist())) == 1:
            rows.append(line[place : place + 3] - block[place] * CONTROL - [TIME, DURATION, NOTE])
            place += 3
        else:
            place += 1
    return _score(np.array(rows, np.int64).reshape(-1, 3))


def quantise(score: Score) -> Score:
    """A Score as the tokens preserve it."""
    return decode(encode(score))


def triples(score: Score) -> Integers:
    """Rows (N, 3) of a score's notes in order: arrival in steps, unbounded; duration, 1 to 999; note, 0 to 16,511.

    Examples
    --------
    >>> triples(Score((Part("", (Note(960, 240, 36),), is_drums=True),))).tolist()
    [[100, 25, 16420]]
    """
    rows = [
        (
            start,
            min(max(round(STEPS * seconds(score, note.end)) - start, 1), DURATIONS - 1),
            PITCHES * instrument(part) + note.pitch,
        )
        for part in score.parts
        for note in part.notes
        for start in [round(STEPS * seconds(score, note.start))]
    ]
    return in_order(np.array(rows, np.int64).reshape(-1, 3))


def instrument(part: Part) -> int:
    """Number of a part's instrument: its program, or 128 for drums."""
    return DRUMS if part.is_drums else part.program


def in_order(rows: Integers) -> Integers:
    """Rows (N, 3) by arrival, then note, then duration."""
    return rows[np.lexsort((rows[:, 1], rows[:, 2], rows[:, 0]))]


def tokens(rows: Integers, control: bool = False) -> Integers:
    """Tokens (3 N,) of rows (N, 3), as events or as controls.

    Examples
    --------
    >>> tokens(np.array([[5, 50, 60]]), control=True).tolist()
    [27518, 37563, 38573]
    """
    return (rows + np.array([TIME, DURATION, NOTE]) + CONTROL * control).reshape(-1)


def with_rests(rows: Integers, stop: int = 0) -> Integers:
    """Rows in order with rests in between, and up to `stop` (steps), so that every second has an event."""
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
    """A part for each instrument of some rows, by number, with the notes decoded from the rows."""
    by_instrument: dict[int, list[Note]] = {}
    for row, note in zip(rows.tolist(), notes, strict=True):
        by_instrument.setdefault(row[2] // PITCHES, []).append(note)
    return tuple(
        Part("Drums", tuple(each), is_drums=True) if number == DRUMS else Part(PROGRAMS[number][0], tuple(each), number)
        for number, each in sorted(by_instrument.items())
    )


def _score(rows: Integers) -> Score:
    """Score of rows, 10 ticks a step."""
    notes = (
        Note(STEP_TICKS * start, STEP_TICKS * max(duration, 1), note % PITCHES)
        for start, duration, note in rows.tolist()
    )
    return Score(parts(rows, notes), tempi=(Tempo(0, BPM),))
