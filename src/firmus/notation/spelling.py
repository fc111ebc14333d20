"""Pitch spelling, and which accidentals are printed.

What it is
    Every note of a Score is named at once, so that what sounds together agrees. The name of a pitch is voted for by the
    notes around it: each of them is taken for a tonic, and votes for the name that the pitch has in the chromatic
    harmonic scale on it (C Db D Eb E F F# G Ab A Bb B), as often as it occurs among the neighbours. A tonic is named as
    is usual in the key, from four fifths below to seven above the signature. The tonics of the key vote too, chord
    symbols for their tones, and for a pitch outside the key its line: a raised tone leads up, a lowered one down.

Paper
    D. Meredith, "The ps13 pitch spelling algorithm", Journal of New Music Research 35(2), 2006: its stage 1, with the
    key signature in place of the first note; votes of the line in place of stage 2.

Conventions
    Names are places on the line of fifths, C = 0, G = 1, F = -1. Measured by ``benchmarks/spelling.py``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from firmus.pitch import ACCIDENTALS, NO_CHORD, STEPS, fifths, note_name
from firmus.score import Chord, Key, Note, Score

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Spelling = tuple[str, int, int]
"""Letter, alteration, octave."""

NEIGHBOURS = 20  # before and after a note
_TONIC, _CHORD, _NEXT, _LAST = 0.1, 1.5, 0.4, 0.2  # votes beside those of the neighbours, which are 1 in all
_LOWEST, _PLACES = -15, 35  # F double flat to B double sharp
_HARMONIC = np.array([0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5])  # fifths above a tonic, by semitones above it
# Places on the line of fifths above the root for each interval of a chord.
_CHORD_FIFTHS = {
    "": (0, 4, 1), "m": (0, -3, 1), "7": (0, 4, 1, -2), "maj7": (0, 4, 1, 5), "m7": (0, -3, 1, -2), "dim": (0, -3, -6),
    "dim7": (0, -3, -6, -9), "m7b5": (0, -3, -6, -2), "aug": (0, 4, 8), "aug7": (0, 4, 8, -2), "mM7": (0, -3, 1, 5),
    "6": (0, 4, 1, 3), "m6": (0, -3, 1, 3), "sus2": (0, 2, 1), "sus4": (0, -1, 1), "7sus4": (0, -1, 1, -2),
    "5": (0, 1), "add9": (0, 4, 1, 2), "9": (0, 4, 1, -2, 2), "maj9": (0, 4, 1, 5, 2), "m9": (0, -3, 1, -2, 2),
    "11": (0, 4, 1, -2, 2, -1), "13": (0, 4, 1, -2, 2, 3), "7b9": (0, 4, 1, -2, -5), "7#9": (0, 4, 1, -2, 9),
    "7b5": (0, 4, -6, -2),
}  # fmt: skip


def spell(score: Score) -> list[list[Spelling]]:
    """Name every note of every part; drums, which have no pitch, are ``("C", 0, 4)``.

    Examples
    --------
    >>> from firmus.score import Part
    >>> line = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((67, 66, 67, 65, 64))))
    >>> [letter + "b" * -alteration + "#" * alteration for letter, alteration, _ in spell(Score((line,)))[0]]
    ['G', 'F#', 'G', 'F', 'E']
    """
    named: list[list[Spelling]] = [[("C", 0, 4)] * len(part.notes) for part in score.parts]
    pitched = [index for index, part in enumerate(score.parts) if not part.is_drums]
    ids = [
        (note.start, note.pitch, index, place)
        for index in pitched
        for place, note in enumerate(score.parts[index].notes)
    ]
    if not ids:
        return named
    ids.sort()
    notes = [score.parts[index].notes[place] for _, _, index, place in ids]
    places = _places(score, notes, [index for _, _, index, _ in ids])
    for (_, pitch, index, place), fifth in zip(ids, places, strict=True):
        named[index][place] = _spelling(pitch, fifth)
    return named


def name(spelling: Spelling) -> str:
    """Name of a spelled note, with its octave.

    Examples
    --------
    >>> name(("E", -1, 4)), name(("F", 2, 3))
    ('Eb4', 'F##3')
    """
    letter, alteration, octave = spelling
    return letter + ("#" * alteration if alteration > 0 else "b" * -alteration) + str(octave)


def spelled(pitch: int, key: Key) -> Spelling:
    """Letter, alteration and octave of a pitch in a key, whatever stands around it.

    Examples
    --------
    >>> spelled(61, Key(0, "D")), spelled(63, Key(0, "C", "minor")), spelled(68, Key(0, "A", "minor"))
    (('C', 1, 4), ('E', -1, 4), ('G', 1, 4))
    """
    tonic = fifths(key.tonic)
    scale = (-1, 0, 1, 2, 3, 4, 5) if key.mode == "major" else (-4, -3, -2, -1, 0, 1, 2, 3, 5)
    names = [place for place in range(_LOWEST + 2, _LOWEST + _PLACES - 4) if (place * 7 - pitch) % 12 == 0]
    centre = tonic + (2.5 if key.mode == "major" else 0.5)
    return _spelling(pitch, min(names, key=lambda place: (place - tonic not in scale, abs(place - centre))))


def _spelling(pitch: int, place: int) -> Spelling:
    name = note_name(place)
    alteration = ACCIDENTALS[name[1:]]
    return name[0], alteration, (pitch - STEPS[name[0]] - alteration) // 12 - 1


def _places(score: Score, notes: Sequence[Note], parts: Sequence[int]) -> list[int]:
    """Place on the line of fifths of each note, in order of start and pitch."""
    starts, pitches = np.array([note.start for note in notes]), np.array([note.pitch for note in notes])
    signatures = np.array([key.signature for key in score.keys] or [0])
    key_starts = [key.start for key in score.keys]
    in_force = np.clip(np.searchsorted(key_starts, starts, side="right") - 1, 0, None)
    signature = signatures[in_force]
    # No lowered tonic: below it stands its leading tone, on the way down too.
    lowest = np.array([fifths(key.tonic) - (5 if key.mode == "major" else 6) for key in score.keys] or [-5])[in_force]
    votes = _votes(pitches % 12, signature)
    _add_chords(votes, score.chords, notes)
    places = _elected(votes, notes)
    after, before = _neighbours(notes, parts)
    for index in np.flatnonzero((pitches * 7 - signature + 1) % 12 > 6):
        last, following = before[index], after[index]
        passing = min(last, following) >= 0 and pitches[following] - pitches[index] == pitches[index] - pitches[last]
        for other, vote in ((following, _NEXT + _LAST * passing), (last, _LAST * (not passing))):
            move = int(pitches[other] - pitches[index])
            place = places[other] + 5 * move - _LOWEST  # a semitone with two letters is five fifths away
            if other >= 0 and abs(move) <= 1 and lowest[index] <= place + _LOWEST < _LOWEST + _PLACES:
                votes[index, place] += vote
    return _elected(votes, notes)


def _votes(pitch_classes: Integers, signature: Integers) -> Floats:
    """Votes for each place, by note: those of the neighbours, and of the tonics of the signature."""
    count = len(pitch_classes)
    sums = np.zeros((count + 1, 12))
    sums[np.arange(1, count + 1), pitch_classes] = 1
    sums = sums.cumsum(axis=0)
    first = np.clip(np.arange(count) - NEIGHBOURS, 0, count)
    last = np.clip(np.arange(count) + NEIGHBOURS, 0, count)
    share = (sums[last] - sums[first]) / (last - first)[:, None]
    votes = np.zeros((count, _PLACES))
    for tonic in range(12):
        lowest = signature - 4
        names = lowest + (tonic * 7 - lowest) % 12
        places = np.clip(names + _HARMONIC[(pitch_classes - tonic) % 12] - _LOWEST, 0, _PLACES - 1)
        of_key = (signature * 7 % 12 == tonic) | ((signature + 3) * 7 % 12 == tonic)
        votes[np.arange(count), places] += share[:, tonic] + _TONIC * of_key
    return votes


def _add_chords(votes: Floats, chords: Sequence[Chord], notes: Sequence[Note]) -> None:
    """Add the votes of the chord symbols in force for their own tones."""
    starts = [chord.start for chord in chords]
    for index, note in enumerate(notes):
        place = bisect_right(starts, note.start) - 1
        if place < 0 or chords[place].root == NO_CHORD:
            continue
        root = fifths(chords[place].root)
        for interval in _CHORD_FIFTHS[chords[place].quality]:
            name = root + interval
            if (name * 7 - note.pitch) % 12 == 0 and _LOWEST <= name < _LOWEST + _PLACES:
                votes[index, name - _LOWEST] += _CHORD


def _elected(votes: Floats, notes: Sequence[Note]) -> list[int]:
    """Places with the most votes; what begins together, and what still sounds, has one name for one pitch class."""
    together: dict[tuple[int, int], Floats] = {}
    for note, own in zip(notes, votes, strict=True):
        key = (note.start, note.pitch % 12)
        together[key] = together[key] + own if key in together else own
    elected = []
    sounding: dict[int, tuple[int, int]] = {}  # by pitch class: end and place
    for note in notes:
        end, place = sounding.get(note.pitch % 12, (0, 0))
        if end <= note.start:
            place = int(together[note.start, note.pitch % 12].argmax()) + _LOWEST
        sounding[note.pitch % 12] = max(end, note.end), place
        elected.append(place)
    return elected


def _neighbours(notes: Sequence[Note], parts: Sequence[int]) -> tuple[list[int], list[int]]:
    """Index of the note that each note leads to in its part, and of the one it comes from: the nearest; -1 for none."""
    after, before = [-1] * len(notes), [-1] * len(notes)
    onsets: dict[int, list[list[int]]] = {}
    for index, (note, part) in enumerate(zip(notes, parts, strict=True)):
        groups = onsets.setdefault(part, [])
        if groups and notes[groups[-1][0]].start == note.start:
            groups[-1].append(index)
        else:
            groups.append([index])
    for groups in onsets.values():
        for group, following in pairwise(groups):
            for one in group:
                after[one] = min(following, key=lambda each: abs(notes[each].pitch - notes[one].pitch))
            for one in following:
                before[one] = min(group, key=lambda each: abs(notes[each].pitch - notes[one].pitch))
    return after, before


class Accidentals:
    """Accidentals in force on one staff in one bar: those of the signature, then those written."""

    def __init__(self, signature: int) -> None:
        self._key = dict.fromkeys(STEPS, 0)
        for index in range(abs(signature)):
            self._key["FCGDAEB"[index] if signature > 0 else "BEADGCF"[index]] = 1 if signature > 0 else -1
        self._written: dict[tuple[str, int], int] = {}

    def needed(self, letter: str, alteration: int, octave: int) -> bool:
        """Whether a note needs an accidental; it then holds for its line or space to the end of the bar."""
        if self._written.get((letter, octave), self._key[letter]) == alteration:
            return False
        self._written[letter, octave] = alteration
        return True
