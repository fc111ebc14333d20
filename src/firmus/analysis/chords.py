"""Chord recognition of a Score: the best path through chord templates, beat by beat.

Method: the weight of each pitch class in a beat against templates of chords (T. Fujishima, Realtime Chord
Recognition of Musical Sound, ICMC 1999), the bass counted apart, and a path that changes rarely, and preferably
on strong beats (A. Sheh & D. Ellis, Chord Segmentation and Recognition using EM-trained HMMs, ISMIR 2003; found by
Viterbi's algorithm). Chords are named as a lead sheet names them; a bass that is another note of the chord is
written as a slash chord.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.beats import chroma, grid, overlaps
from firmus.analysis.features import polyphony
from firmus.analysis.keys import estimate
from firmus.analysis.meters import heard
from firmus.pitch import NO_CHORD, QUALITIES, note_name
from firmus.score import Chord, Key, Score

VOCABULARY = ("", "m", "7", "maj7", "m7", "dim", "m7b5", "dim7", "aug", "sus4")  # qualities that are recognised
COST = {"": 0.0, "m": 0.0, "7": 0.08, "maj7": 0.13, "m7": 0.12, "dim": 0.08, "m7b5": 0.12, "dim7": 0.14,
        "aug": 0.16, "sus4": 0.15}  # fmt: skip
OUTSIDE, ABSENT, BASS_ROOT, BASS_INSIDE = 1.1, 0.12, 0.30, 0.10
CHANGE_STRONG, CHANGE_BEAT = 0.35, 0.75
EMPTY = 0.15  # what silence scores
IMPLIED = {  # steps above the tonic, quality, and prior score under an unaccompanied melody
    "major": ((0, "", 0.25), (7, "", 0.2), (7, "7", 0.15), (5, "", 0.15), (2, "m", 0.05), (9, "m", 0.08)),
    "minor": (
        (0, "m", 0.25),
        (7, "", 0.2),
        (7, "7", 0.15),
        (5, "m", 0.15),
        (3, "", 0.08),
        (8, "", 0.05),
        (10, "", 0.1),
    ),
}
Weights = NDArray[np.float64]


def recognise(score: Score) -> tuple[Chord, ...]:
    """Chord symbols for a Score from its pitched notes; its own `chords` are ignored.

    Returns
    -------
    tuple of Chord
        One where the harmony changes, spelled in the score's key (or the estimated one); ``N.C.`` where nothing
        sounds. Empty for a Score without pitched notes. An unaccompanied melody gets the chords that it implies:
        plain ones of its key, changing on strong beats.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> triads = [(48, 60, 64, 67), (53, 60, 65, 69), (55, 59, 62, 67), (52, 60, 64, 67)]
    >>> notes = tuple(Note(960 * i, 960, pitch) for i, triad in enumerate(triads) for pitch in triad)
    >>> [chord.text for chord in recognise(Score((Part("", notes),)))]
    ['C', 'F', 'G', 'C/E']
    """
    score = heard(score)
    starts, strong = grid(score)
    is_melody = polyphony(score) < 1.1
    if is_melody:
        starts, strong = np.append(starts[:-1][strong], starts[-1]), strong[strong]
    profiles, bass = _profiles(score, starts)
    if not profiles.any():
        return ()
    estimated = estimate(score)
    key = score.keys[0] if score.keys else estimated.key if estimated else None
    scores = _template_scores(profiles, np.full_like(bass, -1) if is_melody else bass)
    if is_melody and key is not None:
        scores[:, :-1] += _key_prior(key)
        bass = np.full_like(bass, -1)
    return _symbols(_path(scores, strong), bass, starts, key.signature if key else 0)


def fit(score: Score, symbols: Sequence[Chord]) -> list[float]:
    """Share, 0 to 1, of what sounds under each chord symbol that belongs to it; 0 where nothing sounds."""
    if not symbols:
        return []
    starts = np.array([*(chord.start for chord in symbols), max(score.end, symbols[-1].start + 1)])
    weights = chroma(score, starts)
    total = weights.sum(axis=1)
    inside = [
        float(row[list(chord.pitch_classes)].sum()) if chord.root != NO_CHORD else 0.0
        for row, chord in zip(weights, symbols, strict=True)
    ]
    return [covered / duration if duration else 0.0 for covered, duration in zip(inside, total, strict=True)]


def _key_prior(key: Key) -> Weights:
    """Prior score of each chord (C,) under a melody in a key."""
    prior = np.full(12 * len(VOCABULARY), -0.4)
    for step, quality, bonus in IMPLIED[key.mode]:
        prior[12 * VOCABULARY.index(quality) + (key.pitch_class + step) % 12] = bonus
    return prior


def _profiles(score: Score, starts: NDArray[np.int64]) -> tuple[Weights, NDArray[np.int64]]:
    """Share of each pitch class in every beat (N, 12), and the pitch class of its bass (N,), -1 for none."""
    count = len(starts) - 1
    weights, lowest = np.zeros((count, 12)), np.full(count, 999)
    beat, sounding, late, pitch = overlaps(score, starts)
    length = starts[beat + 1] - starts[beat]
    np.add.at(weights, (beat, pitch % 12), sounding * np.where(late * 4 < length, 1.5, 1.0))
    # the bass: the lowest note that sounds in the first half of the beat, else the lowest of all
    np.minimum.at(lowest, beat, pitch + np.where(late * 2 < length, 0, 200))
    total = weights.sum(axis=1, keepdims=True)
    relative = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return relative, np.where(lowest < 999, lowest % 200 % 12, -1)


def _templates() -> tuple[NDArray[np.bool_], Weights]:
    """Which pitch classes each chord has (C, 12), and its penalty (C,); chord c has root c % 12."""
    inside = np.zeros((12 * len(VOCABULARY), 12), bool)
    for kind, quality in enumerate(VOCABULARY):
        for root in range(12):
            inside[12 * kind + root, [(root + step) % 12 for step in QUALITIES[quality]]] = True
    return inside, np.repeat([COST[quality] for quality in VOCABULARY], 12)


_INSIDE, _COST = _templates()


def _template_scores(weights: Weights, bass: NDArray[np.int64]) -> Weights:
    """How well each chord fits each beat (N, C + 1); the last column is silence."""
    within = weights @ _INSIDE.T.astype(float)
    missing = (weights < 0.02).astype(float) @ _INSIDE.T.astype(float)
    sounding = weights.sum(axis=1, keepdims=True)
    scores = within - OUTSIDE * (sounding - within) - ABSENT * missing - _COST
    root = np.arange(len(_COST)) % 12
    has_bass = bass[:, None] >= 0
    scores += BASS_ROOT * (has_bass & (bass[:, None] == root))
    scores += BASS_INSIDE * (has_bass & _INSIDE[:, np.maximum(bass, 0)].T)
    silent = sounding[:, 0] == 0
    scores[silent] = 0.0
    return np.concatenate([scores, np.where(silent, EMPTY, -1.0)[:, None]], axis=1)


def _path(scores: Weights, strong: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Best chord of every beat (N,) by Viterbi's algorithm, with a penalty for changes."""
    count, kinds = scores.shape
    best, backpointers = scores[0].copy(), np.zeros((count, kinds), np.int64)
    states = np.arange(kinds)
    penalty = np.where(strong, CHANGE_STRONG, CHANGE_BEAT)
    for step in range(1, count):
        top = int(best.argmax())
        moves = best[top] - penalty[step] > best
        backpointers[step] = np.where(moves, top, states)
        best = np.where(moves, best[top] - penalty[step], best) + scores[step]
    path = np.empty(count, np.int64)
    path[-1] = best.argmax()
    for step in range(count - 1, 0, -1):
        path[step - 1] = backpointers[step, path[step]]
    return path


def _symbols(
    path: NDArray[np.int64], bass: NDArray[np.int64], starts: NDArray[np.int64], sharps: int
) -> tuple[Chord, ...]:
    """Chord symbols of a path, one at each change."""

    def spelled(pitch_class: int) -> str:
        centre = sharps + 1
        return note_name((pitch_class * 7 - centre + 5) % 12 - 5 + centre)

    symbols = []
    for first in [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]:
        chord = int(path[first])
        if chord == len(_COST):
            symbols.append(Chord(int(starts[first]), NO_CHORD))
            continue
        low = int(bass[first])
        is_slash = low >= 0 and low != chord % 12 and _INSIDE[chord, low]
        slash = spelled(low) if is_slash else ""
        symbols.append(Chord(int(starts[first]), spelled(chord % 12), VOCABULARY[chord // 12], slash))
    return tuple(symbols)
