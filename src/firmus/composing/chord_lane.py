"""The chord lane of a whole piece, before there are notes: phrase by phrase, each to its cadence.

Chords are drawn of those of the style (`firmus.composing.progressions`). Where a phrase comes back its chords come
back; a varied return finds its own way to the cadence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from firmus.composing.form import PHRASE, Section
from firmus.composing.progressions import Progressions, Step, progressions
from firmus.harmony import chord_of_numeral
from firmus.score import Chord, Key, Score
from firmus.timing import beat

CLOSE = 2  # bars at the end of a varied return whose chords are drawn anew
HALF_BAR = 0.4  # share of cadences whose last chord comes in the middle of the bar


def chord_lane(
    score: Score, style: str, phrases: Sequence[Section], generator: np.random.Generator, *, in_key: bool = False
) -> tuple[Chord, ...]:
    """Chord symbols for all bars of a score, in its keys; none where nothing is known of the style.

    Parameters
    ----------
    score : Score
        Its meter, keys and length.
    style : str
    phrases : sequence of Section
    generator : numpy.random.Generator
    in_key : bool
        Whether each chord must be of the key's notes alone.
    """
    meter, lane = score.meters[0], list[list[Step]]()
    beats, symbols = meter.bar // beat(meter), list[Chord]()
    key_before, numeral = None, ""
    for place, phrase in enumerate(phrases):
        start = score.pickup + phrase.first * meter.bar
        key = next(each for each in reversed(score.keys) if each.start <= start or each is score.keys[0]).plain
        table = progressions(style, key.mode)
        if table is None:
            return ()
        closes = place in (len(phrases) - 1, phrases[-1].repeats)
        steps = _steps(table, phrase, beats, closes, generator)
        if phrase.repeats is not None:
            steps = _returned(phrase, phrases[phrase.repeats], lane[phrase.repeats], steps)
        before = numeral if key_before == replace(key, start=0) else ""
        within = _diatonic(table, key) if in_key else None
        required = _required(table, phrase, steps, closes)
        drawn = table.draw(steps, required, generator, before=before, within=within)
        steps = [step._replace(numeral=each) for step, each in zip(steps, drawn, strict=True)]
        lane.append(steps)
        key_before, numeral = replace(key, start=0), steps[-1].numeral if steps else numeral
        for step in steps:
            at = start + (step.bar - phrase.first) * meter.bar + step.beat * beat(meter)
            symbols.append(replace(chord_of_numeral(step.numeral, key), start=at))
    return tuple(each for index, each in enumerate(symbols) if not index or each.text != symbols[index - 1].text)


def four_bars(count: int) -> tuple[Section, ...]:
    """Phrases of a piece without a form: four bars each, antecedents and consequents in turn; the last one closes."""
    firsts = list(range(0, max(count - PHRASE + 1, 1), PHRASE))
    lasts = [*firsts[1:], count]
    return tuple(
        Section("", first, last, cadence="half" if number % 2 == 0 and last < count else "authentic")
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    )


def _steps(
    table: Progressions, phrase: Section, beats: int, closes: bool, generator: np.random.Generator
) -> list[Step]:
    """Where the chords of a phrase come."""
    rhythms = [table.rhythm(beats, generator) for _ in range(phrase.last - phrase.first)]
    if phrase.cadence:
        in_the_middle = beats % 2 == 0 and beats > 2 and not closes and generator.random() < HALF_BAR
        rhythms[-1] = (0, beats // 2) if in_the_middle else (0,)
        if len(rhythms) > 1:
            rhythms[-2] = rhythms[-2] or (0,)
    if phrase.first == 0:
        rhythms[0] = tuple(sorted({0, *rhythms[0]}))
    return [Step(phrase.first + bar, place) for bar, rhythm in enumerate(rhythms) for place in rhythm]


def _returned(phrase: Section, source: Section, lane: Sequence[Step], own: Sequence[Step]) -> list[Step]:
    """The chords of the phrase that comes back, and from where it goes its own way its own steps."""
    same = min(phrase.last - phrase.first, source.last - source.first)
    if phrase.is_varied:
        same = min(same, phrase.last - phrase.first - CLOSE)
    moved = [step._replace(bar=step.bar - source.first + phrase.first) for step in lane]
    fork = phrase.first + same
    return [step for step in moved if step.bar < fork] + [step for step in own if step.bar >= fork]


def _required(table: Progressions, phrase: Section, steps: Sequence[Step], closes: bool) -> dict[int, tuple[str, ...]]:
    """What must stand where: the tonic at the beginning of the piece, the cadence at the end of the phrase."""
    tonic = ("i",) if "i" in table.numerals[:3] else ("I",)
    required: dict[int, tuple[str, ...]] = {0: tonic} if phrase.first == 0 and len(steps) > 1 else {}
    if phrase.cadence == "half":
        required[len(steps) - 1] = ("V",)
    elif phrase.cadence == "authentic":
        required[len(steps) - 1] = tonic
        if closes and len(steps) > 1:
            required[len(steps) - 2] = ("V", "V7")
    return required


def _diatonic(table: Progressions, key: Key) -> frozenset[str]:
    """Numerals whose notes are all of the key."""
    tones = set(key.scale)
    return frozenset(each for each in table.numerals if tones.issuperset(chord_of_numeral(each, key).pitch_classes))
