"""Melodies to read, to write down, to clap and to answer: composed within the level, the best of several for a lesson.

The model composes songs and folk tunes; of those the one is taken that a teacher would: it begins and ends at home,
moves by step more than by leap, has more than one note value, and what is new at the level.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

import numpy as np

from firmus import tasks
from firmus.composing.cadence import triad
from firmus.composing.levels import left_hand, level
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score
from firmus.tasks.exercise.exercises import CHOIR, EVEN, PIANO, RHYTHMS, Exercise, alone, melody_skills, seed_of, struck
from firmus.timing import bar_at, bars, beat
from firmus.work import Brief, Work

CANDIDATES = {"lead-sheet": 6, "folk": 3}  # of each style
PIECES = 8  # for piano, of which one is taken
SHORT = 2  # bars of a dictation below `LONGER`
LONGER = 3  # the level
FEWEST = 2.5  # notes of a bar, below which there is little to read
CLICK, FIRST_CLICK = 77, 76  # low and high wood block
ON_ONE_NOTE = 71  # B4, on the middle line


def melody(number: int, seed: int, length: int | None = None, wanted: Collection[str] = ()) -> Work:
    """The best of some melodies within a level, by `merit`; part 1 of the work is the melody, alone.

    Parameters
    ----------
    number : int
        The level.
    seed : int
    length : int, optional
        In bars; by default the level's.
    wanted : collection of str
        Skills that it had better need.
    """
    found: list[Work] = []
    for style, count in CANDIDATES.items():
        brief = Brief(
            style=style, level=number, bars=length, count=count, seed=seed_of(seed), effort="quick", form="none"
        )
        found += tasks.run_verb("compose", brief)
    alones = [replace(work, score=_plain(work.score)) for work in found]
    return max(alones, key=lambda work: merit(work.score, number, wanted))


def _plain(score: Score) -> Score:
    return replace(score, parts=(replace(score.parts[0], program=PIANO, name=""),), chords=(), sections=())


def merit(score: Score, number: int, wanted: Collection[str] = ()) -> float:
    """How good a melody is for a lesson; each reason counts about one."""
    notes, key = score.parts[0].notes, score.keys[0]
    if len(notes) < 4:
        return -10.0
    pitches, own = [note.pitch for note in notes], level(number)
    moves = [two - one for one, two in pairwise(pitches)]
    skills = melody_skills(score)
    lengths = Counter(note.duration for note in notes[:-1])
    by_bar = Counter(_bars_of(score))
    points = 2.0 * (pitches[-1] % 12 == key.pitch_class)
    points += pitches[0] % 12 in triad(key)
    points += 2 * min(1.0, (max(pitches) - min(pitches)) / min(12, own.above)) + len(lengths) / 2
    points -= 2 * max(0.0, lengths.most_common(1)[0][1] / (len(notes) - 1) - 0.7)
    points -= 6 * max(0.0, sum(move == 0 for move in moves) / len(moves) - 0.2)
    points -= 2 * max(0.0, FEWEST - len(notes) / len(bars(score)))
    points -= max(count for bar, count in by_bar.items()) / sum(by_bar.values())
    points -= sum(abs(one) > 4 and one * two > 0 and abs(two) > 2 for one, two in pairwise(moves)) / 2
    points -= sum(abs(move) == 6 for move in moves) / 2
    if number > 1:
        new = {each for each in skills if each.startswith("rhythm") and each not in _rhythms(number - 1)}
        points += len(new) / 2
    return points + 2 * sum(each in wanted for each in skills)


def _rhythms(number: int) -> set[str]:
    """Rhythms that a level has already."""
    rests = {"rhythm rests"} if level(number).rests else set()
    return {name for length, name in RHYTHMS.items() if length in level(number).values} | rests


def _bars_of(score: Score) -> list[tuple[tuple[int, int, int], ...]]:
    every = bars(score)
    found: list[list[tuple[int, int, int]]] = [[] for _ in every]
    for note in score.parts[0].notes:
        place = bar_at(every, note.start)
        found[place].append((note.start - every[place].start, note.duration, note.pitch))
    return [tuple(each) for each in found]


def sight_reading(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """A melody to sing or play at sight; the answer is how it sounds."""
    work = melody(number, seed, wanted=wanted)
    skills = melody_skills(work.score)
    return Exercise("sight-reading", number, seed, work, _sheet(work.score), None, skills=skills)


def piano_reading(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """A piece for piano to play at sight, a line in each hand; at the first levels for the one or the other."""
    brief = Brief(style="piano", level=number, count=PIECES, seed=seed_of(seed), effort="quick", form="none")
    own, is_left = level(number), np.random.default_rng([seed, number]).random() < 0.5

    def chosen(work: Work) -> Work:
        parts = work.score.parts[: own.hands]
        if own.hands == 1 and is_left:
            low, high = own.range(work.score.keys[0])
            down = high - left_hand(low, high)[1]
            notes = tuple(replace(note, pitch=note.pitch - down) for note in parts[0].notes)
            parts = (replace(work.score.parts[1], notes=notes),)
        score = replace(work.score, parts=parts, chords=(), sections=())
        spans = tuple((0, score.end, place) for place in range(len(parts)))
        return replace(work, score=score, origin=replace(work.origin, composed=spans))

    def worth(work: Work) -> float:
        every = bars(work.score)
        fewest = min(len(part.notes) for part in work.score.parts) / len(every)
        begins = min((note.start for part in work.score.parts for note in part.notes), default=1)
        return merit(work.score, number, wanted) - 3 * max(0.0, 1 - fewest) - 3 * (begins > 0)

    work = max(map(chosen, tasks.run_verb("compose", brief)), key=worth)
    named = ("hands together",) if own.hands > 1 else ("left hand",) if is_left else ("right hand",)
    skills = (*melody_skills(work.score), *named)
    parts = tuple(alone(part, work.score).parts[0] for part in work.score.parts)
    sheet = replace(work.score, parts=parts, title="")
    return Exercise("piano-reading", number, seed, work, sheet, skills=skills)


def melodic_dictation(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """A melody to write down: its first note and its bars are given, its key is played before it."""
    work = melody(number, seed, _dictated(number), wanted)
    part = work.score.parts[0]
    given = _sheet(work.score, replace(part, notes=part.notes[:1]))
    skills = melody_skills(work.score)
    return Exercise("melodic-dictation", number, seed, work, given, introduced(work.score), skills=skills)


def rhythmic_dictation(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """The rhythm of a melody on one note, to write down, after a bar of clicks."""
    work = melody(number, seed, _dictated(number), wanted)
    notes = tuple(replace(note, pitch=ON_ONE_NOTE, velocity=EVEN) for note in work.score.parts[0].notes)
    flat = replace(work.score, keys=(replace(work.score.keys[0], tonic="C", mode="major"),))
    work = replace(work, score=replace(flat, parts=(replace(flat.parts[0], notes=notes),)))
    skills = tuple(each for each in melody_skills(work.score) if each.startswith(("rhythm", "meter")))
    given = _sheet(work.score, replace(work.score.parts[0], notes=()))
    return Exercise("rhythmic-dictation", number, seed, work, given, counted_in(work.score), skills=skills)


def call_and_response(number: int, seed: int, wanted: Collection[str] = ()) -> Exercise:
    """The first half of a melody, to be answered by a second one; the model's answer is one of many."""
    work = melody(number, seed, wanted=wanted)
    every, part = bars(work.score), work.score.parts[0]
    half = every[len(every) // 2].start
    call = replace(part, notes=tuple(note for note in part.notes if note.start < half))
    given = _sheet(work.score, call)
    skills = melody_skills(work.score)
    return Exercise("call-and-response", number, seed, work, given, counted_in(given), skills=skills)


def _dictated(number: int) -> int:
    return SHORT if number < LONGER else 2 * SHORT


def _sheet(score: Score, part: Part | None = None) -> Score:
    return alone(replace(part or score.parts[0], program=CHOIR), score)  # on one staff, as singers read


def introduced(score: Score) -> Score:
    """A melody after a bar in which the chord of its tonic sounds."""
    key, length = score.keys[0], score.meters[0].bar
    low = 48 + key.pitch_class
    third = 4 if key.mode == "major" else 3
    chord = struck((low, low + third, low + 7, low + 12), 0, length - length // 4)
    later = tuple(replace(note, start=note.start + length) for note in score.parts[0].notes)
    return replace(score, parts=(replace(score.parts[0], notes=(*chord, *later)),), end=score.end + length)


def counted_in(score: Score) -> Score:
    """A line after a bar of clicks, one a beat."""
    length, step = score.meters[0].bar, beat(score.meters[0])
    clicks = tuple(
        Note(start, TICKS_PER_QUARTER // 4, CLICK if start else FIRST_CLICK, 100) for start in range(0, length, step)
    )
    later = tuple(replace(note, start=note.start + length) for note in score.parts[0].notes)
    parts = (replace(score.parts[0], notes=later), Part("Clicks", clicks, is_drums=True))
    return replace(score, parts=parts, end=score.end + length)
