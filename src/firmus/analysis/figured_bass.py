"""Figured bass: the figures of the chords over a bass, as they are written under it.

Conventions: a triad in root position has none but is written ``5`` here; 6 and 6/4 are its inversions, 7, 6/5, 4/3 and
4/2 those of a seventh chord. A tone that is not in the key is marked before its figure (``#6``), the third alone by its
sign (``#``). Source: E. Aldwell & C. Schachter, *Harmony and Voice Leading*, chapter 4.
"""

from __future__ import annotations

from firmus.analysis.part_writing.harmony import Sonority, sonority
from firmus.analysis.part_writing.voices import Texture
from firmus.score import Key

TRIAD = ("5", "6", "6/4")
SEVENTH = ("7", "6/5", "4/3", "4/2")
FIGURES = (*TRIAD, *SEVENTH)
"""Every figure, without signs."""


def figured(texture: Texture, key: Key) -> list[tuple[int, str]] | None:
    """Tick and figures of each note of the bass; None where one of them bears no chord that is sure.

    Examples
    --------
    >>> from firmus.analysis.part_writing.voices import read_voices
    >>> from firmus.score import Note, Part, Score
    >>> chords = ((72, 67, 64, 48), (74, 67, 65, 47), (72, 67, 64, 48))
    >>> parts = (Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))) for line in zip(*chords))
    >>> figured(read_voices(Score(tuple(parts))), Key.parse("C major"))
    [(0, '5'), (480, '6/5'), (960, '5')]
    """
    found = []
    for tone in texture.voices[-1]:
        sounding = [texture.at(voice, tone.start) for voice in range(len(texture.voices))]
        chord = sonority(tone.start, [each for each in sounding if each])
        if chord is None or None in sounding:
            return None
        found.append((tone.start, _figures(chord, key)))
    return found


def plain(figures: str) -> str:
    """Figures without signs.

    Examples
    --------
    >>> plain("#"), plain("#6/4"), plain("6")
    ('5', '6/4', '6')
    """
    return figures.replace("#", "").replace("b", "") or "5"


def _figures(chord: Sonority, key: Key) -> str:
    is_seventh = 3 in chord.members
    usual = (SEVENTH if is_seventh else TRIAD)[chord.inversion]
    signature = {(key.pitch_class + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    if key.mode != "major":
        signature = {(key.pitch_class + step) % 12 for step in (0, 2, 3, 5, 7, 8, 10)}
    bass, shown = chord.tones[-1], usual
    for tone in chord.tones[:-1]:
        if tone.pitch % 12 in signature:
            continue
        size = (tone.place - bass.place) % 7 + 1
        sign = "#" if (tone.pitch - 1) % 12 in signature else "b"
        if size == 3 and usual == "5":
            shown = sign
        elif str(size) in usual:
            shown = usual.replace(str(size), f"{sign}{size}")
        elif sign not in shown:
            shown = f"{usual}/{sign}{size}" if size < 8 else usual
    return shown
