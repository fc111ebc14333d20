"""Chords to a melody that is given, in a harmony that people have set songs in: traditional or modern.

What it is
    A hidden Markov model: chords are the states, a Markov chain of Roman numerals
    (`firmus.composing.progressions`); of each chord the melody tells how long it has which notes above the root. A
    progression is drawn given the whole melody, which has the tonic at the end; each seed draws another.
Paper
    I. Simon, D. Morris & S. Basu, *MySong: Automatic Accompaniment Generation for Vocal Melodies*, CHI 2008.
Conventions
    Both tables are counted on the Public Domain Song Anthology, whose songs have a traditional and a modern
    harmonisation (``benchmarks/progressions.py --learn-harmonies``).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

import numpy as np

from firmus.analysis import keys
from firmus.brief_fields import HARMONIES
from firmus.composing.progressions import Probabilities, Progressions, Step, fits, progressions
from firmus.errors import InvalidBrief, unknown
from firmus.harmony import Chord, Key, chord_of_numeral
from firmus.pitch import pitch_class
from firmus.score import TICKS_PER_QUARTER, Part, Score
from firmus.timing import bars, beat

ENDS = {"traditional": ("I", "i"), "modern": ("I", "IM7", "i", "i7")}
WEIGHT = 1.5  # of the melody against the chain


def chords_to(melody: Part, score: Score, harmony: str, generator: np.random.Generator) -> tuple[Chord, ...]:
    """Chord symbols to a melody, from the first full bar to its last note.

    Parameters
    ----------
    melody : Part
    score : Score
        Its bars and keys, each of which has chords of its own; the key that is estimated where it has none.
    harmony : str
        ``"traditional"`` or ``"modern"``.
    generator : numpy.random.Generator

    Examples
    --------
    >>> from firmus.score import Note
    >>> tune = Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate((60, 64, 67, 64, 65, 69, 67, 60))))
    >>> chords = chords_to(tune, Score((tune,), keys=(Key.parse("C major"),)), "traditional", np.random.default_rng(1))
    >>> chords[0].text, chords[-1].text
    ('C', 'C')
    """
    estimate = keys.estimate(score)
    of_score = score.keys or (estimate.key if estimate else Key(0, "C"),)
    tables = [progressions(harmony, key.plain.mode) for key in of_score]
    if tables[-1] is None:
        raise InvalidBrief(unknown("harmony", harmony, HARMONIES))
    steps, starts = _steps(score, melody.notes[-1].start, tables[-1], generator)
    edges, symbols = [*starts, score.end], list[Chord]()
    for place, (key, table) in enumerate(zip(of_score, tables, strict=True)):
        first = bisect_left(starts, key.start) if place else 0
        last = bisect_left(starts, of_score[place + 1].start) if place + 1 < len(of_score) else len(starts)
        if table is None or first >= last:
            continue
        evidence = _evidence(
            melody, edges[first : last + 1], [chord_of_numeral(each, key.plain) for each in table.numerals], harmony
        )
        closing = {last - first - 1: ENDS[harmony]} if last == len(starts) else {}
        drawn = table.draw(steps[first:last], closing, generator, evidence=evidence)
        symbols += _symbols(drawn, starts[first:last], key)
    return tuple(symbols)


def _steps(
    score: Score, last: int, table: Progressions, generator: np.random.Generator
) -> tuple[list[Step], list[int]]:
    """Where chords come, and the ticks: from the first full bar to the beat of the last note of the melody."""
    steps: list[Step] = []
    starts: list[int] = []
    for bar in bars(score):
        if bar.number == 0 or bar.start > last:
            continue
        unit = beat(bar.meter)
        places = table.rhythm(bar.meter.bar // unit, generator)
        if not steps:
            places = (0, *(each for each in places if each))
        if last < bar.end:
            final = (last - bar.start) // unit
            places = (*(each for each in places if each < final), final)
        for each in places:
            steps.append(Step(bar.number, each))
            starts.append(bar.start + each * unit)
    return steps, starts


def _evidence(melody: Part, edges: list[int], chords: list[Chord], harmony: str) -> Probabilities:
    """Likelihood (S, N) of the melody from edge to edge under each chord, up to a factor."""
    known = fits(harmony)
    usual = known[""]
    rows = np.log(np.stack([np.roll(known.get(each.quality, usual), pitch_class(each.root)) for each in chords]))
    quarters = np.zeros((len(edges) - 1, 12))
    for note in melody.notes:
        for place in range(len(edges) - 1):
            shared = min(edges[place + 1], note.end) - max(edges[place], note.start)
            if shared > 0:
                quarters[place, note.pitch % 12] += shared / TICKS_PER_QUARTER
    nats = WEIGHT * quarters @ rows.T
    likelihood: Probabilities = np.exp(nats - nats.max(axis=1, keepdims=True))
    return np.maximum(likelihood, 1e-12)


def _symbols(numerals: tuple[str, ...], starts: list[int], key: Key) -> tuple[Chord, ...]:
    """Chords in a key; one that stays is written once."""
    symbols: list[Chord] = []
    for numeral, start in zip(numerals, starts, strict=True):
        chord = replace(chord_of_numeral(numeral, key.plain), start=start)
        if not symbols or replace(symbols[-1], start=start) != chord:
            symbols.append(chord)
    return tuple(symbols)
