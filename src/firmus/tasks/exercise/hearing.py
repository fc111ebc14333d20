"""Intervals, chords and cadences to name by ear: the first two drawn within the level, the last composed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from firmus import tasks
from firmus.analysis.part_writing import assess
from firmus.analysis.part_writing.harmony import sonorities
from firmus.analysis.part_writing.rules import WEIGHTS
from firmus.analysis.part_writing.voices import read_voices
from firmus.composing.levels import level
from firmus.errors import ModelError
from firmus.pitch import QUALITIES
from firmus.score import TICKS_PER_QUARTER, Key, Meter, Part, Score, Tempo
from firmus.tasks.exercise.exercises import INTERVALS, PIANO, Exercise, by_rule, seed_of, struck
from firmus.work import Brief, Work

LOWEST, HIGHEST = 53, 77  # of what is heard
BOTH_WAYS, TOGETHER, INVERTED = 3, 5, 4  # levels from which intervals fall too, sound at once; chords are inverted
QUALITY = {
    "major triad": "", "minor triad": "m", "diminished triad": "dim", "augmented triad": "aug",
    "dominant seventh": "7", "minor seventh": "m7", "major seventh": "maj7", "half-diminished seventh": "m7b5",
    "diminished seventh": "dim7",
}  # fmt: skip
"""Symbols of the chords of a level."""
PROGRESSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "authentic": {"major": ("I,IV V,I", "I,vi V,I", "I,ii V,I"), "minor": ("i,iv V,i", "i,VI V,i")},
    "half": {"major": ("I,IV I,V", "I,vi IV,V", "vi,IV I,V"), "minor": ("i,VI iv,V", "i,iv i,V")},
    "plagal": {"major": ("I,vi IV,I", "I,V IV,I"), "minor": ("i,VI iv,i", "i,V iv,i")},
    "deceptive": {"major": ("I,IV V,vi", "I,ii V,vi"), "minor": ("i,iv V,VI",)},
}
"""Chords of two bars that end with each cadence."""
COUNT, TRIES = 4, 6
WANTED = 8.0  # how much likelier what is wanted most is drawn


def draw(names: Sequence[str], wanted: Collection[str], skill: str, generator: np.random.Generator) -> str:
    """One of some names: more often one whose skill is wanted, the first of those most."""
    rank = {each: place for place, each in enumerate(wanted, 1)}
    weights = np.array([1 + WANTED / rank[f"{skill} {name}"] if f"{skill} {name}" in rank else 1.0 for name in names])
    return str(generator.choice(list(names), p=weights / weights.sum()))


def _score(parts: tuple[Part, ...], key: Key, bars: int) -> Score:
    end = bars * 4 * TICKS_PER_QUARTER
    return Score(parts, meters=(Meter(0, 4, 4),), tempi=(Tempo(0, 72.0),), keys=(key,), end=end)


def interval(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """Two notes, one after the other and then together."""
    generator, own = np.random.default_rng([seed, number]), level(number)
    name = draw(own.intervals, wanted, "interval", generator)
    size = INTERVALS.index(name)
    low = int(generator.integers(LOWEST, HIGHEST - size + 1))
    first, second = low, low + size
    if number >= BOTH_WAYS and generator.random() < 0.5:
        first, second = second, first
    half = 2 * TICKS_PER_QUARTER
    notes = [*struck((first,), 0, half), *struck((second,), half, half)]
    if number >= TOGETHER and generator.random() < 0.5:
        notes = []
    end = 2 * half if notes else 0
    notes += struck((first, second), end, 2 * half)
    score = _score((Part("", tuple(notes), PIANO),), Key(0, "C"), (end + 2 * half) // (2 * half))
    skills = (f"interval {name}",)
    work = by_rule(number, seed, score)
    return Exercise("interval", number, seed, work, None, score, name, own.intervals, skills)


def chord(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """A chord, broken and then struck."""
    generator, own = np.random.default_rng([seed, number]), level(number)
    name = draw(own.chords, wanted, "chord", generator)
    tones = list(QUALITIES[QUALITY[name]])
    if number >= INVERTED and name not in (
        "augmented triad",
        "diminished seventh",
    ):  # the same in all inversions
        turn = int(generator.integers(0, len(tones)))
        tones = [*tones[turn:], *(tone + 12 for tone in tones[:turn])]
    low = int(generator.integers(LOWEST, 65)) - tones[0] % 12
    pitches = [low + tone for tone in tones]
    quarter = TICKS_PER_QUARTER
    notes = [note for place, pitch in enumerate(pitches) for note in struck((pitch,), place * quarter, quarter)]
    notes += struck(tuple(pitches), 4 * quarter, 4 * quarter)
    score = _score((Part("", tuple(notes), PIANO),), Key(0, "C"), 2)
    skills = (f"chord {name}",)
    return Exercise("chord", number, seed, by_rule(number, seed, score), None, score, name, own.chords, skills)


def cadence(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """A phrase in four voices that ends with a cadence.

    Raises
    ------
    ModelError
        Where the model composed none that ends so.
    """
    generator, own = np.random.default_rng([seed, number]), level(number)
    name = draw(own.cadences, wanted, "cadence", generator)
    for attempt in range(TRIES):
        key = Key.parse(str(generator.choice(list(own.keys))))
        chords = str(generator.choice(list(PROGRESSIONS[name][key.mode])))
        brief = Brief(
            style="chorale", level=number, key=key.text, meter="4/4", bars=2, chords=chords, count=COUNT,
            seed=seed_of(seed, attempt * COUNT), effort="quick", form="none",
        )  # fmt: skip
        works = [work for work in tasks.run_verb("compose", brief) if _ends(work, brief)]
        if works:
            best: Work = min(works, key=lambda work: penalty(work.score))
            best = replace(best, score=replace(best.score, chords=()))
            skills = (f"cadence {name}", f"mode {key.mode}")
            return Exercise("cadence", number, seed, best, None, best.score, name, own.cadences, skills)
    raise ModelError(f"no {name} cadence was composed in {TRIES} attempts: give another seed")


def penalty(score: Score) -> int:
    """How many rules of part writing four voices break, weighed by how grave that is."""
    return sum(WEIGHTS[finding.severity] for finding in assess(score))


def _ends(work: Work, brief: Brief) -> bool:
    """Whether the last two chords are heard as they were asked for, in root position."""
    asked = [chord for bar in brief.progression() for chord in bar][-2:]
    heard: list[tuple[int, int]] = []
    for each in sonorities(read_voices(work.score)):
        if not heard or heard[-1][0] != each.root:
            heard.append((each.root, each.inversion))
    roots = [chord.pitch_classes[0] for chord in asked]
    return [root for root, _ in heard[-2:]] == roots and heard[-1][1] == 0
