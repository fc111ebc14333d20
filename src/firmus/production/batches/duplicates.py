"""Works that are too like each other, or like pieces of a library: found by what their melodic lines share.

What it is
    A work is a duplicate where it would be called a copy of an earlier one as `firmus.rights.originality` has it: its
    most telling passage tells more than those that 99 of 100 pieces by people share with other music, or a third of a
    part is in passages of one other piece. Drums alone are duplicates where nine of ten bars are the same.
    ``benchmarks/batch.py`` measures how often pieces by people are called so, and how many planted copies are found.
Conventions
    Works come in an order, and each is compared with those before. They are indexed in blocks of 16, 32, 64 ..., of
    which two of a size become one, so that a thousand works cost little more than a few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from firmus.analysis import lines
from firmus.analysis.lines import Lines
from firmus.rights.collection import Collection, Source
from firmus.rights.originality import COPIES, judge
from firmus.score import TICKS_PER_QUARTER, Score
from firmus.timing import bars

BLOCK = 16  # works that are indexed anew with each that comes
ALIKE = 0.9  # share of the bars of drums
SIXTEENTH = TICKS_PER_QUARTER // 4

Beats = Counter[frozenset[tuple[int, int]]]


@dataclass(slots=True)
class Register:
    """Works so far, and pieces of a library, for others to be compared with.

    Parameters
    ----------
    library : Collection, optional
    """

    library: Collection | None = None
    _blocks: list[Collection] = field(default_factory=list)
    _lines: list[tuple[Lines, Source]] = field(default_factory=list)
    _recent: list[tuple[Lines, Source]] = field(default_factory=list)
    _beats: list[tuple[str, Beats]] = field(default_factory=list)

    def add(self, score: Score, name: str) -> None:
        """Take a work."""
        if is_drums(score):
            self._beats.append((name, beats(score)))
            return
        self._recent.append((lines.of_score(score), Source(score.title, "", name)))
        size = len(self._recent)
        if size < BLOCK:
            return
        self._lines += self._recent
        self._recent.clear()
        while self._blocks and len(self._blocks[-1].sources) == size:
            size += len(self._blocks.pop().sources)
        self._blocks.append(_collection(self._lines[-size:]))

    def like(self, score: Score) -> str:
        """Name of a piece that a work is too like; ``""`` where there is none.

        Examples
        --------
        >>> from firmus.score import Note, Part
        >>> steps = (60, 64, 62, 65, 69, 67, 60, 71, 72, 66, 62, 70, 61, 68, 64, 67)
        >>> tune, other = (Score((Part("", tuple(Note(480 * i, 480, pitch + up * (i % 3)) for i, pitch
        ...                in enumerate(steps))),)) for up in (0, 2))
        >>> register = Register()
        >>> register.add(tune, "0001")
        >>> register.like(tune), register.like(other)
        ('0001', '')
        """
        if is_drums(score):
            own = beats(score)
            return next((name for name, each in self._beats if shared_bars(own, each) >= ALIKE), "")
        against = [*self._blocks, *([_collection(self._recent)] if self._recent else [])]
        for each in (*([self.library] if self.library else []), *against):
            found = judge(score, each, altered=False)
            if found.verdict == COPIES:
                return found.matches[0].source.origin
        return ""


def is_drums(score: Score) -> bool:
    """Whether a piece has no notes of a pitch."""
    return not any(part.notes for part in score.parts if not part.is_drums)


def beats(score: Score) -> Beats:
    """The bars of drums, each as the set of its strokes: sixteenth and drum."""
    every = bars(score)
    found: Beats = Counter()
    strokes = sorted((note.start, note.pitch) for part in score.parts for note in part.notes)
    for bar in every:
        inside = [(round((at - bar.start) / SIXTEENTH), pitch) for at, pitch in strokes if bar.start <= at < bar.end]
        found[frozenset(inside)] += 1
    return found


def shared_bars(one: Beats, other: Beats) -> float:
    """Share of the bars that two pieces for drums have in common."""
    return (one & other).total() / max(one.total(), other.total(), 1)


def _collection(members: Sequence[tuple[Lines, Source]]) -> Collection:
    joined = lines.joined([each for each, _ in members], [1] * len(members))
    return Collection.of(joined, [source for _, source in members], "the batch")
