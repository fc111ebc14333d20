"""Short gaps before the next note, which nobody writes down as rests."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from firmus.score import TICKS_PER_QUARTER, Note, Part, Score

SHORT_GAP = TICKS_PER_QUARTER // 4
UNWRITTEN_GAP = TICKS_PER_QUARTER // 8  # shorter than anybody writes a rest between two notes


def legato(score: Score) -> Score:
    """Notes lengthened to the next onset of their part, where only a short gap is between them.

    A gap is short where it is less than a thirty-second, or no longer than a sixteenth and than the note itself.

    Examples
    --------
    >>> part = Part("", tuple(Note(120 * i, 60, 60 + i) for i in range(3)))
    >>> [note.duration for note in legato(Score((part,))).parts[0].notes]
    [120, 120, 60]
    """

    def lengthen(part: Part) -> Part:
        onsets = sorted({note.start for note in part.notes})

        def reach(note: Note) -> Note:
            following = bisect_right(onsets, note.start)
            gap = onsets[following] - note.end if following < len(onsets) else 0
            is_short = 0 < gap < UNWRITTEN_GAP or 0 < gap <= min(SHORT_GAP, note.duration)
            return replace(note, duration=note.duration + gap) if is_short else note

        return part if part.is_drums else replace(part, notes=tuple(reach(note) for note in part.notes))

    return replace(score, parts=tuple(lengthen(part) for part in score.parts))
