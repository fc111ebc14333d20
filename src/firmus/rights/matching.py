"""Passages that a piece shares with those of an index, also altered ones.

What it is
    Every n-gram of every line is looked up as it is, with a note corrected, and with one note or two in a row left out
    (ornaments). N-grams that occur in one piece in the same order, give or take `DRIFT` notes, are one passage. Its
    weight is in bits: of each note the most that an n-gram tells which covers it, an n-gram the less the more often it
    occurs.
Paper
    Chains of n-grams on a diagonal after Pearson & Lipman, *Improved tools for biological sequence comparison* (1988);
    that rare n-grams count more after Sparck Jones, *A statistical interpretation of term specificity* (1972).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.fingerprints import NOTES, Index, Melodies, Words, hashed
from firmus.analysis.lines import BORDER

Integers = NDArray[np.int64]
WRONG_BY = (-3, -2, -1, 1, 2, 3)  # semitones
WRONG, LEFT_OUT = 5.0, 4.0  # bits that an n-gram is worth less where a note was corrected, or notes were left out
DRIFT = 8  # notes that ornaments may add or take
APART = 20  # notes between the beginnings of n-grams of one passage
RHYTHM = 3.0  # bits that an n-gram is worth more where the rhythm is the same
GAP = 1  # bits that a note costs that no n-gram covers
FINE = 64  # parts of a bit
LEAST = 4.0  # bits of an n-gram
MOST = 20  # passages
SMALL = 1 << 14  # n-grams: a smaller index tells as much as one of this size


class Lookups(NamedTuple):
    """N-grams to look up (G,): hash, first note in the query, notes covered, and the bits that an alteration costs."""

    hashes: Words
    notes: Integers
    spans: Integers
    costs: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that a piece shares with another.

    Parameters
    ----------
    piece : int
        Of the index.
    first, last : int
        Its first and last note among the melodies of the query.
    begin, end : int
        Numbers of its first and last bar in the other piece.
    notes : int
        How many it has.
    run : int
        How many of them in a row are the same, rhythm and all.
    bits : float
        How much it tells.
    place : int
        Number of its first note among all notes of the index.
    """

    piece: int
    first: int
    last: int
    begin: int
    end: int
    notes: int
    run: int
    bits: float
    place: int


def lookups(melodies: Melodies, *, altered: bool = True) -> Lookups:
    """Every n-gram of some melodies, as it is and, where asked, altered."""
    longest = NOTES + 2
    pitches = np.append(melodies.pitches, np.full(longest, BORDER))
    lengths = np.append(melodies.lengths, np.zeros(longest, np.int64))
    window = np.lib.stride_tricks.sliding_window_view(pitches, longest)
    beats = np.lib.stride_tricks.sliding_window_view(lengths, longest)
    variants: list[tuple[Integers, int, float]] = [(window[:, :NOTES], NOTES, 0.0)]
    for note in range(1, NOTES) if altered else ():
        variants.append((np.delete(window, note, axis=1)[:, :NOTES], NOTES + 1, LEFT_OUT))
        variants.append((np.delete(window, [note, note + 1], axis=1), NOTES + 2, LEFT_OUT))
        for step in WRONG_BY if note < NOTES - 1 else ():
            wrong = window[:, :NOTES].copy()
            wrong[:, note] += step
            variants.append((wrong, NOTES, WRONG))
    found: list[tuple[Words, Integers, Integers, NDArray[np.float64]]] = []
    for each, span, cost in variants:
        notes = np.flatnonzero((window[:, :span] != BORDER).all(axis=1) & (np.diff(each, axis=1) != 0).all(axis=1))
        size = len(notes)
        found.append((hashed(each[notes], beats[notes, : NOTES - 1]), notes, np.full(size, span), np.full(size, cost)))
    return Lookups(*(np.concatenate(each) for each in zip(*found, strict=True)))


