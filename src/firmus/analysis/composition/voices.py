"""Measures of part writing: parallels, clashes, dissonances of the outer voices, how the bass and the soprano close.

Conventions
    Beats are those of the meter, a dotted quarter in 6/8; drums are left out. Where there is nothing to be measured (a
    single line has no parallels) the value is NaN.
Source
    A. Schoenberg, *Theory of Harmony* (1911), chapter IV, for what is a fault.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from firmus.analysis import keys
from firmus.analysis.beats import grid
from firmus.analysis.composition.melody import STEP, melody
from firmus.analysis.melody import bass_part
from firmus.analysis.voice_leading import parallel_motion
from firmus.score import Score

SEMITONE = (1, 11)
DISSONANT = (1, 2, 5, 6, 10, 11)  # intervals over the bass, within the octave
FIFTH = (5, 7)


def parallel_fifths(score: Score) -> float:
    """Parallel fifths of 100 moves of two parts in the same direction; doublings aside."""
    return _per_100(score, 7)


def parallel_octaves(score: Score) -> float:
    """Parallel octaves and unisons of 100 moves of two parts in the same direction; doublings aside."""
    return _per_100(score, 0)


def _per_100(score: Score, interval: int) -> float:
    counts, moves = parallel_motion(score)
    return 100 * counts[interval] / moves if moves else float("nan")


def clashes(score: Score) -> float:
    """Share of the beats with three notes and more on which two are a semitone apart, in any octave.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> chord = tuple(Note(0, 960, pitch) for pitch in (48, 64, 67))
    >>> clashes(Score((Part("", chord), Part("", (Note(0, 480, 72), Note(480, 480, 71))))))
    0.5
    """
    beats = [
        any((one - two) % 12 in SEMITONE for one, two in combinations(pitches, 2))
        for pitches in _on_beats(score)
        if len(pitches) > 2
    ]
    return float(np.mean(beats)) if beats else float("nan")


def outer_dissonances(score: Score) -> float:
    """Share of the beats on which the highest note is dissonant with the lowest: a second, fourth, tritone or seventh.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> outer_dissonances(Score((Part("", (Note(0, 480, 67), Note(480, 480, 70))), Part("", (Note(0, 960, 48),)))))
    0.5
    """
    beats = [(max(pitches) - min(pitches)) % 12 in DISSONANT for pitches in _on_beats(score) if len(pitches) > 1]
    return float(np.mean(beats)) if beats else float("nan")


def bass_close(score: Score) -> float:
    """Whether the bass moves by a fourth or a fifth, in any octave, into its last note: 1 or 0."""
    pitches = [pitch for _, pitch in bass(score)]
    moved = [pitch for pitch in pitches if pitch != pitches[-1]]
    return float((pitches[-1] - moved[-1]) % 12 in FIFTH) if moved else float("nan")


def bass(score: Score) -> list[tuple[int, int]]:
    """Start and pitch of the lowest note at each onset of the lowest part."""
    part = bass_part(score)
    notes = () if part is None else part.notes
    lowest = {note.start: note.pitch for note in reversed(notes)}
    return sorted(lowest.items())


def melody_close(score: Score) -> float:
    """Whether the melody moves by step to its last note, and that is the tonic: 1 or 0."""
    pitches = melody(score)[:, 2].tolist()
    moved = [pitch for pitch in pitches if pitch != pitches[-1]]
    key = keys.estimate(score)
    if not moved or key is None:
        return float("nan")
    return float(abs(pitches[-1] - moved[-1]) <= STEP and pitches[-1] % 12 == key.key.pitch_class)


def _on_beats(score: Score) -> list[list[int]]:
    """Pitches that sound on each beat."""
    starts = grid(score)[0][:-1]
    found: list[list[int]] = [[] for _ in starts]
    for part in score.parts:
        for note in part.notes if not part.is_drums else ():
            first, last = np.searchsorted(starts, (note.start, note.end))
            for place in range(int(first), int(last)):
                found[place].append(note.pitch)
    return found
