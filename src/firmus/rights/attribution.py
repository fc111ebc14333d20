"""Attribution: which training works a piece stands nearest to, and which make it likelier.

What it is
    *Nearest* are the works whose melodic lines have the most alike feature vectors (`firmus.analysis.similarity`).
    *Raising* are those without which a model of n-grams would think the piece less likely: of each work its count is
    taken out, and the change of the log-likelihood is its score. For this model the score is exact, and no model is
    trained anew. An n-gram that n works have has the probability ``(1 - BACKED_OFF) n / N + BACKED_OFF q``, q being the
    product of the probabilities of its steps, each after the one before, and N the notes of all works and the borders
    between their lines, in the index of `firmus.rights.collection`. N-grams are those of `firmus.analysis.seeds`, of
    steps alone; common ones (`COMMON`) are left out.
Paper
    Interpolation after F. Jelinek & R. L. Mercer, *Interpolated estimation of Markov source parameters* (1980); leaving
    out after P. W. Koh & P. Liang, *Understanding black-box predictions via influence functions* (2017), who estimate
    what is exact here.
Conventions
    Similarity and likelihood under a simpler model, not causes: the composer is another model, and what it took from a
    work nobody knows. ``benchmarks/attribution.py`` measures how well the scores predict what small neural models do
    that are trained without some works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import lines as melodic_lines
from firmus.analysis.lines import BORDER, Lines, Query
from firmus.analysis.melodies import Melodies, Symbols
from firmus.analysis.seeds import steps
from firmus.analysis.similarity import FEWEST, WIDTH, point
from firmus.rights.collection import Collection, Source, shipped
from firmus.score import Score

SHIPPED = Path(__file__).parent.parent / "assets" / "attribution" / "works.npz"
BACKED_OFF = 0.5
DIMENSIONS = 32  # of the feature vectors that are shipped
COUNT = 5  # works of each kind
SHARED = 2  # n-grams at least
COMMON, FEW = 0.02, 3  # share of the works, and number of notes, on which an n-gram may begin
METHOD = (
    "nearest: cosine of feature vectors of the melodic lines; raising: nats that the piece's n-grams of steps "
    "lose under an interpolated n-gram model from which the work's counts are taken out"
)
LIMITS = (
    "Similarity, not causation: the composer is another model, and what it took from a work is not known. Only melodic "
    "lines are compared, without octaves and in coarse steps: what raises the likelihood hardly predicts what a model "
    "does that did not learn from a work; the nearest works say more."
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training work whose melodic lines are like the piece's; `similarity` is 1 where they are the same."""

    source: Source
    similarity: float


