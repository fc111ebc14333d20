"""Measures of harmony: how roots move, whether the bass has them, chromatic notes that lead nowhere.

Conventions
    Chords are those of `firmus.analysis.chords.recognise`; where there is one part alone, the symbols written above
    it, if any.
    Keys are estimated from the notes, whatever the score says.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from firmus.analysis import chords, keys
from firmus.analysis.composition.melody import melody
from firmus.analysis.composition.voices import bass
from firmus.pitch import NO_CHORD, pitch_class
from firmus.score import TICKS_PER_QUARTER, Chord, Score
from firmus.timing import bars

FALLING_FIFTH = 5  # semitones up
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}
NEAR = 1  # semitones, by which a chromatic note is left
NEAR_BEAT = TICKS_PER_QUARTER // 8  # ticks


def falling_fifths(score: Score) -> float:
    """Share of the changes of root that fall a fifth.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> symbols = (Chord(0, "C"), Chord(1920, "F"), Chord(3840, "G"), Chord(5760, "C"))
    >>> round(falling_fifths(Score((Part("", (Note(0, 7680, 72),)),), chords=symbols)), 2)
    0.67
    """
    changes = _changes(score)
    return float(np.mean([(two - one) % 12 == FALLING_FIFTH for one, two in changes])) if changes else float("nan")


def dominant_to_tonic(score: Score) -> float:
    """Share of the changes of root that go from the dominant to the tonic."""
    changes, key = _changes(score), keys.estimate(score)
    if not changes or key is None:
        return float("nan")
    tonic = key.key.pitch_class
    return float(np.mean([((one - tonic) % 12, (two - tonic) % 12) == (7, 0) for one, two in changes]))


def chromatic_dead_ends(score: Score) -> float:
    """Share of the melody's notes that are outside the scale and not left by a semitone.

    Scales are those of the keys that the piece passes through; in minor, sixth and seventh of both kinds belong to it.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> line = [60, 62, 64, 65, 67, 65, 64, 62, 60, 61, 62, 64, 60, 66, 60, 60]
    >>> chromatic_dead_ends(Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))),)))
    0.0625
    """
    line, areas = melody(score), keys.regions(score)
    if len(line) < 2 or not areas:
        return float("nan")
    found, following, before = [], -1, -1  # the next other pitch, and the one read before
    for start, _, pitch in reversed(line.tolist()):
        following, before = (following if pitch == before else before), pitch
        key = next((area.key for area in reversed(areas) if area.start <= start), areas[0].key)
        outside = (pitch - key.pitch_class) % 12 not in SCALES[key.mode]
        found.append(outside and (following < 0 or abs(following - pitch) > NEAR))
    return float(np.mean(found))


def bass_on_root(score: Score) -> float:
    """Share of the bars on whose first beat the bass plays the root of the chord.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> pad = Part("", tuple(Note(0, 3840, pitch) for pitch in (60, 64, 67)), program=89)
    >>> bass_on_root(Score((pad, Part("", (Note(0, 960, 36), Note(960, 2880, 43)), program=33))))
    0.5
    """
    line = np.array(bass(score), np.int64).reshape(-1, 2)
    symbols = [chord for chord in _symbols(score) if chord.root != NO_CHORD]
    if not len(line) or not symbols:
        return float("nan")
    found = []
    for bar in bars(score):
        sounding = [chord for chord in symbols if chord.start <= bar.start]
        if bar.number > 0 and sounding:
            struck = line[np.abs(line[:, 0] - bar.start) <= NEAR_BEAT, 1] % 12
            found.append(pitch_class(sounding[-1].root) in struck)
    return float(np.mean(found)) if found else float("nan")


def _symbols(score: Score) -> Sequence[Chord]:
    """Written symbols of a melody alone (none are recognised there: its harmony is a guess), else what sounds."""
    return score.chords if len(score.parts) == 1 else chords.recognise(score)


def _changes(score: Score) -> list[tuple[int, int]]:
    """Pairs of different roots that follow each other."""
    roots = [pitch_class(chord.root) for chord in _symbols(score) if chord.root != NO_CHORD]
    return [(one, two) for one, two in pairwise(roots) if one != two]
