"""Whether composed music is distributed as real music is: three plain measures, and distances between sets.

What it is
    Of a piece: pitch-class entropy, scale consistency, groove consistency. Of two sets of pieces: for nine features
    of a piece, how far the distances *between* the sets are spread as the distances *within* the real set are: the
    overlap of the two densities, 1 where they are the same.
Papers
    The plain measures as in MusPy (Dong, Chen, McAuley & Berg-Kirkpatrick 2020; entropy and groove after Wu & Yang
    2020, scale consistency after Mogren 2016). Features and overlap: Yang & Lerch 2020, sections 3 and 4.
Conventions
    Drums count for groove and note count alone. Notes are counted, not their lengths. Groove: steps of a quarter
    are `resolution`, so a 4/4 bar has 16 steps at 4 and 48 at 12; neighbouring bars of one length are compared, a
    pickup with nothing. Densities are Gaussian (Scott's bandwidth), both on one common grid that reaches beyond all
    distances. Where a piece has too few notes to be measured, a value is NaN, and left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmus.score import TICKS_PER_QUARTER, Note, Score
from firmus.timing import bars

Floats = NDArray[np.float64]
SCALES = np.array([[(tone - tonic) % 12 in (0, 2, 4, 5, 7, 9, 11) for tone in range(12)] for tonic in range(12)])
LENGTHS = np.array([0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1, 4 / 3, 1.5, 2, 3, 4])  # quarters; the borders lie between
GRID = 2000


def pitch_class_entropy(score: Score) -> float:
    """Entropy of the pitch classes of all notes, 0 to 3.585 bits.

    Examples
    --------
    >>> from firmus.score import Part
    >>> pitch_class_entropy(Score((Part("", tuple(Note(480 * i, 480, 60 + i) for i in range(4))),)))
    2.0
    """
    counts = np.bincount([note.pitch % 12 for note in _pitched(score)], minlength=12)
    shares = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(shares * np.log2(shares)).sum() + 0.0) if counts.sum() else float("nan")


def scale_consistency(score: Score) -> float:
    """Largest share of the notes that one major scale (or its natural minor) holds, 0 to 1.

    Examples
    --------
    >>> from firmus.score import Part
    >>> scale_consistency(Score((Part("", tuple(Note(480 * i, 480, 60 + i) for i in range(12))),))) * 12
    7.0
    """
    counts = np.bincount([note.pitch % 12 for note in _pitched(score)], minlength=12)
    return float((SCALES @ counts).max() / counts.sum()) if counts.sum() else float("nan")


def groove_consistency(score: Score, resolution: int = 4) -> float:
    """One less the mean share of steps in which neighbouring bars differ as to whether a note begins, 0 to 1.

    Examples
    --------
    >>> from firmus.score import Part
    >>> two_bars = (Note(0, 480, 60), Note(480, 480, 60), Note(1920, 480, 60))
    >>> groove_consistency(Score((Part("", two_bars),)))
    0.9375
    """
    step = TICKS_PER_QUARTER // resolution
    onsets = np.unique(np.array([note.start // step for part in score.parts for note in part.notes], int)) * step
    previous: NDArray[np.bool_] | None = None
    differences = []
    for bar in bars(score):
        struck = np.zeros(-(-(bar.end - bar.start) // step), bool)
        inside = onsets[(onsets >= bar.start) & (onsets < bar.end)]
        struck[(inside - bar.start) // step] = True
        if previous is not None and len(previous) == len(struck) and bar.number > 1:
            differences.append(float((struck != previous).mean()))
        previous = struck
    return 1 - float(np.mean(differences)) if differences else float("nan")


def features(score: Score) -> dict[str, Floats]:
    """Yang & Lerch's nine features of a piece, each a vector: single numbers, histograms, transition matrices.

    Returns
    -------
    dict
        ``pitches`` kinds of pitch; ``range`` semitones; ``interval`` mean size of a step of a part's upper line,
        semitones; ``pitch classes`` (12,) and ``pitch-class steps`` (144,), shares; ``notes`` of all parts;
        ``onset interval`` mean, quarters; ``lengths`` (12,) and ``length steps`` (144,), shares of note lengths.
    """
    pitched = _pitched(score)
    lines = [_line(list(part.notes)) for part in score.parts if not part.is_drums and part.notes]
    pitches = np.array([note.pitch for note in pitched])
    moves = [np.diff([note.pitch for note in line]) for line in lines]
    gaps = [np.diff(np.unique([note.start for note in part.notes])) for part in score.parts if part.notes]
    classes = [np.array([note.pitch % 12 for note in line]) for line in lines]
    kinds = [np.array([_length(note) for note in line], int) for line in lines]
    return {
        "pitches": np.array([float(len(np.unique(pitches)))]),
        "range": np.array([float(np.ptp(pitches)) if len(pitches) else np.nan]),
        "interval": np.array([_mean([np.abs(each) for each in moves])]),
        "pitch classes": _shares(pitches % 12, 12),
        "pitch-class steps": _steps(classes),
        "notes": np.array([float(sum(len(part.notes) for part in score.parts))]),
        "onset interval": np.array([_mean(gaps) / TICKS_PER_QUARTER]),
        "lengths": _shares(np.array([_length(note) for note in pitched], int), 12),
        "length steps": _steps(kinds),
    }


def overlap(ours: Floats, real: Floats) -> float:
    """Overlap area, 0 to 1, of the distances within real music and those between it and ours.

    Parameters
    ----------
    ours, real : array (pieces, size)
        One feature of every piece; rows with NaN are left out.

    Examples
    --------
    >>> sample = np.random.default_rng(0).normal(size=(2, 300, 1))
    >>> overlap(sample[0], sample[1]) > 0.95, overlap(sample[0] + 9, sample[1]) < 0.1
    (True, True)
    """
    return float(np.minimum(*_densities(ours, real)).sum())


def divergence(ours: Floats, real: Floats) -> float:
    """Kullback-Leibler divergence, nats, of the distances from ours to real music from those within the latter.

    Yang & Lerch 2020, section 4.2, on the grid of `overlap`; 0 where they are the same.
    """
    within, between = _densities(ours, real)
    sure = within > 0
    return float((within[sure] * np.log(within[sure] / np.maximum(between[sure], 1e-12))).sum())


def _densities(ours: Floats, real: Floats) -> tuple[Floats, Floats]:
    """Densities, on one grid, of the distances within real music and of those between ours and it."""
    ours, real = (each[~np.isnan(each).any(axis=1)] for each in (ours, real))
    between = _distances(ours, real).ravel()
    within = _distances(real, real)[~np.eye(len(real), dtype=bool)]
    spread = [max(float(np.std(each)) * len(each) ** -0.2, 1e-6) for each in (within, between)]
    low, high = min(within.min(), between.min()), max(within.max(), between.max())
    margin = max(4 * max(spread), 1e-3 * (high - low), 1e-6)
    edges = np.linspace(low - margin, high + margin, GRID + 1)
    return _density(within, edges, spread[0]), _density(between, edges, spread[1])


def _distances(ones: Floats, others: Floats) -> Floats:
    squared = (ones**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None] - 2 * ones @ others.T
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


def _density(values: Floats, edges: Floats, width: float) -> Floats:
    """Share of a Gaussian kernel density that falls into each step of the grid."""
    counts = np.histogram(values, edges)[0] / len(values)
    step = edges[1] - edges[0]
    reach = np.arange(-GRID // 2, GRID // 2 + 1) * step
    kernel = np.exp(-0.5 * (reach / max(width, step / 3)) ** 2)
    return np.convolve(counts, kernel / kernel.sum(), "same")


def _pitched(score: Score) -> list[Note]:
    return [note for part in score.parts if not part.is_drums for note in part.notes]


def _line(notes: list[Note]) -> list[Note]:
    """The highest of the notes that begin together."""
    return list({note.start: note for note in sorted(notes, key=lambda each: (each.start, each.pitch))}.values())


def _length(note: Note) -> int:
    """Class of a note's length, 0 to 11: the lengths of `LENGTHS` are each a class's upper end, with some grace."""
    return int(np.searchsorted(LENGTHS * 1.04, note.duration / TICKS_PER_QUARTER))


def _mean(values: list[NDArray[np.int64]]) -> float:
    joined = np.concatenate([*values, np.empty(0)])
    return float(joined.mean()) if len(joined) else float("nan")


def _shares(values: NDArray[np.int64], size: int) -> Floats:
    return np.bincount(values.astype(int), minlength=size) / max(len(values), 1)


def _steps(lines: list[NDArray[np.int64]]) -> Floats:
    """Shares (144,) of the transitions between twelve classes."""
    return _shares(np.concatenate([*(12 * line[:-1] + line[1:] for line in lines), np.empty(0, int)]), 144)
