"""Real pieces as composed ones are compared with them: so many bars of each, in the parts that a style composes.

Conventions
    Pieces are taken as the representation keeps them, so that both sides have one grid. Choral music has four voices,
    lead sheets have a melody and are no songs' voices, and of a band its melody, its busiest other part, its bass and
    its drums are taken. In chorales, whose training data do not tell held notes from repeated ones, these are tied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from firmus.analysis.excerpt import tied
from firmus.analysis.features import is_monophonic
from firmus.analysis.melody import bass_part, melody_part
from firmus.learning.corpus import Piece
from firmus.score import Part, Score
from firmus.tokens import Prepared, events
from firmus.tokens.events.cells import BAR_PLACE

BARS, FEWEST = 16, 12
VOICES = {"chorale": 4, "hymn": 4, "choir": 4}  # of choral music
BAND_PARTS = 4
TIED = ("chorale",)


@dataclass(frozen=True, slots=True)
class Excerpts:
    """The first and the last bars of a piece, and what it is."""

    name: str
    beginning: Score
    end: Score
    is_held_out: bool = False


def excerpts(pieces: list[Piece], style: str, count: int, generator: np.random.Generator) -> Iterator[Excerpts]:
    """So many of the pieces, in random order, that are of a style and have at least twelve full bars."""
    of_style = [piece for piece in pieces if piece.style == style]
    for index in generator.permutation(len(of_style)).tolist():
        piece = of_style[index]
        if count and full_bars(piece) >= FEWEST and is_typical(style, piece):
            last = events.grid_shape(piece.prepared)[0]
            begun = min(last, BARS + last - full_bars(piece))
            beginning = comparable(style, stretch(piece.prepared, 0, begun))
            end = comparable(style, stretch(piece.prepared, max(0, last - BARS), last))
            yield Excerpts(piece.name, beginning, end, piece.split == "valid")
            count -= 1


def stretch(prepared: Prepared, first: int, last: int) -> Score:
    """Bars of a real piece, as the representation keeps it."""
    nothing_open = np.zeros(events.grid_shape(prepared), bool)
    return events.decode(events.assemble(events.bare(prepared), nothing_open, first, last).tokens)


def full_bars(piece: Piece) -> int:
    """Full bars of a prepared piece."""
    return events.grid_shape(piece.prepared)[0] - bool(piece.prepared["bars"][0, BAR_PLACE])


def is_songs_voice(piece: Piece) -> bool:
    """Whether a lead sheet is the voice of a song, with chords that were read off its accompaniment."""
    return piece.name.endswith("lead sheet")


def is_typical(style: str, piece: Piece) -> bool:
    """Whether a real piece is what the style composes: choral music of four voices, lead sheets that have a melody."""
    if style == "lead-sheet":
        has_melody = any(part.notes for part in stretch(piece.prepared, 0, FEWEST).parts)
        return has_melody and not is_songs_voice(piece)
    if style in VOICES:
        voices = stretch(piece.prepared, 0, FEWEST).parts
        return sum(is_monophonic(part) and len(part.notes) > 0 for part in voices) >= VOICES[style]
    return True


def comparable(style: str, score: Score) -> Score:
    """The score, tied where the style's training data are; of a band as many parts as are composed."""
    if style == "band":
        return replace(score, parts=band_parts(score))
    return tied(score) if style in TIED else score


def band_parts(score: Score) -> tuple[Part, ...]:
    """Four parts of a band: melody, the busiest other, bass, drums."""
    melody, bass = melody_part(score, even_a_bass=False), bass_part(score)
    outer = [part for part in (melody, bass) if part is not None]
    drums = [part for part in score.parts if part.is_drums and part.notes][:1]
    others = [part for part in score.parts if not part.is_drums and not any(part is each for each in outer)]
    busiest = sorted(others, key=lambda part: -len(part.notes))[: max(0, BAND_PARTS - len(outer) - len(drums))]
    return (*outer[:1], *busiest, *outer[1:], *drums)
