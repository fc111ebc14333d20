"""Damage to pieces, by which a critic learns what is wrong with music that no composer and no model would write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.timing import bars

Damage = Callable[[Score, np.random.Generator], Score]


def damaged(score: Score, generator: np.random.Generator) -> Score:
    """The score with damage of one kind, drawn at random, that changes it.

    Examples
    --------
    >>> tune = Score((Part("", tuple(Note(480 * i, 480, 60 + i % 7) for i in range(32))),))
    >>> damaged(tune, np.random.default_rng(0)) != tune
    True
    """
    for kind in generator.permutation(len(KINDS)).tolist():
        changed = KINDS[kind](score, generator)
        if changed != score:
            return changed
    return score


def shuffled_pitches(score: Score, generator: np.random.Generator) -> Score:
    """The pitches of each part in another order."""

    def change(part: Part) -> Part:
        pitches = generator.permutation([note.pitch for note in part.notes]).tolist()
        return _with(part, (replace(note, pitch=pitch) for note, pitch in zip(part.notes, pitches, strict=True)))

    return replace(score, parts=tuple(map(change, score.parts)))


def shuffled_rhythm(score: Score, generator: np.random.Generator) -> Score:
    """The notes of each part at other places in their bar."""
    step = TICKS_PER_QUARTER // 2

    def change(part: Part) -> Part:
        moves = (step * generator.integers(-2, 3, len(part.notes))).tolist()
        moved = (replace(note, start=max(0, note.start + by)) for note, by in zip(part.notes, moves, strict=True))
        return _with(part, moved)

    return replace(score, parts=tuple(map(change, score.parts)))


def wild_leaps(score: Score, generator: np.random.Generator) -> Score:
    """A third of the notes an octave higher or lower."""

    def change(part: Part) -> Part:
        if part.is_drums:
            return part
        leaps = (12 * generator.choice([-1, 0, 0, 0, 0, 1], len(part.notes))).tolist()
        pairs = zip(part.notes, leaps, strict=True)
        return _with(part, (replace(note, pitch=min(127, max(0, note.pitch + leap))) for note, leap in pairs))

    return replace(score, parts=tuple(map(change, score.parts)))


def wrong_notes(score: Score, generator: np.random.Generator) -> Score:
    """A quarter of the notes a semitone or a tone off."""

    def change(part: Part) -> Part:
        if part.is_drums:
            return part
        off = generator.choice([-2, -1, 0, 0, 0, 0, 0, 0, 1, 2], len(part.notes)).tolist()
        pairs = zip(part.notes, off, strict=True)
        return _with(part, (replace(note, pitch=min(127, max(0, note.pitch + by))) for note, by in pairs))

    return replace(score, parts=tuple(map(change, score.parts)))


def one_part_transposed(score: Score, generator: np.random.Generator) -> Score:
    """One of several parts in another key; of one part alone its second half."""
    pitched = [place for place, part in enumerate(score.parts) if part.notes and not part.is_drums]
    if not pitched:
        return score
    chosen, by = int(generator.choice(pitched)), int(generator.choice([-6, -4, -3, -2, -1, 1, 2, 3, 4, 6]))
    begin = 0 if len(pitched) > 1 else score.end // 2
    part = score.parts[chosen]
    notes = (
        replace(note, pitch=min(127, max(0, note.pitch + by))) if note.start >= begin else note for note in part.notes
    )
    return replace(score, parts=(*score.parts[:chosen], _with(part, notes), *score.parts[chosen + 1 :]))


def one_bar_looped(score: Score, generator: np.random.Generator) -> Score:
    """One bar, or two, over and over."""
    full = [bar for bar in bars(score) if bar.number > 0]
    size = int(generator.integers(1, 3))
    if len(full) < size + 1:
        return score
    first = int(generator.integers(0, len(full) - size))
    begin, end = full[first].start, full[first + size - 1].end

    def change(part: Part) -> Part:
        inside = [note for note in part.notes if begin <= note.start < end]
        starts = range(full[0].start, score.end - (end - begin) + 1, end - begin)
        return _with(part, (replace(note, start=note.start - begin + start) for start in starts for note in inside))

    return replace(score, parts=tuple(map(change, score.parts)))


def _with(part: Part, notes: Iterable[Note]) -> Part:
    kept = {(note.start, note.pitch): note for note in notes}
    return replace(part, notes=tuple(sorted(kept.values(), key=lambda note: (note.start, note.pitch))))


KINDS: tuple[Damage, ...] = (
    shuffled_pitches,
    shuffled_rhythm,
    wild_leaps,
    wrong_notes,
    one_part_transposed,
    one_bar_looped,
)
