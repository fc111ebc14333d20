"""Sections of a piece: which stretches of bars come back, read off the notes.

Method: the piece is cut into stretches of eight bars (four in short pieces), counted from its first full bar; two
stretches are alike as their bars are (share of common notes, by place in the bar and pitch class or drum), and a
stretch takes the letter of the earliest one that it is like, or the next letter. A plain form of the
self-similarity of J. Foote, Visualizing Music and Audio using Self-Similarity, ACM Multimedia 1999.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmus.score import Score, Section
from firmus.timing import bar_at, bars

LETTERS = "ABCDEFGHIJKLMNOP"
ALIKE = 0.5  # share of common notes from which on two stretches are the same section
MOST_BARS = 2000  # every bar is held beside every other
SHORT = 16  # bars below which stretches are of four bars


def sections(score: Score) -> tuple[Section, ...]:
    """Sections of a Score, from its notes; its own `sections` are not looked at.

    Returns
    -------
    tuple of Section
        Labels A, B, C ... in the order of their first appearance; empty where there are fewer than two stretches,
        or more than `MOST_BARS` bars.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> a, b = [60, 62, 64, 65] * 4, [72, 71, 69, 67] * 4
    >>> tune = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(a + b + a)))
    >>> [section.label for section in sections(Score((tune,)))]
    ['A', 'B', 'A']
    """
    all_bars = bars(score)
    if len(all_bars) > MOST_BARS:
        return ()
    content = notes_of_bars(score)
    first = 1 if all_bars and all_bars[0].number == 0 else 0
    size = 8 if len(content) - first >= SHORT else 4
    starts = list(range(first, len(content) - size // 2 + 1, size))
    if len(starts) < 2:
        return ()
    labels: list[int] = []
    for place, start in enumerate(starts):
        marks = [likeness(content[start : start + size], content[each : each + size]) for each in starts[:place]]
        best = max(range(place), key=marks.__getitem__, default=None)
        labels.append(max(labels, default=-1) + 1 if best is None or marks[best] < ALIKE else labels[best])
    if max(labels) >= len(LETTERS):
        return ()
    return tuple(Section(all_bars[start].start, LETTERS[label]) for start, label in zip(starts, labels, strict=True))


def similarity(score: Score) -> NDArray[np.float64]:
    """Share of common notes (B, B), 0 to 1, of each two bars of a Score: its self-similarity matrix.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> scale = [60, 62, 64, 65, 67, 69, 71, 72]
    >>> tune = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(scale * 2)))
    >>> similarity(Score((tune,))).tolist()[0]
    [1.0, 0.0, 1.0, 0.0]
    """
    content = notes_of_bars(score)
    every = {note: place for place, note in enumerate(sorted(set().union(*content)))}
    has = np.zeros((len(content), max(len(every), 1)), np.float32)
    for row, notes in zip(has, content, strict=True):
        row[[every[note] for note in notes]] = 1
    common = has @ has.T
    count = has.sum(axis=1)
    union = count[:, None] + count[None] - common
    found: NDArray[np.float64] = np.where(union > 0, common / np.maximum(union, 1), 1.0).astype(np.float64)
    return found


def likeness(one: list[set[tuple[int, int]]], other: list[set[tuple[int, int]]]) -> float:
    """Mean share, 0 to 1, of common notes over the bars that two stretches both have."""
    shared = [len(a & b) / max(len(a | b), 1) if a or b else 1.0 for a, b in zip(one, other, strict=False)]
    return sum(shared) / len(shared) if shared else 0.0


def notes_of_bars(score: Score) -> list[set[tuple[int, int]]]:
    """Notes of each bar as (tick in the bar, pitch class, or 100 and more for drums)."""
    all_bars = bars(score)
    content: list[set[tuple[int, int]]] = [set() for _ in all_bars]
    for part in score.parts:
        for note in part.notes:
            bar = bar_at(all_bars, note.start)
            tick = note.start - all_bars[bar].start + all_bars[bar].place
            content[bar].add((round(tick / 60), 100 + note.pitch if part.is_drums else note.pitch % 12))
    return content
