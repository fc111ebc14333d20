"""Part writing, judged as a teacher of harmony and counterpoint does: which rule is broken where, and by which voices.

`voices` reads the voices of a Score, `harmony` names what sounds on a beat; `motion`, `chord_use` and `species` hold
the rules, a function each, and `rules` what each of them is called, how grave it is and why it is one. No model answer
is compared: whatever breaks no rule is right.

Source: E. Aldwell & C. Schachter, *Harmony and Voice Leading*, chapters 5 to 11, for four parts; J. J. Fux, *Gradus ad
Parnassum* (1725), book 1, for the species; `benchmarks/teaching.py` measures false alarms and recall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from firmus.analysis.part_writing import chord_use, motion, species
from firmus.analysis.part_writing.rules import Finding
from firmus.analysis.part_writing.voices import Texture, read_voices
from firmus.errors import InvalidBrief
from firmus.score import Score

VOICES = 4
SPECIES = (1, 2, 3, 4, 5)
Check = Callable[[Texture], Iterator[Finding]]
FOUR_PARTS: tuple[Check, ...] = (*motion.CHECKS, *motion.OF_FOUR_PARTS, *chord_use.CHECKS)


def assess(score: Score, kind: int | None = None) -> tuple[Finding, ...]:
    """Every broken rule of an exercise, in order of time.

    Parameters
    ----------
    score : Score
        Four voices, on as many staves as there are, or on two with two voices each.
    kind : int, optional
        1 to 5 where it is counterpoint of that species, in two voices.

    Raises
    ------
    InvalidBrief
        Where there are other voices than that.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> chords = ((72, 67, 64, 48), (74, 69, 65, 50), (74, 67, 59, 55), (72, 67, 64, 48))
    >>> lines = zip(*chords)
    >>> parts = tuple(Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))) for line in lines)
    >>> [(finding.rule, finding.voices) for finding in assess(Score(parts))][:2]
    [('parallel fifths', (1, 3)), ('parallel octaves', (0, 3))]
    """
    if kind is not None and kind not in SPECIES:
        raise InvalidBrief(f"species {kind}: there are five, 1 to 5")
    texture = read_voices(score)
    count = len(texture.voices)
    if count == 0:
        raise InvalidBrief("the piece has no notes of a pitch: there is nothing to assess")
    if kind is None and count != VOICES:
        hint = "; two voices are counterpoint: say --species 1 to 5" if count == 2 else ""
        raise InvalidBrief(f"the piece has {count} voices: part writing is judged in four{hint}")
    if kind is not None and count != 2:
        raise InvalidBrief(f"the piece has {count} voices: counterpoint by species is judged in two")
    if kind is None:
        found = [finding for check in FOUR_PARTS for finding in check(texture)]
    else:
        found = [finding for check in motion.CHECKS for finding in check(texture)]
        found += species.check(texture, kind)
    return tuple(sorted(set(found), key=lambda each: (each.tick, each.rule, each.voices)))
