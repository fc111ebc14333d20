"""Versions and copies of a tune, by the melodic patterns that they share.

Two pieces are versions of one when they share at least a third of the shorter one's melodic 8-note interval patterns,
copies when they share 95 % of both. Patterns that occur in more than fifty pieces are common property and are not
counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from firmus.pitch import NO_CHORD, fifths
from firmus.score import Score

PATTERN = 8  # notes
COMMON = 50  # pieces; a pattern in more of them is not counted
FEWEST_SHARED = 4  # patterns
TALLIED = 20_000_000  # pairs that are held before equal ones are added up
Fingerprint = NDArray[np.uint64]


def fingerprint(score: Score) -> Fingerprint:
    """Sorted hashes of the 8-note interval patterns of each part's upper line; transposition does not matter.

    The patterns of a drum part are of its drums and the times between them; those of chords without notes are of the
    steps between their roots, and their qualities.
    """
    hashes: set[int] = set()
    if not any(part.notes for part in score.parts):
        symbols = [(fifths(chord.root), chord.quality) for chord in score.chords if chord.root != NO_CHORD]
        moves = [(after[0] - one[0], after[1]) for one, after in pairwise(symbols)]
        hashes = {_hash(repr(moves[first : first + PATTERN]).encode()) for first in range(len(moves) - PATTERN + 1)}
    for part in score.parts:
        line: dict[int, int] = {}
        for note in part.notes:
            line[note.start] = max(line.get(note.start, 0), note.pitch)
        starts, pitches = np.array(sorted(line)), np.array([line[start] for start in sorted(line)])
        steps = (np.diff(starts) // 30) * 128 + pitches[1:] if part.is_drums else np.diff(pitches)
        for first in range(len(steps) - PATTERN + 2):
            hashes.add(_hash(steps[first : first + PATTERN - 1].astype(np.int32).tobytes()))
    return np.array(sorted(hashes), np.uint64)


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def families(
    fingerprints: Sequence[Fingerprint],
    together: Iterable[tuple[int, int]] = (),
    harmonies: Sequence[str] | None = None,
) -> tuple[list[int], set[int]]:
    """Cluster pieces into families of versions (union-find): the first piece of each family, and which are copies.

    Parameters
    ----------
    fingerprints : list of array
    together : pairs of int
        Pieces of one family whatever their patterns: files of one work.
    harmonies : sequence of str, optional
        Of each piece, what tells its chord symbols: only those with the same ones are copies.
    """
    family = list(range(len(fingerprints)))

    def head(index: int) -> int:
        while family[index] != index:
            family[index] = family[family[index]]
            index = family[index]
        return index

    def join(one: int, other: int) -> None:
        first, second = sorted((head(one), head(other)))
        family[second] = first

    copies = set()
    for one, other, shared in _related(fingerprints):
        sizes = len(fingerprints[one]), len(fingerprints[other])
        if shared >= 0.95 * max(sizes) and (harmonies is None or harmonies[one] == harmonies[other]):
            copies.add(max(one, other))
        if shared >= max(sizes) / 3 or shared >= min(sizes) / 2:
            join(one, other)
    for one, other in together:
        join(one, other)
    return [head(index) for index in range(len(family))], copies


def _related(fingerprints: Sequence[Fingerprint]) -> Iterator[tuple[int, int, int]]:
    """Pairs of pieces that share at least four patterns that are not common, and how many they share."""
    count = len(fingerprints)
    if not count:
        return
    owners = np.repeat(np.arange(count), [len(patterns) for patterns in fingerprints])
    patterns = np.concatenate(fingerprints)
    order = np.argsort(patterns, kind="stable")
    owners, patterns = owners[order], patterns[order]
    starts = np.flatnonzero(np.r_[True, patterns[1:] != patterns[:-1]]) if len(patterns) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(patterns)])
    tally = _Tally()
    for size in range(2, COMMON + 1):
        members = owners[starts[sizes == size][:, None] + np.arange(size)]
        for one in range(size - 1):  # a column with those after it: little memory at once
            tally.add(*np.unique(members[:, one, None] * count + members[:, one + 1 :], return_counts=True))
    pairs, counts = tally.total()
    for place in np.flatnonzero(counts >= FEWEST_SHARED).tolist():
        one, other = divmod(int(pairs[place]), count)
        yield one, other, int(counts[place])


class _Tally:
    """Counts of values that come in some at a time."""

    def __init__(self) -> None:
        self._values: list[NDArray[np.int64]] = []
        self._counts: list[NDArray[np.int64]] = []

    def add(self, values: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Add some counts."""
        self._values.append(values)
        self._counts.append(counts)
        if sum(map(len, self._values)) > TALLIED:
            for kept, total in zip((self._values, self._counts), self.total(), strict=True):
                kept[:] = [total]

    def total(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Values, in order, and how often each came."""
        none = np.empty(0, np.int64)
        values, places = np.unique(np.concatenate([none, *self._values]), return_inverse=True)
        return values, np.bincount(places, np.concatenate([none, *self._counts]), len(values)).astype(np.int64)


def hash_fraction(name: str) -> float:
    """Hash of a name as a number from 0 to 1."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little") / 2**32
