"""Pitches as ABC letters: the spelling nearest to the key, and an accidental only where needed."""

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
        self.written: dict[int, int] = {}
        self.recent: dict[str, int] = {}
        self.tied: dict[int, int] = {}
        for pitch in tied:
            alteration = spelled(pitch, self.key)[1]
            natural = pitch - alteration
            both = self.tied.get(natural, alteration) != alteration
            self.tied[natural] = _UNCLEAR if both else alteration

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
        name = _letters(letter, octave)
        if continued and self.tied.get(natural) == alteration:
            return name
        is_clear = self.tied.get(natural, alteration) == alteration == self.recent.get(letter, alteration)
        if is_clear and self.written.get(natural, self.alterations.get(letter, 0)) == alteration:
            return name
        self.written[natural] = self.recent[letter] = alteration
        return _MARKS[alteration] + name


def _letters(letter: str, octave: int) -> str:
    if octave > 4:
        return letter.lower() + "'" * (octave - 5)
    return letter + "," * (4 - octave)
