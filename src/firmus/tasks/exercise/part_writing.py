"""Figured bass, four-part harmonisation and counterpoint by species: the model composes, the pupil fills the voices.

The chords are drawn as those of chorales follow each other, one a beat; of what is composed over them the version is
taken that breaks fewest rules. A cantus is the end of a melody without repetitions; its counterpoint is searched.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np

from firmus import tasks
from firmus.analysis.figured_bass import figured, plain
from firmus.analysis.part_writing.voices import read_voices
from firmus.composing.levels import level
from firmus.composing.progressions import Step, progressions
from firmus.composing.rule_based.counterpoint import against, broken
from firmus.errors import ModelError
from firmus.score import TICKS_PER_QUARTER, Key, Meter, Note, Part, Score, Tempo
from firmus.tasks.exercise.exercises import CHOIR, Exercise, alone, by_rule, seed_of
from firmus.tasks.exercise.hearing import penalty
from firmus.tasks.exercise.melodies import melody
from firmus.work import Brief, Work

COUNT, TRIES = 8, 6  # versions of a progression, and progressions
DRAWN = 12  # progressions of which the most varied is taken
LONGER = 4  # the level from which there are four bars
NUMERALS = {
    "major": (("I", "IV", "V"), ("vi", "ii"), ("V7", "iii", "viio")),
    "minor": (("i", "iv", "V"), ("VI", "iio"), ("V7", "III", "viio")),
}  # fmt: skip
"""Chords of levels 1 and 2, 3 to 5, 6 to 8: each those before, too."""
CANTUS, LONG = 8, 12  # notes of a cantus
WHOLE = 4 * TICKS_PER_QUARTER
ACCEPTED = 0  # points of broken rules of an answer key at which no further progression is tried


def figured_bass(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """A bass with figures; the answer is one of many."""
    work, figures = _phrase(number, seed, figured_only=True)
    bass = work.score.parts[-1]
    skills = [
        f"key {work.score.keys[0].text}",
        *sorted({f"figure {plain(text)}" for _, text in figures} - {"figure 5"}),
    ]
    sheet = alone(replace(bass, name=""), work.score)
    return Exercise("figured-bass", number, seed, work, sheet, skills=tuple(skills), figures=tuple(figures))


def harmonisation(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """A melody to set for four voices; the answer is one of many."""
    work, _ = _phrase(number, seed, figured_only=False)
    sheet = alone(replace(work.score.parts[0], name=""), work.score)
    skills = (f"key {work.score.keys[0].text}", f"harmonisation {work.score.keys[0].mode}")
    return Exercise("harmonisation", number, seed, work, sheet, skills=skills)


def _phrase(number: int, seed: int, *, figured_only: bool) -> tuple[Work, list[tuple[int, str]]]:
    """A phrase in four voices with a chord a beat and the figures of its bass, of as few broken rules as is found."""
    generator, own = np.random.default_rng([seed, number]), level(number)
    best: tuple[tuple[bool, int], Work, list[tuple[int, str]]] | None = None
    for attempt in range(TRIES):
        key = Key.parse(str(generator.choice(list(own.keys))))
        plainer = number if attempt < 2 else min(number, LONGER - 1)  # fewer chords, and shorter, where none came out
        count = 4 if plainer >= LONGER else 2
        brief = Brief(
            style="chorale", level=number, key=key.text, meter="4/4", bars=count + 1, effort="quick", form="none",
            chords=_chords(key, count, plainer, generator), count=COUNT, seed=seed_of(seed, attempt * COUNT),
        )  # fmt: skip
        for work in tasks.run_verb("compose", brief):
            figures = figured(read_voices(work.score), key)
            if figured_only and (figures is None or not {plain(text) for _, text in figures} <= set(own.figures)):
                continue
            is_dull = figured_only and number > 1 and {plain(text) for _, text in figures or ()} == {"5"}
            points = is_dull, penalty(work.score)
            if best is None or points < best[0]:
                best = points, replace(work, score=replace(work.score, chords=())), figures or []
        if best and best[0] <= (False, ACCEPTED):
            break
    if best is None:
        raise ModelError(
            f"no bass with the figures of level {number} was composed in {TRIES} attempts: give another seed"
        )
    return best[1], best[2]


def _chords(key: Key, count: int, number: int, generator: np.random.Generator) -> str:
    """Chords of some bars, one a beat, that begin at home and end with a cadence on the bar after them."""
    table = progressions("chorale", key.mode)
    home, dominant = ("I", "V") if key.mode == "major" else ("i", "V")
    groups = NUMERALS[key.mode][: 1 if number < 3 else 2 if number < 6 else 3]
    within = frozenset(each for group in groups for each in group)
    steps = [Step(bar, beat) for bar in range(count) for beat in range(4)]
    required = {0: (home,), len(steps) - 1: (dominant,), len(steps): (home,)}
    if table is None:
        raise ModelError(f"no progressions of chorales in {key.mode} are known")
    several = [table.draw([*steps, Step(count, 0)], required, generator, within=within) for _ in range(DRAWN)]
    drawn = max(several, key=lambda each: len(set(pairwise(each))) - sum(one == two for one, two in pairwise(each)))
    bars = [",".join(drawn[bar * 4 : bar * 4 + 4]) for bar in range(count)]
    return " ".join([*bars, home])


def counterpoint(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """A cantus, to which a counterpoint of the level's species is written above; the answer is one of many."""
    generator, own = np.random.default_rng([seed, number]), level(number)
    best: tuple[int, Score] | None = None
    for attempt in range(TRIES):
        score = against(cantus(number, seed_of(seed, 1000 * attempt)), own.species, generator)
        points = broken(score, own.species)
        if best is None or points < best[0]:
            best = points, score
        if not points:
            break
    score = best[1] if best else score
    work, sheet = by_rule(number, seed, score), alone(score.parts[1], score)
    skills = (f"species {own.species}", f"mode {score.keys[0].mode}")
    return Exercise("counterpoint", number, seed, work, sheet, skills=skills, species=own.species)


def cantus(number: int, seed: int) -> Score:
    """A cantus firmus in whole notes: a composed melody without repetitions, that begins and ends on the tonic.

    Its last step falls to the tonic, and it has one highest note.
    """
    score = melody(min(number, 3), seed, 8).score
    key = score.keys[0]
    line = [pitch for pitch, _ in groupby(note.pitch for note in score.parts[0].notes)]
    tonic = min(
        (pitch for pitch in range(36, 84) if pitch % 12 == key.pitch_class), key=lambda each: abs(each - line[-1])
    )
    inner = [pitch for pitch, _ in groupby(_smooth(line[:-1], tonic))][-(CANTUS if number < LONGER else LONG) + 3 :]
    supertonic = tonic + 2
    while inner and inner[-1] in (supertonic, tonic):
        inner.pop()
    pitches = [tonic, *inner, supertonic, tonic]
    if pitches[1] == tonic:
        pitches.pop(0)
    notes = tuple(Note(place * WHOLE, WHOLE, pitch) for place, pitch in enumerate(pitches))
    low = 12 if max(pitches) > 69 else 0
    part = Part("Cantus firmus", tuple(replace(note, pitch=note.pitch - low) for note in notes), CHOIR)
    return Score((part,), meters=(Meter(0, 4, 4),), tempi=(Tempo(0, 120.0),), keys=(key,))


def _smooth(line: list[int], tonic: int) -> list[int]:
    """The line within an octave around its tonic, so that a choir can sing it and a counterpoint stand above it."""
    return [pitch for pitch in line if tonic - 5 <= pitch <= tonic + 9]
