"""Exercises: how many are within their level, how good their answer keys are, and how well a pupil's level is found.

Protocol: "within" is the share of exercises of seeds 0, 1, ... that keep every limit of their level, as
`firmus.composing.levels.breaches` reads them of the finished notes (of a rhythm, the lengths and where they begin; of
what is named, that the name is one of the level's). "Tonic" is the share of melodies that end on it; "steps" of
intervals of at most a second; "faults" and "weaknesses" are those of the answer keys in four voices or two. Pupils are
simulated: an ability drawn evenly from level 1 to 8 answers an exercise as a Rasch model of its own slope does (1.0 to
2.5 logits a level; the estimate assumes 1.7), with lapses; each exercise has two to nine answers to choose from, as
those for the ear have. A baseline says 4.5 of everybody. "Needs what is weak": a pupil names one interval right in a
fifth of the cases and all others in 95 %; how many of 40 exercises are of it, as the record chooses them and without.

    python benchmarks/exercises.py [--count 12] [--pupils 1000] [--kinds cadence ...]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from firmus.analysis import item_response
from firmus.analysis.figured_bass import plain
from firmus.analysis.item_response import LEVELS
from firmus.analysis.part_writing import assess
from firmus.composing.levels import breaches, left_hand, level, rhythm
from firmus.tasks.exercise.exercises import Exercise
from firmus.tasks.exercise.kinds import KINDS, NAMED, exercise
from firmus.tasks.exercise.marking import mark
from firmus.tasks.exercise.records import Record

PRACTISED, LESSONS = 4, 40  # the level, and exercises an hour apart
START = datetime(2026, 1, 5, tzinfo=UTC)
MELODIES = ("sight-reading", "piano-reading", "melodic-dictation", "call-and-response")
UNIT = 20  # ticks of a step


def is_within(made: Exercise) -> bool:
    """Whether an exercise keeps every limit of its level."""
    own, score = level(made.level), made.key
    if made.kind in NAMED:
        return made.answer in (*own.intervals, *own.chords, *own.cadences)
    if made.kind == "rhythmic-dictation":
        meter = score.meters[0]
        table = dict(rhythm(own.lengths(meter), meter, own.syncopation))
        notes = score.parts[0].notes
        return all(note.duration // UNIT in table.get(note.start % meter.bar // UNIT, ()) for note in notes)
    if made.kind == "counterpoint":
        return made.species == own.species
    if made.kind == "piano-reading" and "left hand" in made.skills:
        low, high = own.range(score.keys[0])
        score = score.transposed(high - left_hand(low, high)[1])
    return not breaches(score, own) and {plain(text) for _, text in made.figures} <= set(own.figures)


def line(kind: str, count: int) -> str:
    """A row of the table: a kind over all levels."""
    begun, made = time.perf_counter(), [exercise(kind, level=number, seed=seed) for number, seed in places(count)]
    seconds = (time.perf_counter() - begun) / len(made)
    row = [kind, str(len(made)), f"{np.mean([is_within(each) for each in made]):.1%}"]
    if kind in MELODIES:
        ends = [each.key.parts[0].notes[-1].pitch % 12 == each.key.keys[0].pitch_class for each in made]
        moves = [
            abs(two.pitch - one.pitch) <= 2 for each in made for one, two in pairwise(each.key.parts[0].notes)
        ]  # fmt: skip
        row += [f"{np.mean(ends):.1%}", f"{np.mean(moves):.1%}"]
    else:
        row += ["", ""]
    judged = [assess(each.key, each.species or None) for each in made if each.species or len(each.key.parts) == 4]
    for severity in ("fault", "weakness"):
        counts = [sum(each.severity == severity for each in found) for found in judged]
        row.append(f"{np.mean(counts):.2f}" if judged else "")
    return "| " + " | ".join([*row, f"{seconds:.2f}"]) + " |"


def places(count: int) -> Iterator[tuple[int, int]]:
    """Level and seed of each exercise."""
    return ((number, seed) for number in range(1, LEVELS + 1) for seed in range(count))


def pupils(count: int) -> str:
    """How far off the level of simulated pupils is found, and after how many answers."""
    generator = np.random.default_rng(1)
    errors, numbers, same, near, baseline = [], [], [], [], []
    for _ in range(count):
        true, slope = generator.uniform(1, LEVELS), generator.uniform(1.0, 2.5)
        answers: list[tuple[int, bool, float]] = []
        while not (found := item_response.ability(answers)).is_found:
            guess = 1 / float(generator.integers(2, 10))
            knows = 0.03 + 0.94 / (1 + np.exp(-slope * (true - found.level)))
            answers.append((found.level, bool(generator.random() < guess + (1 - guess) * knows), guess))
        errors.append(abs(found.mean - true))
        numbers.append(len(answers))
        same.append(found.level == round(true))
        near.append(abs(found.level - true) <= 1)
        baseline.append(abs(4.5 - true))
    return (
        f"| {count} | {np.mean(errors):.2f} | {np.mean(baseline):.2f} | {np.mean(same):.0%} | {np.mean(near):.0%} "
        f"| {np.mean(numbers):.1f} | {max(numbers)} |"
    )


def practice(count: int) -> str:
    """How often exercises need what a simulated pupil does not know, by the record and without it."""
    generator, shares = np.random.default_rng(1), dict[bool, list[float]]({True: [], False: []})
    for pupil in range(count):
        weak = str(generator.choice(level(PRACTISED).intervals))
        for has_record, found in shares.items():
            record, hits = Record("simulated"), 0
            for lesson in range(LESSONS):
                now = START + timedelta(hours=lesson)
                wanted = record.due(now) if has_record else ()
                made = exercise("interval", level=PRACTISED, seed=LESSONS * pupil + lesson, wanted=wanted)
                is_right = generator.random() < (0.2 if made.answer == weak else 0.95)
                other = next(each for each in made.choices if each != made.answer)
                record = record.with_answer(made, mark(made, made.answer if is_right else other), now)
                hits += made.answer == weak
            found.append(hits / LESSONS)
    return f"| {count} | {np.mean(shares[True]):.1%} | {np.mean(shares[False]):.1%} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--pupils", type=int, default=1000)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), metavar="KIND")
    asked = parser.parse_args()
    print("| pupils | mean error, levels | of the baseline | same level | within one | answers | at most |")
    print("|-:|-:|-:|-:|-:|-:|-:|")
    print(pupils(asked.pupils))
    print("\n| pupils | needs what is weak, by the record | without |\n|-:|-:|-:|")
    print(practice(asked.pupils // 20))
    print("\n| kind | exercises | within | tonic | steps | faults | weaknesses | seconds |\n|-|-:|-:|-:|-:|-:|-:|-:|")
    for kind in asked.kinds:
        print(line(kind, asked.count), flush=True)


if __name__ == "__main__":
    main()
