"""Sections of a piece, from repeated stretches of bars in its notes.

Method: every bar is new, or a copy of the bar some bars before it. New music costs a little a bar, a copy as much as it
differs from what it copies (share of notes not in common, by place in the bar and pitch class or drum), and every
change from one to the other costs too; the cheapest path is found by dynamic programming, over the self-similarity of
J. Foote, Visualizing Music and Audio using Self-Similarity, ACM Multimedia 1999. Where a copy begins or ends, what it
copies begins or ends too. Sections so have any length; a stretch of fewer than four bars belongs to the section before
it. Costs were chosen on lead sheets and songs with repeat signs (``benchmarks/sections.py``).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from firmus.score import Score, Section
from firmus.timing import bar_at, bars

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NEW, CHANGE = 0.6, 1.0  # cost of a bar of new music, and of a change
SHORTEST = 4  # bars of a section, and distance to what it copies; half as much in pieces of fewer than 16 bars
SHORT = 16
LEAD_IN = 2  # bars before the first section at most
MOST_BARS = 2000  # every bar is compared with every other


def sections(score: Score) -> tuple[Section, ...]:
    """Sections of a Score, from its notes; its own `sections` are ignored.

    Returns
    -------
    tuple of Section
        Labels A, B, C ... in the order of their first appearance; a piece of which nothing returns is one section.
        Empty where there are fewer than four bars, or more than `MOST_BARS`.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> a, b = list(range(60, 76)), list(range(75, 59, -1))
    >>> tune = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(a + b + a)))
    >>> [section.label for section in sections(Score((tune,)))]
    ['A', 'B', 'A']
    """
    all_bars = bars(score)
    first = 1 if all_bars and all_bars[0].number == 0 else 0
    count = len(all_bars) - first
    if not SHORTEST <= count <= MOST_BARS:
        return ()
    shortest = SHORTEST if count >= SHORT else SHORTEST // 2
    alike = similarity(score)[first:, first:]
    spans = _merged(_labelled(_copied(alike, shortest), alike), shortest)
    if len(spans) > 1 and spans[0][1] <= LEAD_IN:
        spans = spans[1:]
    names: dict[int, str] = {}
    for _, _, label in spans:
        names.setdefault(label, LETTERS[len(names) % len(LETTERS)])
    if len(names) > len(LETTERS):
        return ()
    return tuple(Section(all_bars[first + start].start, names[label]) for start, _, label in spans)


def _copied(alike: NDArray[np.float64], nearest: int) -> NDArray[np.int64]:
    """Distance in bars from each bar (B,) to the one it copies, 0 where it is new: the cheapest path."""
    count = len(alike)
    cost, backpointers = np.full(count, np.inf), np.zeros((count, count), np.int32)
    cost[0] = 0.0
    for bar in range(count):
        step_cost = np.full(count, np.inf)
        step_cost[0] = NEW
        back = np.arange(nearest, bar + 1)
        step_cost[back] = 1 - alike[bar, bar - back]
        best = int(cost.argmin())
        changed = cost[best] + CHANGE < cost
        backpointers[bar] = np.where(changed, best, np.arange(count))
        cost = np.where(changed, cost[best] + CHANGE, cost) + step_cost
    path = np.empty(count, np.int64)
    path[-1] = cost.argmin()
    for bar in range(count - 1, 0, -1):
        path[bar - 1] = backpointers[bar, path[bar]]
    return path


def _labelled(path: NDArray[np.int64], alike: NDArray[np.float64]) -> list[tuple[int, int, int]]:
    """Stretches (first bar, bar after the last, label) of a path: a copy has the label of what it copies.

    A stretch that new music would cost less than the copy is new: the path avoids a change, but nothing returns.
    """
    borders = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    copies = [(first, last, int(path[first])) for first, last in pairwise(borders) if path[first]]
    cuts: set[int] = set()
    pending = borders + [cut for first, last, back in copies for cut in range(first, last, back)]
    while pending:
        cut = pending.pop()
        if cut in cuts:
            continue
        cuts.add(cut)
        pending += [cut - back for first, last, back in copies if first <= cut <= last]
        pending += [cut + back for first, last, back in copies if first <= cut + back <= last]
    labels: dict[int, int] = {}
    for first, last in pairwise(sorted(cuts)):
        back, stretch = int(path[first]), np.arange(first, last)
        is_copy = back > 0 and (1 - alike[stretch, stretch - back]).mean() < NEW
        labels[first] = labels[first - back] if is_copy else len(labels)
    return [(first, last, labels[first]) for first, last in pairwise(sorted(cuts))]


def _merged(stretches: list[tuple[int, int, int]], shortest: int) -> list[tuple[int, int, int]]:
    """Stretches of which none but a lead-in is too short: a short one belongs to the one before it."""
    merged: list[tuple[int, int, int]] = []
    longest = 0  # bars of the part of the last one that its label comes from
    for first, last, label in stretches:
        size = last - first
        before = merged[-1] if merged else (0, 0, 0)
        leads_in = len(merged) == 1 and before[1] <= LEAD_IN
        if merged and not leads_in and min(size, before[1] - before[0]) < shortest:
            merged[-1] = (before[0], last, label if size > longest else before[2])
            longest = max(longest, size)
        else:
            merged.append((first, last, label))
            longest = size
    return merged


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
    return np.where(union > 0, common / np.maximum(union, 1), 1.0).astype(np.float64)


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
