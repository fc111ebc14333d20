"""Keys and chord symbols, as lanes of a Score hold them; both keep their spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, Self

from firmus._checks import MAX_TICK, within
from firmus.errors import InvalidScore, unknown
from firmus.pitch import NO_CHORD, QUALITIES, QUALITY_SPELLINGS, fifths, note_name, pitch_class

NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
NUMERAL = re.compile(
    r"([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(o|ø|\+|sus4|sus2)?(M?7|M?65|M?43|M?42|M?2|64|6)?"
    r"(?:/([b#]?(?:VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)))?"
)
CHURCH_MODES: dict[str, tuple[int, Literal["major", "minor"], tuple[int, ...]]] = {
    "ionian": (0, "major", (0, 2, 4, 5, 7, 9, 11)), "dorian": (-2, "minor", (0, 2, 3, 5, 7, 9, 10)),
    "phrygian": (-4, "minor", (0, 1, 3, 5, 7, 8, 10)), "lydian": (1, "major", (0, 2, 4, 6, 7, 9, 11)),
    "mixolydian": (-1, "major", (0, 2, 4, 5, 7, 9, 10)), "aeolian": (-3, "minor", (0, 2, 3, 5, 7, 8, 10)),
    "locrian": (-5, "minor", (0, 1, 3, 5, 6, 8, 10)),
}  # fmt: skip
"""Sharps that a mode has more than the major key on its tonic, the family of its third, and its scale."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, from `start` (ticks) on; the signature has at most seven sharps or flats.

    Parameters
    ----------
    start : int
    tonic : str
    mode : {"major", "minor"}
        Of the third above the tonic.
    church_mode : str
        One of `CHURCH_MODES`, such as ``"dorian"``; ``""`` for plain major and minor.
    """

    start: int
    tonic: str
    mode: Literal["major", "minor"] = "major"
    church_mode: str = ""

    def __post_init__(self) -> None:
        within("key start", self.start, 0, MAX_TICK)
        if self.mode not in ("major", "minor"):
            raise InvalidScore(f"mode {self.mode!r} of key {self.tonic!r} must be 'major' or 'minor'")
        if self.church_mode and CHURCH_MODES.get(self.church_mode, (0, "", ()))[1] != self.mode:
            raise InvalidScore(f"a {self.mode} key cannot be {self.church_mode!r}: {', '.join(CHURCH_MODES)}")
        if not -7 <= self.signature <= 7:
            raise InvalidScore(
                f"there is no key {self.text!r}: its signature would have {abs(self.signature)} "
                f"{'sharps' if self.signature > 0 else 'flats'}, and seven is the most; spell it enharmonically"
            )

    @classmethod
    def parse(cls, text: str, start: int = 0) -> Self:
        """Read ``"G minor"``, ``"Bb"``, ``"f# min"``, ``"Am"`` or ``"D dorian"``.

        Examples
        --------
        >>> Key.parse("G minor").text, Key.parse("Bb").text, Key.parse("Am").text, Key.parse("D dor").text
        ('G minor', 'Bb major', 'A minor', 'D dorian')
        """
        match = re.fullmatch(r"\s*([A-Ga-g])([#b♯♭]?)[\s-]*([A-Za-z]*)\s*", text)
        mode = _mode(match[3]) if match else None
        if match is None or mode is None:
            raise InvalidScore(f"there is no key {text!r}: write it as 'G minor', 'Bb major' or 'D dorian'")
        tonic = match[1].upper() + match[2].replace("♯", "#").replace("♭", "b").lower()
        if mode in CHURCH_MODES:
            return cls(start, tonic, CHURCH_MODES[mode][1], mode)
        return cls(start, tonic, "minor" if mode == "minor" else "major")

    @classmethod
    def from_signature(cls, sharps: int, mode: Literal["major", "minor"], start: int = 0) -> Self:
        """Key of a signature; `sharps` is negative for flats.

        Examples
        --------
        >>> Key.from_signature(-2, "minor").text
        'G minor'
        """
        return cls(start, note_name(sharps + (3 if mode == "minor" else 0)), mode)

    @property
    def signature(self) -> int:
        """Sharps in the signature, negative for flats."""
        if self.church_mode:
            return fifths(self.tonic) + CHURCH_MODES[self.church_mode][0]
        return fifths(self.tonic) - (3 if self.mode == "minor" else 0)

    @property
    def pitch_class(self) -> int:
        """Pitch class of the tonic."""
        return pitch_class(self.tonic)

    @property
    def scale(self) -> tuple[int, ...]:
        """Pitch classes of the scale; plain minor includes the raised sixth and seventh (melodic minor)."""
        steps: tuple[int, ...] = (0, 2, 4, 5, 7, 9, 11) if self.mode == "major" else (0, 2, 3, 5, 7, 8, 9, 10, 11)
        if self.church_mode:
            steps = CHURCH_MODES[self.church_mode][2]
        return tuple((self.pitch_class + step) % 12 for step in steps)

    @property
    def text(self) -> str:
        """As a musician says it, ``"G minor"``."""
        return f"{self.tonic} {self.church_mode or self.mode}"

    @property
    def plain(self) -> Key:
        """The major or minor key on the same tonic, which models know.

        Examples
        --------
        >>> Key.parse("D dorian").plain.text, Key.parse("E# locrian").plain.text
        ('D minor', 'F minor')
        """
        if not self.church_mode:
            return self
        centre = fifths(self.tonic) - (3 if self.mode == "minor" else 0)
        return Key.from_signature(centre if -7 <= centre <= 7 else (centre + 5) % 12 - 5, self.mode, self.start)

    def transposed(self, semitones: int) -> Key:
        """Key so many semitones higher, with at most six sharps or flats where it changes.

        Examples
        --------
        >>> Key.parse("D dorian").transposed(2).text, Key(0, "C").transposed(-2).text
        ('E dorian', 'Bb major')
        """
        shift = _fifths_of(semitones)
        signature = self.signature + shift
        if not -6 <= signature <= 6:
            shift += (signature + 5) % 12 - 5 - signature
        return replace(self, tonic=note_name(fifths(self.tonic) + shift))


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord symbol that holds from `start` (ticks) until the next one.

    Parameters
    ----------
    start : int
    root : str
        Spelled note name, or ``"N.C."`` for no chord.
    quality : str
        A key of `QUALITIES`: ``""`` is major, ``"m"`` minor, ``"7"`` a dominant seventh.
    bass : str
        Spelled note name; ``""`` where the bass is the root.
    """

    start: int
    root: str
    quality: str = ""
    bass: str = ""

    def __post_init__(self) -> None:
        within("chord start", self.start, 0, MAX_TICK)
        if self.root == NO_CHORD:
            if self.quality or self.bass:
                raise InvalidScore(f"'N.C.' takes no quality and no bass, not {self.quality!r} {self.bass!r}")
            return
        pitch_class(self.root)
        if self.quality not in QUALITIES:
            raise InvalidScore(unknown(f"quality of chord on {self.root}", self.quality, QUALITIES))
        if self.bass:
            pitch_class(self.bass)

    @classmethod
    def parse(cls, text: str, start: int = 0) -> Self:
        """Read a lead-sheet symbol; common spellings (``"Cmin7"``, ``"C-7"``, ``"CΔ"``, ``"Co"``) are known.

        Examples
        --------
        >>> Chord.parse("Bbm7/Db")
        Chord(start=0, root='Bb', quality='m7', bass='Db')
        >>> Chord.parse("F#min").text
        'F#m'
        """
        if text.strip().upper() in ("N.C.", "NC", "NONE"):
            return cls(start, NO_CHORD)
        clean = text.strip().replace("♯", "#").replace("♭", "b")
        match = re.fullmatch(r"([A-G](?:#{1,2}|b{1,2})?)([^/]*)(?:/([A-G](?:#{1,2}|b{1,2})?))?", clean)
        if not match:
            raise InvalidScore(f"{text!r} is no chord symbol: write it as Am, G7, Fmaj7 or C/E")
        quality = match[2].strip()
        return cls(start, match[1], QUALITY_SPELLINGS.get(quality, quality), match[3] or "")

    @property
    def text(self) -> str:
        """As a lead sheet writes it."""
        return self.root + self.quality + (f"/{self.bass}" if self.bass else "")

    def transposed(self, semitones: int) -> Chord:
        """Chord symbol so many semitones higher."""
        if self.root == NO_CHORD:
            return self
        shift = _fifths_of(semitones)
        root = note_name(_near_naturals(fifths(self.root) + shift))
        bass = note_name(_near_naturals(fifths(self.bass) + shift)) if self.bass else ""
        return replace(self, root=root, bass=bass)

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes of the chord, the root first; with the bass where it is another; empty for N.C."""
        if self.root == NO_CHORD:
            return ()
        root = pitch_class(self.root)
        tones = tuple((root + interval) % 12 for interval in QUALITIES[self.quality])
        bass = (pitch_class(self.bass),) if self.bass else ()
        return tones + tuple(tone for tone in bass if tone not in tones)


def chord_of_numeral(text: str, key: Key) -> Chord:
    """Chord of a Roman numeral in a key; the inverse of `firmus.analysis.roman.numeral`.

    Raises
    ------
    InvalidScore

    Examples
    --------
    >>> in_g = Key.parse("G minor")
    >>> [chord_of_numeral(text, in_g).text for text in "i V65 VI viio7 iv6 V7/V iiø65 bII6 IVM7".split()]
    ['Gm', 'D7/F#', 'Eb', 'F#dim7', 'Cm/Eb', 'A7', 'Am7b5/C', 'Ab/C', 'Cmaj7']
    """
    match = NUMERAL.fullmatch(text.strip().replace("♭", "b").replace("♯", "#").replace("°", "o"))
    if match is None:
        raise InvalidScore(f"{text!r} is no Roman numeral: write it as I, ii7, V65, viio7 or V7/V")
    shift, degree, mark, figures, target = match.groups()
    tonic = pitch_class(chord_of_numeral(target, key).root) if target else key.pitch_class
    minor_key = not target and key.mode == "minor"
    is_small = degree.islower()
    place = NUMERALS.index(degree.upper())
    step = (MINOR if minor_key else MAJOR)[place]
    if minor_key and place == 6 and mark in ("o", "ø") and not shift:
        step = 11  # the seventh degree is raised under a diminished triad
    root = (tonic + step + {"b": -1, "#": 1}.get(shift, 0)) % 12
    seventh = figures in ("7", "65", "43", "2", "42", "M7", "M65", "M43", "M2")
    quality = _quality(is_small, mark or "", seventh, "M" in (figures or ""))
    name = _spelled(root, key)
    inversion = {"6": 1, "65": 1, "64": 2, "43": 2, "2": 3, "42": 3}.get((figures or "").lstrip("M"), 0)
    bass = _spelled((root + QUALITIES[quality][inversion]) % 12, key) if inversion else ""
    return Chord(0, name, quality, bass)


def _quality(is_small: bool, mark: str, seventh: bool, major_seventh: bool) -> str:
    if mark == "o":
        return "dim7" if seventh else "dim"
    if mark == "ø":
        return "m7b5"
    if mark == "+":
        return "aug7" if seventh else "aug"
    if mark in ("sus4", "sus2"):
        return "7sus4" if seventh and mark == "sus4" else mark
    if seventh:
        return ("mM7" if major_seventh else "m7") if is_small else ("maj7" if major_seventh else "7")
    return "m" if is_small else ""


def _spelled(tone: int, key: Key) -> str:
    centre = key.signature + (3 if key.mode == "minor" else 1)  # leading notes are sharps
    return note_name((tone * 7 - centre + 5) % 12 - 5 + centre)


def _fifths_of(semitones: int) -> int:
    """Fewest steps on the line of fifths that make so many semitones, from -5 to 6."""
    return (semitones * 7 + 5) % 12 - 5


def _near_naturals(place: int) -> int:
    """Same pitch class, at most six places from D on the line of fifths."""
    return (place + 4) % 12 - 4


def _mode(word: str) -> str | None:
    """``major``, ``minor`` or a church mode of a word for it or its beginning; None where it is none."""
    if word in ("", "M"):
        return "major"
    if word == "m":
        return "minor"
    names = ("major", "minor", *CHURCH_MODES)
    return next((name for name in names if len(word) >= 3 and name.startswith(word.lower())), None)
