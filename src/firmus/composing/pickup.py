"""Pickups: the incomplete bar with which a piece begins, and the last bar that lacks what it has.

How many pieces of a style have one is known (`Style.pickup_share`); how long it is, the model says by the meter.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from firmus.composing.commission import Commission
from firmus.composing.styles import styles
from firmus.errors import InvalidBrief
from firmus.runtime import stepper
from firmus.runtime.infilling import suggest
from firmus.score import TICKS_PER_QUARTER, Meter, Score
from firmus.timing import bars
from firmus.tokens.events import vocabulary

FEWEST_BARS = 4  # of a piece that has one where none is asked for


def pickup(commission: Commission, count: int, meter: Meter, prompt: list[int], generator: np.random.Generator) -> int:
    """Ticks of the pickup of a new piece of so many bars: what is asked for, or as usual in the style, 0 for none.

    Parameters
    ----------
    commission : Commission
    count : int
    meter : Meter
    prompt : list of int
        Tokens of the first bar as far as they are known.
    generator : numpy.random.Generator

    Raises
    ------
    InvalidBrief
        Where it is no shorter than a bar.
    """
    if commission.pickup is not None:
        ticks = round(commission.pickup * TICKS_PER_QUARTER / vocabulary.UNIT) * vocabulary.UNIT
        if ticks >= meter.bar:
            raise InvalidBrief(
                f"pickup {commission.pickup:g} must be shorter than a bar of {meter.text}: "
                f"{meter.bar / TICKS_PER_QUARTER:g} quarter notes"
            )
        return ticks
    share = styles()[commission.style].pickup_share
    if count < FEWEST_BARS or not share or generator.random() >= share:
        return 0
    steps = meter.bar // vocabulary.UNIT
    allowed = (np.arange(steps) >= steps / 2) & (np.arange(steps) % (vocabulary.QUARTER // 4) == 0)
    place = suggest(stepper.load(commission.card.name), [*prompt, vocabulary.PICKUP], "PLACE", allowed, generator)
    return (steps - place) * vocabulary.UNIT


def completed(score: Score) -> Score:
    """The score whose last bar lacks what its pickup has, as long as at least half of the bar is left.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> tune = Score((Part("", (Note(0, 480, 67), Note(480, 1920, 72))),), pickup=480, end=2400)
    >>> completed(tune).end, completed(tune).parts[0].notes[1].duration
    (1920, 1440)
    """
    last = bars(score)[-1]
    end = score.end - score.pickup
    if score.end < last.end or last.number < 1 or end - last.start < score.pickup:
        return score
    parts = tuple(
        replace(part, notes=tuple(
            replace(note, duration=min(note.duration, end - note.start)) for note in part.notes if note.start < end
        ))
        for part in score.parts
    )  # fmt: skip
    return replace(score, parts=parts, chords=tuple(chord for chord in score.chords if chord.start < end), end=end)
