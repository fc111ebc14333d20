"""Index of interval n-grams: where a melody may occur among many, in any key and at any tempo.

What it is
    A sorted array of every run of six intervals of every line, so that runs with a common prefix are adjacent. Of a
    query, each n-gram of three to six intervals is looked up, as long as it must be to be rare enough; and so are the
    n-grams without an ornament, with a wrong note corrected, with a repeated note that was merged, or after a singer
    has slipped by a semitone. Each hit votes, with a weight by rarity, for the stretch of a line where the melody would
    begin and for its transposition.
Paper
    Kiełbasa, Wan, Sato, Horton & Frith, *Adaptive seeds tame genomic sequence comparison* (2011), for the adaptive
    length. Downie, *Evaluating a simple approach to music information retrieval* (1999): n-grams of intervals.
Conventions
    Intervals are in semitones, those above an octave count as an octave. A vote is in bits: the information of an
    n-gram, less that of the alteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.lines import APART, BORDER, Lines

Integers = NDArray[np.int64]
LONGEST, SHORTEST = 6, 3  # intervals of an n-gram
WIDEST = 12  # semitones
KINDS = 2 * WIDEST + 2  # intervals, and the end of a line
RARE = 1000  # occurrences of an n-gram, beyond which it is extended
MOST_PLACES = 200_000  # of all n-grams of a melody; the rarest come first
STRETCH = APART // 2  # notes: half of what votes together
BEFORE = 1 << 14  # notes that a melody may begin before the first note of all
CANDIDATES = 1000
REACH = 5  # notes of an n-gram, after its first, that may be altered
WRONG, SLIPPED, LEFT_OUT, TWO_LEFT_OUT, REPEATED = 5.0, 4.0, 4.0, 5.0, 4.0  # bits of each alteration
_NOTHING = 1 << 20  # represents a note beyond the end
_PLACE_BITS, _NGRAM_BITS, _WEIGHT_BITS = 28, 14, 8


class Candidates(NamedTuple):
    """Where a melody may occur.

    Parameters
    ----------
    first : array (K,)
        The first of 32 notes on which it would begin.
    up : array (K,)
        Semitones from the melody to there.
    votes : array (K,)
        Eighths of a bit.
    middle : array (K,)
        The median note of the hits that vote for it, give or take 16.
    """

    first: Integers
    up: Integers
    votes: Integers
    middle: Integers


class Stretch(NamedTuple):
    """First and last note among all notes, first and last of the melody, and semitones from the melody to there."""

    first: int
    last: int
    begin: int
    end: int
    up: int


class Hits(NamedTuple):
    """N-grams that lines share with a melody.

    Parameters
    ----------
    places, notes : array (H,)
        On which of all notes, and on which of the melody, each begins.
    up : array (H,)
        Semitones from the melody to there.
    weights : array (H,)
        Eighths of a bit.
    whole : int
        Votes for a place where every n-gram of the query occurs.
    """

    places: Integers
    notes: Integers
    up: Integers
    weights: Integers
    whole: int

    def candidates(self, most: int = CANDIDATES) -> Candidates:
        """Where the melody may occur, the likeliest place first."""
        stretches = (self.places - self.notes + BEFORE) // STRETCH
        ballots = (self.up + 128 << _PLACE_BITS | stretches) << (_NGRAM_BITS + _WEIGHT_BITS)
        ballots |= self.notes << _WEIGHT_BITS | self.weights
        return _most_voted(np.concatenate([ballots, ballots - (1 << _NGRAM_BITS + _WEIGHT_BITS)]), most)

    def stretch(self, first: int, up: int, line: tuple[int, int]) -> Stretch | None:
        """The span of a candidate's hits within a line, at most 32 notes apart; None where there are none."""
        ahead = self.places - self.notes - first
        is_close = (self.up == up) & (ahead >= 0) & (ahead < 2 * STRETCH)
        hits = np.flatnonzero(is_close & (self.places >= line[0]) & (self.places < line[1]))
        if not len(hits):
            return None
        hits = hits[np.argsort(self.places[hits], kind="stable")]
        places, notes = self.places[hits], self.notes[hits]
        begins = np.flatnonzero(np.append(True, np.diff(places) > 2 * STRETCH))
        heaviest = int(np.add.reduceat(self.weights[hits], begins).argmax())
        run = slice(begins[heaviest], [*begins[1:], len(hits)][heaviest])
        last, end = int(places[run][-1]) + SHORTEST, int(notes[run].max()) + SHORTEST
        return Stretch(int(places[run][0]), last, int(notes[run].min()), end, up)


