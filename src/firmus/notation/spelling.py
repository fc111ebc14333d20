"""Pitch spelling, and which accidentals are printed.

A pitch of the key's scale takes the scale's name (minor: with raised sixth and seventh). Any other takes, in
this order: its name in the chord in force, if there is a chord symbol; the name that leads by a
semitone to the next note of its line (up: a raised tone, down: a lowered one); else the name nearest to the
key's centre on the line of fifths.
"""

from __future__ import annotations

from functools import lru_cache

from firmus.pitch import ACCIDENTALS, NO_CHORD, STEPS, fifths, note_name
from firmus.score import Chord, Key

# Places on the line of fifths above the root for each interval of a chord.
_CHORD_FIFTHS = {
    "": (0, 4, 1), "m": (0, -3, 1), "7": (0, 4, 1, -2), "maj7": (0, 4, 1, 5), "m7": (0, -3, 1, -2), "dim": (0, -3, -6),
    "dim7": (0, -3, -6, -9), "m7b5": (0, -3, -6, -2), "aug": (0, 4, 8), "aug7": (0, 4, 8, -2), "mM7": (0, -3, 1, 5),
    "6": (0, 4, 1, 3), "m6": (0, -3, 1, 3), "sus2": (0, 2, 1), "sus4": (0, -1, 1), "7sus4": (0, -1, 1, -2),
    "5": (0, 1), "add9": (0, 4, 1, 2), "9": (0, 4, 1, -2, 2), "maj9": (0, 4, 1, 5, 2), "m9": (0, -3, 1, -2, 2),
    "11": (0, 4, 1, -2, 2, -1), "13": (0, 4, 1, -2, 2, 3), "7b9": (0, 4, 1, -2, -5), "7#9": (0, 4, 1, -2, 9),
    "7b5": (0, 4, -6, -2),
}  # fmt: skip


def spelled(pitch: int, key: Key, chord: Chord | None = None, following: int | None = None) -> tuple[str, int, int]:
    """Letter, alteration and octave of a pitch.

    Parameters
    ----------
    pitch : int
        MIDI number.
    key : Key
    chord : Chord, optional
        The chord symbol in force.
    following : int, optional
        MIDI number of the next note of the same line.

    Examples
    --------
    >>> spelled(61, Key(0, "D")), spelled(63, Key(0, "C", "minor")), spelled(68, Key(0, "A", "minor"))
    (('C', 1, 4), ('E', -1, 4), ('G', 1, 4))
    >>> spelled(66, Key(0, "C"), following=67), spelled(66, Key(0, "C"), following=65)
    (('F', 1, 4), ('G', -1, 4))
    """
    move = following - pitch if following is not None and abs(following - pitch) == 1 else 0
    place = _place(pitch % 12, key.tonic, key.mode, chord.root + ":" + chord.quality if chord else "", move)
    name = note_name(place)
    alteration = ACCIDENTALS[name[1:]]
    return name[0], alteration, (pitch - STEPS[name[0]] - alteration) // 12 - 1


@lru_cache(maxsize=8192)
def _place(pitch_class: int, tonic: str, mode: str, chord: str, move: int) -> int:
    tonic_place = fifths(tonic)
    scale = (-1, 0, 1, 2, 3, 4, 5) if mode == "major" else (-4, -3, -2, -1, 0, 1, 2, 3, 5)
    for degree in scale:
        if _pitch_class(tonic_place + degree) == pitch_class:
            return tonic_place + degree
    root, _, quality = chord.partition(":")
    if root and root != NO_CHORD:
        for interval in _CHORD_FIFTHS[quality]:
            place = fifths(root) + interval
            if _pitch_class(place) == pitch_class and -8 <= place <= 12:
                return place
    if move:
        names = [place for place in range(tonic_place - 8, tonic_place + 13) if _pitch_class(place) == pitch_class]
        goal = next(
            (
                tonic_place + degree
                for degree in scale
                if _pitch_class(tonic_place + degree) == (pitch_class + move) % 12
            ),
            None,
        )
        if goal is not None:  # a semitone with two letters is five places down or up the line
            leading = goal + (5 if move > 0 else -5)
            if leading in names and -10 <= leading <= 12:
                return leading
    centre = tonic_place + (2 if mode == "major" else 0)
    nearest = min(
        (place for place in range(-13, 16) if _pitch_class(place) == pitch_class),
        key=lambda place: abs(place - centre - 0.5),
    )
    return nearest


def _pitch_class(place: int) -> int:
    return place * 7 % 12


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
