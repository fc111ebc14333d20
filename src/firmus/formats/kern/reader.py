"""A Humdrum file → Scores.

Conventions: pitches are those that sound (``*Trd`` is undone; ``*ITrd``, octave clefs and ``*8va`` change print alone);
tied notes become one; grace notes and words are left out, small notes (``*cue``) are not; repeats are played, as
``*>[...]`` says or by the signs; dynamics become velocities. Every staff is a part, the topmost first; spines that
split are voices of it.

Spines need not agree: what stands in one line begins together, when the last of the notes before has ended. What
begins where nobody has a note (a mark under a long one) begins halfway to the next.
"""

from __future__ import annotations

from collections.abc import Iterator

from firmus.errors import FirmusError, FormatError
from firmus.formats import _encodings
from firmus.formats._written.assembly import Assembly
from firmus.formats.kern import sections
from firmus.formats.kern.staff import written
from firmus.formats.kern.timeline import Timeline
from firmus.score import Score

MAX_FIELDS = 1000  # of a line
MAX_PIECES = 1000


def read_scores(data: bytes, *, repeats: bool = True) -> list[Score]:
    """Every piece in the bytes of a file.

    Parameters
    ----------
    data : bytes
    repeats : bool
        Play repeats; else every measure once, as written.

    Raises
    ------
    FormatError
        Where a line cannot be understood: its number.
    """
    text = _encodings.decode(data.removeprefix(b"\xef\xbb\xbf"), _encodings.detect(data.splitlines()))
    scores: list[Score] = []
    for piece in _pieces(text):
        try:
            score_written = written(piece)
            measures = piece.measures
            played = sections.order(measures.written, measures.labels, measures.expansion)
            scores.append(Assembly(score_written, played if repeats else range(len(measures.written))).score())
        except FirmusError as error:
            raise FormatError(f"piece {len(scores) + 1}: {error}") from None
    if not scores:
        raise FormatError("there is no **kern spine with music in it")
    return scores


def _pieces(text: str) -> Iterator[Timeline]:
    """Read the lines; a piece ends where all its spines do, or where the file does."""
    piece, count = Timeline(), 0
    for number, line in enumerate(text.split("\n"), 1):
        try:
            _read_line(piece, line.rstrip("\r"))
        except FirmusError as error:
            raise FormatError(f"line {number}: {error}") from None
        if piece.is_over:
            if piece.note_count:
                count += 1
                yield piece
            if count > MAX_PIECES:
                raise FormatError(f"line {number}: the file holds more than {MAX_PIECES:,} pieces")
            piece = Timeline()
    piece.finish()
    if piece.note_count:
        yield piece


def _read_line(piece: Timeline, line: str) -> None:
    if line.startswith("!!!"):
        piece.reference(line)
    elif line and not line.startswith("!"):
        fields = line.count("\t") + 1
        if fields > MAX_FIELDS:
            raise FormatError(f"{fields:,} columns: {MAX_FIELDS:,} is the most")
        piece.read(line.split("\t"))
