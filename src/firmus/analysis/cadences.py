"""Cadences: how phrases end, detected from chords, keys and phrases.

========== ====================================================================
authentic  V or viio to I; *perfect* where the bass goes from root to root and the melody ends on the tonic
half       a phrase ends on V
plagal     IV to I
deceptive  V to VI
========== ====================================================================

Source: W. E. Caplin, *Classical Form* (1998), chapter 3, for the kinds. A cadence is detected where a phrase of the
melody ends: the last chord before it, and the one before that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firmus.analysis.keys import KeyRegion
from firmus.analysis.melody import Phrase
from firmus.analysis.roman import numeral
from firmus.score import Chord, Key, Score
from firmus.timing import bar_at, bars


@dataclass(frozen=True, slots=True)
class Cadence:
    """A cadence that arrives at tick `start` in bar number `bar`, of a kind, in a key; confidence, 0 to 1."""

    start: int
    bar: int
    kind: str
    key: Key
    confidence: float


def cadences(
    score: Score, chords: Sequence[Chord], keys: Sequence[KeyRegion], phrases: Sequence[Phrase]
) -> tuple[Cadence, ...]:
    """Cadences of a Score, by its chords, keys and phrases.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> line = tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate([64, 65, 67, 69, 67, 65, 62, 60]))
    >>> score = Score((Part("", line),))
    >>> symbols = [Chord(0, "C"), Chord(960, "F"), Chord(1920, "G", "7"), Chord(3360, "C")]
    >>> area = [KeyRegion(0, 3840, Key(0, "C"), 0.9)]
    >>> [(each.bar, each.kind) for each in cadences(score, symbols, area, [Phrase(0, 3840, 1.0)])]
    [(2, 'authentic, perfect')]
    """
    all_bars, result = bars(score), []
    for phrase in phrases:
        index = max((number for number, chord in enumerate(chords) if chord.start < phrase.end), default=-1)
        if index < 0:
            continue
        area = [each for each in keys if each.start <= chords[index].start][-1:]
        if not area:
            continue
        before = chords[index - 1] if index else None
        kind = _kind(before, chords[index], area[0].key)
        if not kind:
            continue
        if kind == "authentic" and _is_perfect(score, before, chords[index], area[0].key, phrase):
            kind = "authentic, perfect"
        bar = all_bars[bar_at(all_bars, chords[index].start)].number
        result.append(Cadence(chords[index].start, bar, kind, area[0].key, phrase.confidence * area[0].confidence))
    return tuple(result)


def _kind(before: Chord | None, last: Chord, key: Key) -> str:
    final = numeral(last, key)
    previous = numeral(before, key) if before else ""
    tonic, submediant = ("I", "vi") if key.mode == "major" else ("i", "VI")
    dominant = previous.startswith(("V", "viio", "viiø")) and "/" not in previous
    if final in (tonic, "I") and dominant:
        return "authentic"
    if final in (tonic, "I") and previous.startswith(("IV", "iv")):
        return "plagal"
    if final.startswith(submediant) and not final.startswith(("vii", "VII")) and dominant:
        return "deceptive"
    return "half" if final in ("V", "V7") else ""


def _is_perfect(score: Score, before: Chord | None, last: Chord, key: Key, phrase: Phrase) -> bool:
    """Whether both chords are in root position, and the highest note at the end is the tonic."""
    if before is None or before.bass or last.bass or not numeral(before, key).startswith("V"):
        return False
    ends = [
        note
        for part in score.parts
        if not part.is_drums
        for note in part.notes
        if note.end >= phrase.end and note.start < phrase.end
    ]
    return bool(ends) and max(note.pitch for note in ends) % 12 == key.pitch_class