class Ngrams(NamedTuple):
    """N-grams to be looked up.

    Parameters
    ----------
    intervals : array (V, 6)
        0 beyond the end.
    fewest : array (V,)
        How many of them are needed to distinguish an altered n-gram from the unaltered one.
    bits : array (V,)
        How improbable the alteration is.
    notes : array (V,)
        Note of the melody on which it begins.
    """

    intervals: Integers
    fewest: Integers
    bits: NDArray[np.float64]
    notes: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """All n-grams of some lines.

    Parameters
    ----------
    codes : array (C,) of uint32
        N-grams of six intervals that occur, in order.
    firsts : array (C + 1,) of uint32
        Where the occurrences of each begin among all.
    places : array (S,) of uint32
        Notes on which n-grams begin.
    """

    codes: NDArray[np.uint32]
    firsts: NDArray[np.uint32]
    places: NDArray[np.uint32]

    @classmethod
    def of(cls, lines: Lines) -> Seeds:
        """Index some lines.

        Examples
        --------
        >>> from firmus.analysis import lines
        >>> from firmus.score import Note, Part, Score
        >>> tune = Score((Part("", tuple(Note(480 * i, 480, 60 + i % 5) for i in range(9))),))
        >>> len(Seeds.of(lines.of_score(tune)).places)
        6
        """
        count = len(lines)
        intervals = np.zeros(count + LONGEST, np.uint8)
        if count:
            steps = np.diff(lines.pitches.astype(np.int16))
            sung = lines.pitches != BORDER
            intervals[: count - 1] = np.where(sung[1:] & sung[:-1], np.clip(steps, -WIDEST, WIDEST) + WIDEST + 1, 0)
        codes, alive, places = np.zeros(count, np.uint32), np.ones(count, bool), np.empty(0, np.uint32)
        for step in range(LONGEST):
            at = intervals[step : count + step]
            alive &= at > 0
            codes *= KINDS
            codes += np.where(alive, at, 0)
            if step == SHORTEST - 1:
                places = np.flatnonzero(alive).astype(np.uint32)
        codes = codes[places]
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
        first = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])) if len(codes) else np.empty(0, np.int64)
        return cls(codes[first], np.append(first, len(codes)).astype(np.uint32), places[order])

    def spans(self, prefixes: Integers, length: int) -> tuple[Integers, Integers]:
        """First and last (V,) occurrence of the n-grams with these prefixes of so many intervals."""
        unit = KINDS ** (LONGEST - length)
        begin = np.searchsorted(self.codes, (prefixes * unit).astype(np.uint32))
        end = np.searchsorted(self.codes, ((prefixes + 1) * unit).astype(np.uint32))
        return self.firsts[begin].astype(np.int64), self.firsts[end].astype(np.int64)

    def hits(self, lines: Lines, pitches: Integers, *, altered: bool = True, most: int = MOST_PLACES) -> Hits:
        """Every n-gram of a melody, as it is and altered, that occurs in the lines; of too many the rarest.

        Parameters
        ----------
        lines : Lines
            Those that are indexed.
        pitches : array (M,)
            4 to 16,384 notes.
        altered : bool
            Whether n-grams are also looked up with ornaments removed and wrong notes corrected.
        most : int
            Hits.
        """
        grams = ngrams(pitches, altered=altered)
        begin, count = self._lookup(grams)
        bits = np.log2(max(len(self.places), 1) / np.maximum(count, 1)) - grams.bits
        good = np.flatnonzero((count > 0) & (bits > 1))
        good = good[np.argsort(count[good] / bits[good], kind="stable")]
        good = good[np.cumsum(count[good]) <= most]
        begin, count, notes = begin[good], count[good], grams.notes[good]
        weights = np.minimum(bits[good] * 8, (1 << _WEIGHT_BITS) - 1).astype(np.int64)
        ends = np.cumsum(count)
        all_places = np.arange(count.sum()) + np.repeat(begin - (ends - count), count)
        places, notes_of = self.places[all_places].astype(np.int64), np.repeat(notes, count)
        best = np.zeros(len(pitches), np.int64)
        np.maximum.at(best, notes, weights)
        up = lines.pitches[places] - pitches[notes_of]
        return Hits(places, notes_of, up, np.repeat(weights, count), int(best.sum()))

    def information(self, pitches: Integers) -> float:
        """Self-information of the intervals of a melody, in bits, by their frequency in the lines."""
        begin, end = self.spans(np.arange(1, KINDS), 1)
        bits = -np.log2((end - begin + 1) / (end - begin + 1).sum())
        return float(bits[np.clip(np.diff(pitches), -WIDEST, WIDEST) + WIDEST].sum())

    def _lookup(self, grams: Ngrams) -> tuple[Integers, Integers]:
        """First occurrence and number of occurrences (V,) of each n-gram, extended until it is rare."""
        size = len(grams.notes)
        begin, end, prefix = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
        is_open = np.ones(size, bool)
        for length in range(1, LONGEST + 1):
            interval = grams.intervals[:, length - 1]
            is_open &= interval > 0
            prefix = prefix * KINDS + interval
            due = np.flatnonzero(is_open & (length >= grams.fewest))
            begin[due], end[due] = self.spans(prefix[due], length)
            is_open[due] = end[due] - begin[due] > RARE
        return begin, end - begin


