"""Which chords a Score sounds: the best path through templates, beat by beat.

Method: the weight of each pitch class in a beat against templates of chords (T. Fujishima, Realtime Chord
Recognition of Musical Sound, ICMC 1999), the bass counted apart, and a path that changes rarely, and rather on
strong beats (A. Sheh & D. Ellis, Chord Segmentation and Recognition using EM-trained HMMs, ISMIR 2003; found by
Viterbi's algorithm). Chords are named as a lead sheet names them; a bass that is another note of the chord is
written as a slash chord.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmus.analysis.beats import grid, shares, weights_of
from firmus.analysis.features import polyphony
from firmus.analysis.keys import estimate
from firmus.pitch import NO_CHORD, QUALITIES, note_name
from firmus.score import Chord, Key, Score

FOUND = ("", "m", "7", "maj7", "m7", "dim", "m7b5", "dim7", "aug", "sus4")  # qualities that are looked for
COST = {"": 0.0, "m": 0.0, "7": 0.08, "maj7": 0.13, "m7": 0.12, "dim": 0.08, "m7b5": 0.12, "dim7": 0.14,
        "aug": 0.16, "sus4": 0.15}  # fmt: skip
OUTSIDE, ABSENT, BASS_ROOT, BASS_INSIDE = 1.1, 0.12, 0.30, 0.10
CHANGE_STRONG, CHANGE_BEAT = 0.35, 0.75
EMPTY = 0.15  # what silence scores
IMPLIED = {  # steps above the tonic, quality, and how soon one thinks of it under a melody
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
    """Chord symbols for a Score from its pitched notes; its own `chords` are not looked at.

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
    starts, strong = grid(score)
    is_melody = polyphony(score) < 1.1
    if is_melody:
        starts, strong = np.append(starts[:-1][strong], starts[-1]), strong[strong]
    weights, bass = _weights(score, starts)
    if not weights.any():
        return ()
    found = estimate(score)
    key = score.keys[0] if score.keys else found.key if found else None
    marks = _marks(weights, np.full_like(bass, -1) if is_melody else bass)
    if is_melody and key is not None:
        marks[:, :-1] += _in_key(key)
        bass = np.full_like(bass, -1)
    return _symbols(_path(marks, strong), bass, starts, key.signature if key else 0)


def fit(score: Score, symbols: Sequence[Chord]) -> list[float]:
    """Share, 0 to 1, of what sounds under each chord symbol that belongs to it; 0 where nothing sounds."""
    if not symbols:
        return []
    starts = np.array([*(chord.start for chord in symbols), max(score.end, symbols[-1].start + 1)])
    sound = weights_of(score, starts)
    total = sound.sum(axis=1)
    inside = [
        float(row[list(chord.pitch_classes)].sum()) if chord.root != NO_CHORD else 0.0
        for row, chord in zip(sound, symbols, strict=True)
    ]
    return [own / whole if whole else 0.0 for own, whole in zip(inside, total, strict=True)]


def _in_key(key: Key) -> Weights:
    """How much sooner each chord (C,) is thought of under a melody in a key."""
    prior = np.full(12 * len(FOUND), -0.4)
    for step, quality, mark in IMPLIED[key.mode]:
        prior[12 * FOUND.index(quality) + (key.pitch_class + step) % 12] = mark
    return prior


def _weights(score: Score, starts: NDArray[np.int64]) -> tuple[Weights, NDArray[np.int64]]:
    """Share of each pitch class in every beat (N, 12), and the pitch class of its bass (N,), -1 for none."""
    count = len(starts) - 1
    weights, lowest = np.zeros((count, 12)), np.full(count, 999)
    place, sounding, late, pitch = shares(score, starts)
    length = starts[place + 1] - starts[place]
    np.add.at(weights, (place, pitch % 12), sounding * np.where(late * 4 < length, 1.5, 1.0))
    # the bass: the lowest note that sounds in the first half of the beat, else the lowest of all
    np.minimum.at(lowest, place, pitch + np.where(late * 2 < length, 0, 200))
    total = weights.sum(axis=1, keepdims=True)
    relative = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return relative, np.where(lowest < 999, lowest % 200 % 12, -1)


def _templates() -> tuple[NDArray[np.bool_], Weights]:
    """Which pitch classes each chord has (C, 12), and what naming it costs (C,); chord c has root c % 12."""
    inside = np.zeros((12 * len(FOUND), 12), bool)
    for kind, quality in enumerate(FOUND):
        for root in range(12):
            inside[12 * kind + root, [(root + step) % 12 for step in QUALITIES[quality]]] = True
    return inside, np.repeat([COST[quality] for quality in FOUND], 12)


_INSIDE, _COST = _templates()


def _marks(weights: Weights, bass: NDArray[np.int64]) -> Weights:
    """How well each chord fits each beat (N, C + 1); the last column is silence."""
    within = weights @ _INSIDE.T.astype(float)
    missing = (weights < 0.02).astype(float) @ _INSIDE.T.astype(float)
    sounding = weights.sum(axis=1, keepdims=True)
    marks = within - OUTSIDE * (sounding - within) - ABSENT * missing - _COST
    root = np.arange(len(_COST)) % 12
    has_bass = bass[:, None] >= 0
    marks += BASS_ROOT * (has_bass & (bass[:, None] == root))
    marks += BASS_INSIDE * (has_bass & _INSIDE[:, np.maximum(bass, 0)].T)
    silent = sounding[:, 0] == 0
    marks[silent] = 0.0
    return np.concatenate([marks, np.where(silent, EMPTY, -1.0)[:, None]], axis=1)


def _path(marks: Weights, strong: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Best chord of every beat (N,), changes having their price."""
    count, kinds = marks.shape
    best, came = marks[0].copy(), np.zeros((count, kinds), np.int64)
    every = np.arange(kinds)
    price = np.where(strong, CHANGE_STRONG, CHANGE_BEAT)
    for step in range(1, count):
        top = int(best.argmax())
        moves = best[top] - price[step] > best
        came[step] = np.where(moves, top, every)
        best = np.where(moves, best[top] - price[step], best) + marks[step]
    path = np.empty(count, np.int64)
    path[-1] = best.argmax()
    for step in range(count - 1, 0, -1):
        path[step - 1] = came[step, path[step]]
    return path


def _symbols(
    path: NDArray[np.int64], bass: NDArray[np.int64], starts: NDArray[np.int64], sharps: int
) -> tuple[Chord, ...]:
    """Chord symbols of a path, one at each change."""

    def spelled(pitch_class: int) -> str:
        centre = sharps + 1
        return note_name((pitch_class * 7 - centre + 5) % 12 - 5 + centre)

    found = []
    for first in [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]:
        chord = int(path[first])
        if chord == len(_COST):
            found.append(Chord(int(starts[first]), NO_CHORD))
            continue
        low = int(bass[first])
        is_slash = low >= 0 and low != chord % 12 and _INSIDE[chord, low]
        slash = spelled(low) if is_slash else ""
        found.append(Chord(int(starts[first]), spelled(chord % 12), FOUND[chord // 12], slash))
    return tuple(found)
