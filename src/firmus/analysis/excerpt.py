"""Some bars of a Score as a Score."""

from __future__ import annotations

from dataclasses import replace

from firmus.score import Meter, Note, Part, Score
from firmus.timing import bars

LONGEST = 64  # bars by which a style is told


def stretch(score: Score, first: int, count: int) -> Score:
    """`count` bars from the bar of index `first` on, as a piece; notes that sound over its end are cut.

    Examples
    --------
    >>> tune = Score((Part("", tuple(Note(480 * i, 480, 60 + i) for i in range(12))),))
    >>> [note.pitch for note in stretch(tune, 1, 1).parts[0].notes]
    [64, 65, 66, 67]
    """
    every = bars(score)
    start, end = every[first].start, every[min(first + count, len(every)) - 1].end

    def cut(part: Part) -> Part:
        inside = (note for note in part.notes if start <= note.start < end)
        return replace(
            part,
            notes=tuple(
                Note(note.start - start, min(note.end, end) - note.start, note.pitch, note.velocity) for note in inside
            ),
        )

    later = tuple(replace(each, start=each.start - start) for each in score.meters if start < each.start < end)
    meter = every[first].meter
    parts = tuple(cut(part) for part in score.parts)
    return Score(
        parts, (Meter(0, meter.numerator, meter.denominator), *later), end=end - start,
        pickup=every[first].end - start if every[first].number == 0 and count > 1 else 0,
    )  # fmt: skip


def beginning(score: Score) -> Score:
    """The piece, of a long one the first 64 bars: what style is told by."""
    return stretch(score, 0, LONGEST) if len(bars(score)) > LONGEST else score
