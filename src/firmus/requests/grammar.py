"""Grammar: what a request asks for, as fields of a Brief, or an error that asks back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firmus.errors import InvalidBrief
from firmus.requests import lexicon, new_piece, reworking, values
from firmus.requests.open_piece import Edit
from firmus.requests.piece import Piece
from firmus.requests.request import Request, ask_back, refuse
from firmus.requests.text import Text, plain
from firmus.score import Score

MOST_WORDS = 2000  # characters


def read(words: str, score: Score | None = None, selection: Mapping[str, Any] | None = None) -> Request:
    """Read a request in plain words.

    Parameters
    ----------
    words : str
        English or Chinese.
    score : Score, optional
        The open piece.
    selection : mapping, optional
        `bars` and `parts` that are selected in it, as a Brief has them.

    Raises
    ------
    InvalidBrief
        Where it is not understood: the message asks back, in one line.

    Examples
    --------
    >>> read("a sad waltz for piano, 32 bars").fields
    {'bars': 32, 'style': 'piano', 'genre': 'waltz', 'meter': '3/4', 'mood': 'sad'}
    """
    if not words.strip() or len(words) > MOST_WORDS:
        raise InvalidBrief(f"a request has 1 to {MOST_WORDS:,} characters: this one has {len(words.strip()):,}")
    text = Text(words)
    title = values.title(text)
    given = {"title": title} if title else {}
    piece = Piece(score) if score is not None and any(part.notes for part in score.parts) else None
    refuse(text, piece)
    if piece is None or new_piece.is_asked_for(text):
        verb, fields = new_piece.read(text, given, is_open=piece is not None)
        ask_back(text)
        return Request(verb, fields, needs_piece=False)
    return Edit(text, piece, selection, given).request()


def read_steps(words: str, score: Score | None = None, selection: Mapping[str, Any] | None = None) -> list[Request]:
    """Read a request as steps, each on what the one before it gives: one, or those of a piece that is reworked.

    Raises
    ------
    InvalidBrief
        As `read` does.
    """
    if score is not None and any(part.notes for part in score.parts) and len(words) <= MOST_WORDS:
        text = Text(words)
        piece = Piece(score)
        if not new_piece.is_asked_for(text) and (steps := reworking.read(words, piece)):
            return [Request(step.verb, step.fields, step.relative) for step in steps]
    return [read(words, score, selection)]


def stages(words: str) -> list[str]:
    """What a request asks for one after the other: its text, divided at words such as 'then'.

    Examples
    --------
    >>> stages("make it sadder, then arrange it for a wind quintet"), stages("先慢一点，然后改编成弦乐四重奏")
    (['make it sadder', 'arrange it for a wind quintet'], ['慢一点', '改编成弦乐四重奏'])
    """
    then = lexicon.load().words["rework"]["then"]
    pieces = (each.strip(" ,;.，；。") for each in then.split(plain(words)))
    return [each for each in pieces if each]