def ngrams(pitches: Integers, *, altered: bool = True) -> Ngrams:
    """Every n-gram of a melody (M,), as it is and, where requested, altered.

    Examples
    --------
    >>> grams = ngrams(np.array([60, 62, 64, 65, 67]))
    >>> len(grams.notes), (grams.intervals[0] - 13).tolist()
    (36, [2, 2, 1, 2, -13, -13])
    """
    starts = len(pitches) - SHORTEST
    padded = np.append(pitches, np.full(LONGEST + 3, _NOTHING))
    window = np.lib.stride_tricks.sliding_window_view(padded, LONGEST + 3)[:starts]
    variants: list[tuple[Integers, int, float]] = [(window, SHORTEST, 0.0)]
    for note in range(1, REACH if altered else 1):
        for step in (-1, 1):
            wrong, slipped = window.copy(), window.copy()
            wrong[:, note] += step
            slipped[:, note:] += step
            variants += [(wrong, note + 1, WRONG), (slipped, note, SLIPPED)]
        variants.append((np.delete(window, note, axis=1), note, LEFT_OUT))
        variants.append((np.delete(window, [note, note + 1], axis=1), note, TWO_LEFT_OUT))
    variants += [
        (np.insert(window, note, window[:, note], axis=1), note + 2, REPEATED)
        for note in range(REACH if altered else 0)
    ]
    intervals, fewest, bits = [], [], []
    for each, least, improbable in variants:
        notes = each[:, : LONGEST + 1]
        known = np.logical_and.accumulate(notes < _NOTHING // 2, axis=1)[:, 1:]
        intervals.append(np.where(known, np.clip(np.diff(notes), -WIDEST, WIDEST) + WIDEST + 1, 0))
        fewest.append(np.full(len(each), max(SHORTEST, least)))
        bits.append(np.full(len(each), improbable))
    notes = np.tile(np.arange(starts), len(variants))
    grams = Ngrams(np.concatenate(intervals), np.concatenate(fewest), np.concatenate(bits), notes)
    is_complete = (grams.intervals > 0).sum(axis=1) >= grams.fewest
    return Ngrams(*(array[is_complete] for array in grams))


def _most_voted(ballots: Integers, most: int) -> Candidates:
    """Stretches of 32 notes with the most votes; of votes of one n-gram for a stretch the highest counts."""
    if not len(ballots):
        return Candidates(ballots, ballots, ballots, ballots)
    ballots.sort()
    last = np.append(ballots[1:] >> _WEIGHT_BITS != ballots[:-1] >> _WEIGHT_BITS, True)
    ballots = ballots[last]
    stretches = ballots >> (_NGRAM_BITS + _WEIGHT_BITS)
    first = np.flatnonzero(np.append(True, stretches[1:] != stretches[:-1]))
    votes = np.add.reduceat(ballots & ((1 << _WEIGHT_BITS) - 1), first)
    stretches, notes = stretches[first], (ballots[(first + np.append(first[1:], len(ballots))) // 2] >> _WEIGHT_BITS)
    best = np.argpartition(-votes, most)[:most] if len(votes) > most else np.arange(len(votes))
    best = best[np.argsort(-votes[best], kind="stable")]
    begin = (stretches[best] & ((1 << _PLACE_BITS) - 1)) * STRETCH - BEFORE
    middle = begin + STRETCH + (notes[best] & ((1 << _NGRAM_BITS) - 1))
    return Candidates(begin, (stretches[best] >> _PLACE_BITS) - 128, votes[best], middle)
