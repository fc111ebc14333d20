"""Passages that a piece shares with those of a collection, also altered ones.

What it is
    Seeds in common (`firmus.analysis.seeds`) that lie near one diagonal vote for it; the best of each stretch of the
    piece are laid beside it (`firmus.analysis.local_alignment`). A passage is worth the bits of its alignment beyond
    those that the best of so many pairs of notes has by chance, so that about one unrelated piece in two to the power
    of its bits would have such a passage.
Paper
    Karlin & Altschul, *Methods for assessing the statistical significance of molecular sequence features* (1990).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log2
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import BORDER
from firmus.analysis.local_alignment import Alignments, Floats, Integers, Places, align, worth
from firmus.analysis.melodies import Symbols
from firmus.analysis.melody_index import MelodyIndex
from firmus.analysis.seeds import Hits

BLOCK, OVERLAP = 512, 128  # notes that are looked up at once
DIAGONALS = 16  # that vote together
APART, LONGEST = 16, 64  # notes between seeds that vote together, and notes that do at most
STRETCH = 32  # notes of the piece that choose their own places
VOTED, LAID, READ = 200, 8, 4  # places of a stretch: with most votes, laid beside it, and read
LOOK = 12  # notes before and after a seed by which a place is judged first
A_PLACE = 3  # passages that may cover the same notes
MOST = 40  # passages
_NOTE_BITS, _ROW_BITS, _VALUE_BITS = 10, 20, 24  # of a note in a block, of a hit, of a value in 64ths of a bit


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A passage that a piece shares with another.

    Parameters
    ----------
    piece : int
        Of the collection.
    pairs : array (K, 2)
        Its notes: among the melodies of the piece, and among all notes of the collection.
    run : int
        How many of them in a row are the same, rhythm and all.
    bits : float
        How much it tells beyond what occurs by chance.
    """

    piece: int
    pairs: Integers
    run: int
    bits: float

    @property
    def first(self) -> int:
        """Its first note among the melodies of the piece."""
        return int(self.pairs[0, 0])

    @property
    def last(self) -> int:
        """Its last."""
        return int(self.pairs[-1, 0])


class _Melody(NamedTuple):
    """A block of a piece: its symbols, what each note tells, and the number of its first note."""

    symbols: Symbols
    bits: tuple[Floats, Floats]
    first: int


def shared(index: MelodyIndex, symbols: Symbols, *, altered: bool = True) -> list[Passage]:
    """Passages that melodies share with the pieces of a collection, those first that tell most.

    Parameters
    ----------
    index : MelodyIndex
    symbols : Symbols
        Of the piece, with the modulus of the collection.
    altered : bool
        Whether seeds are also looked up with notes corrected and left out.
    """
    if not symbols.notes:
        return []
    found: list[Passage] = []
    for block in _blocks(index, symbols):
        places = _places(index, block, index.seeds.hits(block.symbols, altered=altered))
        if len(places.notes):
            found += _passages(index, block, align(block.symbols, block.bits, index.symbols, places))
    chance = log2(max(len(index.seeds.places), 2)) + log2(max(symbols.notes, 2))
    telling = [replace(each, bits=each.bits - chance) for each in _joined(found) if each.bits > chance]
    kept = _distinct(telling, len(symbols))
    return [replace(each, run=_longest_run(symbols, index.symbols, each.pairs)) for each in kept]


def _blocks(index: MelodyIndex, symbols: Symbols) -> Iterator[_Melody]:
    steps, rhythms = index.surprise(symbols)
    for first in range(0, max(len(symbols) - OVERLAP, 1), BLOCK - OVERLAP):
        end = first + BLOCK
        yield _Melody(symbols.part(first, end), (steps[first:end], rhythms[first:end]), first)


