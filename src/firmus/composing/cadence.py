"""How a piece ends where its key is a rule: the dominant, then the tonic, on which every part comes to rest."""

from __future__ import annotations

from dataclasses import replace

from firmus.runtime.constraints import Rules
from firmus.score import Key, Score
from firmus.timing import bars, beat
from firmus.tokens.events import vocabulary


def triad(key: Key) -> frozenset[int]:
    """Pitch classes of the tonic triad."""
    tonic = key.pitch_class
    return frozenset({tonic, (tonic + (4 if key.mode == "major" else 3)) % 12, (tonic + 7) % 12})


def at_rest(rules: Rules, key: Key, score: Score) -> Rules:
    """Rules by which every part holds a note of the tonic triad at the end, the last pitched part the tonic.

    A part in whose range there is none is free, and so are drums. Where chord symbols are composed, the last bar has
    the tonic's.
    """
    pitched = [place for place, part in enumerate(score.parts) if not part.is_drums]
    wanted = [triad(key) if place in pitched else frozenset[int]() for place in range(len(score.parts))]
    if pitched:
        wanted[pitched[-1]] = frozenset({key.pitch_class})
    reached = [{pitch % 12 for pitch in range(part.low, part.high + 1)} for part in rules.parts]
    final = tuple(tones if tones & there else frozenset() for tones, there in zip(wanted, reached, strict=True))
    chord = vocabulary.CHORD + vocabulary.CHORDS.index((key.pitch_class, "" if key.mode == "major" else "m"))
    return replace(rules, final=final, final_chord=chord)


def with_cadence(rules: Rules, key: Key, score: Score) -> Rules:
    """Rules, of a score that is empty at its end, for the dominant before the last bar and the tonic in it.

    On the beat before the last bar only notes of the dominant seventh sound, on the beats of the last bar only those
    of the tonic. A score of one bar has no cadence.
    """
    last = bars(score)[-1]
    step = beat(score.meters[-1])
    if last.start < step:
        return rules
    tonic = key.pitch_class
    leading = 11 if (tonic + 11) % 12 in key.scale else 10  # church modes may have none
    dominant = frozenset((tonic + interval) % 12 for interval in (7, leading, 2, 5)) & frozenset(key.scale)
    harmony = ((0, frozenset[int]()), (last.start - step, dominant), (last.start, triad(key)))
    return replace(rules, chords=tuple((start // vocabulary.UNIT, tones) for start, tones in harmony))
