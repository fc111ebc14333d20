"""Pitches as ABC letters: the spelling nearest to the key, and an accidental only where it is needed."""

from __future__ import annotations

from collections.abc import Iterable

from firmus.formats.abc.fields import signature
from firmus.notation.spelling import spelled
from firmus.score import Key

_MARKS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_UNCLEAR = 99


class Speller:
    """Spells the notes of one voice; remembers the key and the accidentals of the bar, as a reader does."""

    def __init__(self, key: Key | None) -> None:
        self.change(key)
        self.begin_bar()

    def change(self, key: Key | None) -> None:
        """Take a new key; the accidentals of the bar still hold."""
        self.key = key or Key(0, "C")
        self.alterations = signature(self.key.signature)

    def begin_bar(self, tied: Iterable[int] = ()) -> None:
        """Forget the accidentals of the last bar, but for those of pitches that are tied over the barline."""
        self.marked: dict[int, int] = {}
        self.recent: dict[str, int] = {}
        self.carried: dict[int, int] = {}
        for pitch in tied:
            alteration = spelled(pitch, self.key)[1]
            natural = pitch - alteration
            both = self.carried.get(natural, alteration) != alteration
            self.carried[natural] = _UNCLEAR if both else alteration

    def note(self, pitch: int, *, continued: bool = False) -> str:
        """One pitch; `continued` where a tie over the barline carries its accidental.

        An accidental in another octave is cancelled, since readers differ in whether it holds there.

        Examples
        --------
        >>> speller = Speller(Key(0, "D"))
        >>> [speller.note(pitch) for pitch in (66, 65, 65, 74, 86, 50)]
        ['F', '=F', 'F', 'd', "d'", 'D,']
        """
        letter, alteration, octave = spelled(pitch, self.key)
        natural = pitch - alteration
        written = _letters(letter, octave)
        if continued and self.carried.get(natural) == alteration:
            return written
        clear = self.carried.get(natural, alteration) == alteration == self.recent.get(letter, alteration)
        if clear and self.marked.get(natural, self.alterations.get(letter, 0)) == alteration:
            return written
        self.marked[natural] = self.recent[letter] = alteration
        return _MARKS[alteration] + written


def _letters(letter: str, octave: int) -> str:
    if octave > 4:
        return letter.lower() + "'" * (octave - 5)
    return letter + "," * (4 - octave)