def _places(index: MelodyIndex, melody: _Melody, hits: Hits) -> Places:
    """Diagonals of each stretch that have most votes, and of these the ones that tell most where they are not bent."""
    diagonals = (hits.places - hits.notes + BLOCK) // DIAGONALS
    order = np.argsort((diagonals << _NOTE_BITS | hits.notes) << _ROW_BITS | np.arange(len(diagonals)))
    votes, seeds = _counted(diagonals[order], hits.notes[order], hits.bits[order])
    seeds = order[seeds]
    chosen = _best(hits.notes[seeds] // STRETCH, votes, VOTED)
    notes, others = hits.notes[seeds[chosen]], hits.places[seeds[chosen]]
    up = index.symbols.pitches[others].astype(np.int64) - melody.symbols.pitches[notes]
    near = np.arange(-LOOK, 2 * LOOK)
    rows = np.clip(notes[:, None] + near, 0, len(melody.symbols) - 1)
    there = np.clip(others[:, None] + near, 0, len(index.symbols) - 1)
    here = melody.symbols.pitches[rows].astype(np.int64) + up[:, None], melody.symbols.rhythms[rows]
    known = index.symbols.pitches[there].astype(np.int64), index.symbols.rhythms[there]
    value = worth(here, known, (melody.bits[0][rows], melody.bits[1][rows]), melody.symbols.modulus)
    total = np.cumsum(np.pad(value, ((0, 0), (1, 0))), axis=1)
    best = (total - np.minimum.accumulate(total, axis=1)).max(axis=1, initial=0)
    kept = np.union1d(_best(notes // STRETCH, best, LAID), _best(notes // STRETCH, votes[chosen], LAID // 2))
    return Places(notes[kept], others[kept], up[kept])


def _counted(diagonals: Integers, notes: Integers, bits: NDArray[np.float64]) -> tuple[NDArray[np.float64], Integers]:
    """Votes (D,) for each stretch of a diagonal, of each note the highest; and the hit (D,) with the highest of all."""
    if not len(notes):
        return np.empty(0), np.empty(0, np.int64)
    new = np.append(True, (diagonals[1:] != diagonals[:-1]) | (notes[1:] != notes[:-1]))
    firsts = np.flatnonzero(new)
    highest = np.maximum.reduceat(bits, firsts)
    is_far = (np.diff(diagonals[firsts]) != 0) | (np.diff(notes[firsts]) > APART)
    is_far |= np.diff(notes[firsts] // LONGEST) != 0
    borders = np.flatnonzero(np.append(True, is_far))
    ranked = np.round(bits * 64).astype(np.int64) * len(notes) + np.arange(len(notes))
    return np.add.reduceat(highest, borders), np.maximum.reduceat(ranked, firsts[borders]) % len(notes)


def _best(groups: Integers, values: NDArray[np.floating], most: int) -> Integers:
    """Rows of the highest values of each group, so many."""
    rank = groups << _VALUE_BITS | (1 << _VALUE_BITS) - 1 - np.round(values * 64).astype(np.int64)
    order = np.argsort(rank << _ROW_BITS | np.arange(len(rank)))  # no two are equal: any sort does
    ordered = groups[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return order[rank < most]


def _passages(index: MelodyIndex, melody: _Melody, found: Alignments) -> Iterator[Passage]:
    """The best alignments of each stretch, read; of those that go on in another line, the part with the seed."""
    lines = np.cumsum(melody.symbols.pitches == BORDER)
    for place in _best(found.places.notes // STRETCH, found.bits, READ).tolist():
        whole = found.pairs(place)
        of_line = lines[whole[:, 0]]
        pairs = whole[of_line == lines[found.places.notes[place]]]
        if not len(pairs):
            continue
        piece = int(index.starts.searchsorted(pairs[0, 1], side="right")) - 1
        bits = float(found.bits[place]) * len(pairs) / len(whole)
        yield Passage(piece, pairs + np.array([melody.first, 0]), 0, bits)


def _longest_run(melody: Symbols, others: Symbols, pairs: Integers) -> int:
    """Notes of the longest stretch without a gap in which steps and rhythms are the same."""
    here, there = pairs[:, 0], pairs[:, 1]
    up = others.pitches[there].astype(np.int64) - melody.pitches[here]
    goes_on = (np.diff(here) == 1) & (np.diff(there) == 1) & (np.diff(up) % melody.modulus == 0)
    goes_on &= melody.rhythms[here[1:]] == others.rhythms[there[1:]]
    breaks = np.flatnonzero(np.concatenate([[True], ~goes_on, [True]]))
    return int(np.diff(breaks).max())


def _joined(passages: list[Passage]) -> list[Passage]:
    """Alignments reach only so far: those that have a pair of notes in common are one passage."""
    joined: dict[int, list[Passage]] = {}
    for each in sorted(passages, key=lambda passage: (-passage.bits, passage.piece, passage.first)):
        others = joined.setdefault(each.piece, [])
        for number, other in enumerate(others):
            new = each.pairs[(each.pairs[:, 0] < other.first) | (each.pairs[:, 0] > other.last)]
            if (each.pairs[:, None] == other.pairs).all(axis=2).any():
                pairs = np.concatenate([other.pairs, new])
                bits = other.bits + each.bits * len(new) / len(each.pairs)
                others[number] = replace(other, pairs=pairs[np.argsort(pairs[:, 0])], bits=bits)
                break
        else:
            others.append(each)
    return [each for some in joined.values() for each in some]


def _distinct(passages: list[Passage], notes: int) -> list[Passage]:
    """Those that tell most: of one piece no two that overlap, and at most `A_PLACE` that cover the same notes."""
    covered = np.zeros(notes, np.int64)
    taken: dict[int, list[tuple[int, int]]] = {}
    kept: list[Passage] = []
    for each in sorted(passages, key=lambda passage: (-passage.bits, passage.piece, passage.first)):
        span = slice(each.first, each.last + 1)
        others = taken.setdefault(each.piece, [])
        is_new = not any(begin <= each.last and each.first <= end for begin, end in others)
        if is_new and np.median(covered[span]) < A_PLACE:
            covered[span] += 1
            others.append((each.first, each.last))
            kept.append(each)
    return kept[:MOST]
