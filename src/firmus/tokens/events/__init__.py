"""Events bar by bar and part by part, with any region left open and filled at the end.

What it is
    A piece is a table of *cells*: bars × (chord lane and parts). A sequence first encodes the given cells (the prompt),
    then, after ``FILL``, the open ones::

        START COMPACT [STYLE] [GENRE] [CONTROL ..] PROGRAM (one a part) [PART 0, where there are chord symbols] [CUT]
        BAR [SECTION] [KEY] METER TEMPO [PICKUP PLACE]      every bar; what has not changed is omitted
            PART 1 PITCH 67 DURATION 24 PITCH 69 ..         a given cell (an empty one is omitted)
            PART 2 OPEN                                     an open cell
        BAR OPEN                                            a bar with every cell open
        [CUT] FILL                                          or PLAN: the open cells of the chord lane alone follow
        BAR PART 2 PITCH 60 ..                              each bar with open cells, in order
        END

    So composing from nothing, continuing, harmonising, accompanying and infilling are one task; the number of open
    bars is known from the start, and what follows a gap is read before the gap is filled. ``CUT`` says that the music
    began earlier, or goes on. ``PLAN`` instead of ``FILL`` asks for chords before notes: the prompt is the same, but of
    the open cells only those of the chord lane are completed.
Paper
    Bars as units and bar-relative places after REMI (Huang & Yang 2020); gaps filled after their surroundings as
    in MMM (Ens & Pasquier 2020) and fill-in-the-middle (Bavarian et al. 2022).
Conventions
    24 steps to the quarter. In a cell: [``PLACE``], then for each note [``VELOCITY``] ``PITCH``, lowest first, and the
    ``DURATION`` that they share (several durations add up). ``PLACE`` is omitted where a note begins when the last one
    ends, or with the bar; notes that begin at one place with different durations are written as several such groups,
    the longest first. Drums have a ``PLACE`` each time and no duration; ``PLACE`` ``CHORD`` [``BASS``] in lane 0. Each
    cell begins with velocity 80. Without ``COMPACT``, for models that were trained so, every note has a ``DURATION``
    and every onset a ``PLACE``. A token's slot is the position in the music after it: time in steps, place in the
    bar, and 0 for no part, 1 for the chord lane, 2 ... for the parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from firmus.score import Score
from firmus.tokens import Integers
from firmus.tokens.events import vocabulary
from firmus.tokens.events.assembly import assemble
from firmus.tokens.events.bare import bare
from firmus.tokens.events.cells import encoding_order, grid_shape, prepare
from firmus.tokens.events.controls import classify, control, measure
from firmus.tokens.events.cursor import Cursor
from firmus.tokens.events.examples import example, region, scales
from firmus.tokens.events.part_order import OUTER_FIRST, in_order, order_of, part_order, with_parts

TITLE = "Events, bar by bar, any region open"
KIND = "sequence"
__all__ = [
    "OUTER_FIRST",
    "assemble",
    "bare",
    "classify",
    "control",
    "decode",
    "encode",
    "encoding_order",
    "example",
    "grid_shape",
    "in_order",
    "is_compact",
    "measure",
    "order_of",
    "part_order",
    "prepare",
    "quantise",
    "region",
    "scales",
    "slots",
    "with_parts",
]
VOCABULARY = vocabulary.VOCABULARY
PLACES = vocabulary.LONGEST_BAR + 1
PARTS = vocabulary.MAX_PARTS + 2
QUARTER = vocabulary.QUARTER


def is_compact(facts: Mapping[str, Any]) -> bool:
    """Whether a model reads and writes the compact form, by the facts of its card."""
    return facts.get("encoding") == "compact"


def encode(score: Score, style: str = "") -> Integers:
    """Tokens (T,) of a whole piece, everything given.

    Raises
    ------
    TokenError
        Where the score has more than 32 parts, or the style is unknown.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> tune = Score((Part("Flute", (Note(0, 480, 72), Note(480, 1440, 74)), program=73),))
    >>> [vocabulary.name(token) for token in encode(tune)][4:]
    ['METER 4/4', 'TEMPO 120.95', 'PART 1', 'PITCH 72', 'DURATION 24', 'PITCH 74', 'DURATION 72', 'END']
    """
    prepared = prepare(score, style)
    return assemble(prepared, np.zeros(grid_shape(prepared), bool)).tokens


def decode(tokens: Integers) -> Score:
    """Score of any integer array; tokens that are not valid where they occur are ignored."""
    cursor = Cursor()
    for token in np.asarray(tokens).reshape(-1).tolist():
        cursor.push(int(token))
    return cursor.score()


def slots(tokens: Integers) -> Integers:
    """Slot (T, 3) after each token."""
    cursor = Cursor()
    return np.array([cursor.push(int(token)) for token in tokens], np.int64).reshape(-1, 3)


def quantise(score: Score) -> Score:
    """A Score as preserved: on a grid of 24 to the quarter, by the tables of `vocabulary`, without part names."""
    return decode(encode(score))