def shared(index: Index, melodies: Melodies, *, altered: bool = True, most: int = MOST) -> list[Passage]:
    """Passages that melodies share with the pieces of an index, those first that tell most; one a piece and place."""
    grams = lookups(melodies, altered=altered)
    hits = index.hits(grams.hashes)
    counts = np.bincount(hits.ngrams, minlength=len(grams.hashes))
    bits = np.log2(max(len(index.words), SMALL) / np.maximum(counts, 1)) - grams.costs
    exact = hits.is_rhythmic & (grams.costs[hits.ngrams] == 0)
    weights = bits[hits.ngrams] + RHYTHM * exact
    rows = np.flatnonzero(weights > LEAST)
    ngrams, places = hits.ngrams[rows], hits.places[rows]
    found = _Found(
        grams.notes[ngrams], grams.spans[ngrams], weights[rows], places, hits.pieces[rows], hits.bars[rows], exact[rows]
    )
    passages: list[Passage] = []
    for shift in (0, DRIFT // 2):
        order, borders = found.chained((places - found.notes + shift) // DRIFT, melodies.lines)
        if not len(order):
            continue
        scores, firsts, lasts = found.scored(order, borders)
        for chain in np.argsort(-scores, kind="stable")[:most].tolist():
            these = order[borders[chain] : borders[chain + 1]]
            passages.append(found.passage(these, int(firsts[chain]), int(lasts[chain]), float(scores[chain])))
    return _distinct(passages)[:most]


class _Found(NamedTuple):
    """Hits (H,): note of the query, notes covered, bits; place, piece and bar there; whether exact."""

    notes: Integers
    spans: Integers
    weights: NDArray[np.float64]
    places: Integers
    pieces: Integers
    bars: NDArray[np.uint16]
    exact: NDArray[np.bool_]

    def chained(self, diagonals: Integers, lines: Integers) -> tuple[Integers, Integers]:
        """Order of the hits, and the borders of chains in that order: of one piece, one diagonal and one line."""
        order = np.lexsort((self.notes, diagonals, self.pieces))
        if not len(order):
            return order, np.zeros(1, np.int64)
        piece, diagonal, note = self.pieces[order], diagonals[order], self.notes[order]
        new = (piece[1:] != piece[:-1]) | (diagonal[1:] != diagonal[:-1]) | (note[1:] - note[:-1] > APART)
        new |= lines[note[1:]] != lines[note[:-1]]
        return order, np.concatenate([[0], np.flatnonzero(new) + 1, [len(order)]])

    def scored(self, order: Integers, borders: Integers) -> tuple[NDArray[np.float64], Integers, Integers]:
        """Bits (C,) of the best stretch of each chain, and its first and last note (C,): the maximum subarray."""
        notes, spans, weights = self.notes[order], self.spans[order], self.weights[order]
        chain = np.repeat(np.arange(len(borders) - 1), np.diff(borders))
        width = int(notes.max()) + NOTES + 3
        steps = np.arange(int(spans.max()))
        cells = (chain[:, None] * width + notes[:, None] + steps)[steps < spans[:, None]]
        values = np.repeat(weights / spans, spans)
        by_cell = np.lexsort((values, cells))
        cells, values = cells[by_cell], values[by_cell]
        best = np.append(cells[1:] != cells[:-1], True)
        cells, values = cells[best], values[best]
        chain, note = cells // width, cells % width
        gaps = np.append(0, np.diff(note) - 1)
        starts = np.flatnonzero(np.append(True, chain[1:] != chain[:-1]))
        gaps[starts] = 0
        values = np.round(values * FINE).astype(np.int64)  # whole numbers, so that sums are exact
        after = np.cumsum(values - FINE * GAP * gaps)
        before = after - values
        far = 2 * int(np.abs(after).max() + np.abs(before).max() + 1)
        lowest = np.minimum.accumulate(before - far * chain) + far * chain
        gain = after - lowest
        scores = np.maximum.reduceat(gain, starts)
        ends = np.flatnonzero(gain == scores[chain])
        _, place = np.unique(chain[ends], return_index=True)
        ends = ends[place]
        is_low = np.flatnonzero(before <= lowest)
        begins = is_low[np.searchsorted(is_low, ends, side="right") - 1]
        return scores / FINE, note[begins], note[ends]

    def passage(self, these: Integers, first: int, last: int, bits: float) -> Passage:
        """One chain as a passage, between two notes."""
        these = these[(self.notes[these] <= last) & (self.notes[these] + self.spans[these] > first)]
        exact = these[self.exact[these]]
        return Passage(
            int(self.pieces[these[0]]),
            first,
            last,
            int(self.bars[these].min()),
            int(self.bars[these].max()),
            last - first + 1,
            _longest_run(self.notes[exact], self.places[exact]),
            bits,
            int(self.places[these].min()),
        )


def _longest_run(notes: Integers, places: Integers) -> int:
    """Notes of the longest stretch of n-grams on one diagonal, as far as the index tells."""
    longest = 0
    for diagonal in np.unique(places - notes).tolist():
        on = np.unique(notes[places - notes == diagonal])
        borders = np.concatenate([[0], np.flatnonzero(np.diff(on) > APART) + 1, [len(on)]])
        longest = max(longest, int((on[borders[1:] - 1] - on[borders[:-1]]).max()) + NOTES)
    return longest


def _distinct(passages: list[Passage]) -> list[Passage]:
    """Passages in order of their bits, without those that lie within another of the same piece."""
    kept: list[Passage] = []
    for each in sorted(passages, key=lambda passage: (-passage.bits, passage.piece, passage.first)):
        if not any(
            each.piece == other.piece and other.first <= each.first and each.last <= other.last for other in kept
        ):
            kept.append(each)
    return kept