@dataclass(frozen=True, slots=True)
class Influence:
    """A training work without which the piece would be less likely, by so many nats; it shares so many n-grams."""

    source: Source
    nats: float
    ngrams: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """The training works that a piece stands nearest to, and those that make it likelier; the first the most."""

    nearest: tuple[Neighbour, ...]
    raising: tuple[Influence, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with how they were computed and what they do not say."""
        return {
            "nearest": [{**each.source._asdict(), "similarity": round(each.similarity, 3)} for each in self.nearest],
            "raising": [
                {**each.source._asdict(), "nats": round(each.nats, 2), "ngrams": each.ngrams} for each in self.raising
            ],
            "method": METHOD,
            "limits": LIMITS,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Works:
    """What is known of the works of a collection beside its index.

    Parameters
    ----------
    points : array (P, D)
        Feature vector of each, of length 1.
    axes : array (256, D)
        Directions on which feature vectors are projected.
    transitions : array (M, M)
        Probability of each step after each other one, modulo the modulus of the collection.
    titles : int
        Digest of the works' titles, in their order: see `digest`.
    """

    points: NDArray[np.float32]
    axes: NDArray[np.float32]
    transitions: NDArray[np.float64]
    titles: int

    @classmethod
    def of(cls, lines: Lines, collection: Collection) -> Self:
        """Learn the axes, those of the greatest variance, and the probabilities from the lines of a collection."""
        sources = collection.sources
        raw = feature_vectors(lines, len(sources))
        axes = np.linalg.eigh(raw.T @ raw)[1][:, -DIMENSIONS:].astype(np.float16).astype(np.float32)
        return cls(_unit(raw @ axes), axes, _transitions(collection.index.symbols), digest(sources))

    def save(self, path: Path) -> None:
        """Write them, the vectors in eight bits a number."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            path,
            allow_pickle=False,
            points=np.round(self.points * 127).astype(np.int8),
            axes=self.axes.astype(np.float16),
            transitions=self.transitions.astype(np.float32),
            titles=np.int64(self.titles),
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read them; the inverse of `save`, but for rounding."""
        with np.load(path, allow_pickle=False) as file:
            points, axes, transitions = (file[name] for name in ("points", "axes", "transitions"))
            titles = int(file["titles"])
        return cls(_unit(points.astype(np.float32)), axes.astype(np.float32), transitions.astype(np.float64), titles)


def digest(sources: Sequence[Source]) -> int:
    """Checksum of the titles of some works, in their order."""
    return crc32("\n".join(f"{each.origin}\t{each.composer}\t{each.title}" for each in sources).encode())


@cache
def shipped_works() -> Works:
    """Of the music that the shipped weights learnt from."""
    return Works.load(SHIPPED)


def attribute(score: Score, count: int = COUNT) -> Attribution:
    """The training works that a piece stands nearest to, and those that make it likelier.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> pitches = (67, 67, 69, 67, 72, 71, 67, 67, 69, 67, 74, 72, 67, 67, 79, 76, 72, 71, 69, 77, 77, 76, 72, 74, 72)
    >>> tune = Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))),))
    >>> found = attribute(tune)
    >>> len(found.nearest), all(each.nats > 0 for each in found.raising)
    (5, True)
    """
    own, collection, works = melodic_lines.of_score(score), shipped(), shipped_works()
    alike = similarities(own, works)
    symbols = Symbols.of(Melodies.of(own), collection.index.symbols.modulus)
    nats, ngrams = influences(symbols, collection, works.transitions)
    return Attribution(
        tuple(
            Neighbour(collection.sources[piece], float(alike[piece]))
            for piece in _highest(alike, count)
            if alike[piece] > 0
        ),
        tuple(
            Influence(collection.sources[piece], float(nats[piece]), int(ngrams[piece]))
            for piece in _highest(np.where(ngrams >= SHARED, nats, 0), count)
            if ngrams[piece] >= SHARED
        ),
    )


def similarities(lines: Lines, works: Works) -> NDArray[np.float32]:
    """Cosine (P,) of a piece and each work; 0 where the piece has no line that can be compared."""
    similar: NDArray[np.float32] = works.points @ _unit(feature_vectors(lines, 1) @ works.axes)[0]
    return similar


def influences(
    symbols: Symbols, collection: Collection, transitions: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What the log-likelihood of melodies loses without each work (P,), in nats, and the n-grams (P,) they share."""
    index, pieces = collection.index, len(collection.sources)
    if not symbols.notes:
        return np.zeros(pieces), np.zeros(pieces, np.int64)
    hits = index.seeds.occurrences(symbols, max(FEW, int(COMMON * pieces)))
    found = index.starts.searchsorted(hits.places, side="right") - 1
    pairs = np.unique(hits.notes * pieces + found)  # an n-gram counts once in a work
    notes, works = pairs // max(pieces, 1), pairs % max(pieces, 1)
    counts, total = np.bincount(notes, minlength=len(symbols))[notes], int(index.starts[-1])
    backed_off = BACKED_OFF * _backed_off(symbols, notes, transitions)
    left = total - np.diff(index.starts)[works]
    lost = np.log((1 - BACKED_OFF) * counts / total + backed_off)
    lost -= np.log((1 - BACKED_OFF) * (counts - 1) / np.maximum(left, 1) + backed_off)
    return np.bincount(works, lost, pieces).astype(np.float64), np.bincount(works, minlength=pieces)


def feature_vectors(lines: Lines, pieces: int) -> NDArray[np.float32]:
    """Sum (P, 256) of the feature vectors of each piece's lines, of length 1."""
    sums = np.zeros((pieces, WIDTH), np.float32)
    for piece, first, last in zip(
        lines.pieces.tolist(), lines.starts[:-1].tolist(), lines.starts[1:].tolist(), strict=True
    ):
        sounds = lines.pitches[first:last] != BORDER
        if np.count_nonzero(sounds) >= FEWEST:
            pitches, lengths = (each[first:last][sounds].astype(np.int64) for each in (lines.pitches, lines.lengths))
            sums[piece] += point(Query(pitches, lengths))
    return _unit(sums)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return unit


def _highest(values: NDArray[Any], count: int) -> list[int]:
    return [int(piece) for piece in np.argsort(-values, kind="stable")[:count]]


def _steps(symbols: Symbols, notes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Steps (G, count) from each note on."""
    pitches = symbols.pitches.astype(np.int64)
    found: NDArray[np.int64] = np.stack([pitches[notes + step] for step in range(count + 1)], axis=1)
    return (found[:, 1:] - found[:, :-1]) % symbols.modulus


def _transitions(symbols: Symbols) -> NDArray[np.float64]:
    """Probabilities (M, M) of a step after another, one added to each count."""
    sounds = symbols.pitches != BORDER
    notes = np.flatnonzero(sounds[:-2] & sounds[1:-1] & sounds[2:])
    counts = np.ones((symbols.modulus,) * 2)
    np.add.at(counts, tuple(_steps(symbols, notes, 2).T), 1)
    return counts / counts.sum(axis=1, keepdims=True)


def _backed_off(symbols: Symbols, notes: NDArray[np.int64], transitions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability (G,) of each n-gram by its steps one after the other; the first is as any."""
    found = _steps(symbols, notes, steps(symbols.modulus))
    first = np.full(len(transitions), 1 / len(transitions)) @ transitions
    return first[found[:, 0]] * transitions[found[:, :-1], found[:, 1:]].prod(axis=1)
