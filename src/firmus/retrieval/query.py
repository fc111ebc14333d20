"""Queries: a melody as text (``C4 D4 E4``, ``C4:2 D4 E4:1/2``), or that of a piece."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np

from firmus.analysis import lines, similarity
from firmus.analysis.lines import Query
from firmus.errors import InvalidBrief, InvalidScore
from firmus.pitch import midi_number, pitch_class
from firmus.score import TICKS_PER_QUARTER, Score
from firmus.translation.vocabulary import plain

FEWEST, MOST = 5, 256  # notes of a melody that can be searched for
LONGEST = 64  # beats of a note
MIDDLE = 60  # the first note is near this one where its octave is not given
_NOTE = re.compile(r"([A-Ga-g](?:[#♯]{0,2}|[b♭]{0,2})|[Rr])(-?\d+)?(?::(\S*))?")


def melody(text: str) -> Query:
    """Parse a melody from text.

    Notes are divided by blanks, commas or bar lines. A note is a letter with its accidentals and its octave (C4 is
    middle C); without an octave it is the one nearest to the note before. A length follows after a colon, in beats
    (``:2``, ``:0.5``, ``:3/2``); a note without one lasts a beat, and where none has one, the rhythm is left open.
    ``R`` is a rest.

    Examples
    --------
    >>> melody("C4 D E F | G").pitches.tolist(), melody("C4 D E F | G").lengths
    ([60, 62, 64, 65, 67], None)
    >>> melody("G4:2 F#4:1/2 E4:1/2 R D4 B3").lengths.tolist()
    [8, -8, 5, 0, 0]

    Raises
    ------
    InvalidBrief
        Where a word is no note, or there are too few.
    """
    words = [word for word in re.split(r"[\s,|]+", plain(text)) if word]
    notes: list[tuple[int, Fraction]] = []
    before, has_lengths = MIDDLE, False
    for number, word in enumerate(words, 1):
        match = _NOTE.fullmatch(word)
        if not match:
            raise InvalidBrief(f"note {number} of the melody, {word[:20]!r}, must be such as C4, Bb3 or F#5:1/2")
        name, octave, length = match.groups()
        beats = Fraction(1) if length is None else _beats(length, word)
        has_lengths |= length is not None
        if name in "Rr":
            if octave is not None:
                raise InvalidBrief(f"note {number} of the melody, {word[:20]!r}: a rest has no octave")
            if notes:
                notes[-1] = (notes[-1][0], notes[-1][1] + beats)
            continue
        try:
            before = _nearest(name, before) if octave is None else midi_number(name + octave)
        except InvalidScore as error:
            raise InvalidBrief(f"note {number} of the melody: {error}") from None
        notes.append((before, beats))
    query = Query(np.array([pitch for pitch, _ in notes], np.int64))
    if has_lengths:
        ticks = [float(beats) * TICKS_PER_QUARTER for _, beats in notes]
        rows = np.stack([np.cumsum([0, *ticks[:-1]]), np.cumsum(ticks), query.pitches], axis=1) if notes else None
        lengths = np.empty(0, np.int64) if rows is None else lines.lengths(rows.astype(np.int64)).astype(np.int64)
        query = Query(query.pitches, lengths)
    return checked(query)


def of_score(score: Score) -> Query:
    """The melody of a piece, all of it.

    Raises
    ------
    InvalidBrief
        Where it is too short, or too long.
    """
    return checked(lines.query(score))


def whole(score: Score) -> Query:
    """The melody of a piece, for a search by similarity.

    Raises
    ------
    InvalidBrief
        Where it is too short.
    """
    query = lines.query(score)
    if len(query) < similarity.FEWEST:
        raise InvalidBrief(f"the piece has {_notes(len(query))} of melody: too short to say what is like it")
    return query


def checked(melody: Query) -> Query:
    """The melody itself, if it is neither too short nor too long."""
    if len(melody) < FEWEST:
        raise InvalidBrief(f"the melody has {_notes(len(melody))}: too short to be found, at least {FEWEST} are needed")
    if len(melody) > MOST:
        raise InvalidBrief(
            f"the melody has {len(melody)} notes: at most {MOST} can be searched for; give a phrase of it, or search "
            "for music that is like the whole piece"
        )
    return melody


def _notes(count: int) -> str:
    return "1 note" if count == 1 else f"{count or 'no'} notes"


def _beats(text: str, word: str) -> Fraction:
    try:
        beats = Fraction(text)
    except (ValueError, ZeroDivisionError):
        beats = Fraction(0)
    if not Fraction(1, 64) <= beats <= LONGEST:
        raise InvalidBrief(f"length {text!r} of note {word[:20]!r} must be beats from 1/64 to {LONGEST}, such as 1/2")
    return beats


def _nearest(name: str, before: int) -> int:
    """Pitch of a note name nearest to another pitch, the upper of two."""
    target = pitch_class(name[0].upper() + name[1:].replace("♯", "#").replace("♭", "b"))
    return min(max(before + (target - before + 6) % 12 - 6, 0), 127) if target != (before + 6) % 12 else before + 6
