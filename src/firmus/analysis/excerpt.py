"""Some bars of a Score as a Score; repeated notes tied."""

from __future__ import annotations

from dataclasses import replace

from firmus.score import Meter, Note, Part, Score
from firmus.timing import bars

LONGEST = 64  # bars from which a style is recognised


def excerpt(score: Score, first: int, count: int) -> Score:
    """`count` bars from the bar of index `first` on, as a piece; notes that sound over its end are cut.

    Examples
    --------
    >>> tune = Score((Part("", tuple(Note(480 * i, 480, 60 + i) for i in range(12))),))
    >>> [note.pitch for note in excerpt(tune, 1, 1).parts[0].notes]
    [64, 65, 66, 67]
    """
    all_bars = bars(score)
    start, end = all_bars[first].start, all_bars[min(first + count, len(all_bars)) - 1].end

    def cut(part: Part) -> Part:
        inside = (note for note in part.notes if start <= note.start < end)
        return replace(
            part,
            notes=tuple(
                Note(note.start - start, min(note.end, end) - note.start, note.pitch, note.velocity) for note in inside
            ),
        )

    later = tuple(replace(change, start=change.start - start) for change in score.meters if start < change.start < end)
    meter = all_bars[first].meter
    parts = tuple(cut(part) for part in score.parts)
    return Score(
        parts,
        (Meter(0, meter.numerator, meter.denominator), *later),
        end=end - start,
        pickup=all_bars[first].end - start if all_bars[first].number == 0 and count > 1 else 0,
    )


def beginning(score: Score) -> Score:
    """The piece, of a long one the first 64 bars: from which a style is recognised."""
    return excerpt(score, 0, LONGEST) if len(bars(score)) > LONGEST else score


def tied(score: Score) -> Score:
    """Immediately repeated notes tied into one, as in a raster."""

    def tie(part: Part) -> Part:
        ends: dict[int, int] = {}
        notes: list[Note] = []
        for note in part.notes:
            place = ends.get(note.pitch)
            if place is not None and notes[place].end >= note.start:
                notes[place] = replace(notes[place], duration=max(note.end, notes[place].end) - notes[place].start)
            else:
                ends[note.pitch] = len(notes)
                notes.append(note)
        return part if part.is_drums else replace(part, notes=tuple(notes))

    return replace(score, parts=tuple(tie(part) for part in score.parts))
