"""Loops are broken: what has come three times in a row loses nats when it would come once more, nothing else does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

import firmus
from firmus.runtime.repetition import ALIKE, PENALTY, TIMES, Repetition
from firmus.score import Note, Part, Score
from firmus.tokens import events
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import Cursor

TUNE, BASS, OTHER = (60, 62, 64, 65), (36, 43, 36, 43), (67, 69, 71, 72)
PART, PLACE, PITCH, QUARTER = vocabulary.PART, vocabulary.PLACE, vocabulary.PITCH, vocabulary.DURATION + 23


def before_the_last(*bars: tuple[tuple[int, ...], ...], drums: bool = False) -> tuple[Cursor, Repetition]:
    """Before the first token of an open bar after bars of quarters, which are given part by part."""
    parts = tuple(
        Part(
            f"P{place}",
            tuple(Note(1920 * bar + 480 * beat, 480, pitches[place][beat]) for bar, pitches in enumerate(bars)
                  for beat in range(4)),
            program=24,
            is_drums=drums and place == len(bars[0]) - 1,
        )
        for place in range(len(bars[0]))
    )  # fmt: skip
    prepared = events.prepare(Score(parts, end=1920 * (len(bars) + 1)))
    is_open = np.zeros(events.grid_shape(prepared), bool)
    is_open[-1] = True
    cursor = Cursor()
    guard = Repetition(cursor)
    push(guard, *events.assemble(prepared, is_open, with_fill=False).tokens.tolist(), vocabulary.BAR)
    return cursor, guard


def push(guard: Repetition, *tokens: int) -> None:
    for token in tokens:
        guard.cursor.push(token)
        guard.observe(token)


def test_the_pitches_of_a_bar_that_came_three_times_lose_more_and_more() -> None:
    _, guard = before_the_last(*[(TUNE, BASS)] * 3)
    push(guard, PART + 1, PLACE)
    assert guard.penalty() == ([PITCH + 60], PENALTY)
    push(guard, PITCH + 60, QUARTER, PLACE + 24)
    assert guard.penalty() == ([PITCH + 62], 2 * PENALTY)
    push(guard, PITCH + 65, QUARTER, PLACE + 30)
    assert guard.penalty()[0] == []  # nothing stood here


def test_once_enough_notes_are_others_the_bar_is_free() -> None:
    _, guard = before_the_last(*[(TUNE,)] * 3)
    push(guard, PART + 1, PLACE, PITCH + 67, QUARTER, PLACE + 24)
    assert guard.penalty()[0]
    push(guard, PITCH + 69, QUARTER, PLACE + 48)
    assert guard.penalty()[0] == []


def test_two_times_are_no_loop_and_neither_is_an_ostinato_in_one_part() -> None:
    for bars in ([(TUNE, BASS)] * 2, [(TUNE, BASS), (OTHER, BASS), (TUNE[::-1], BASS)]):
        _, guard = before_the_last(*bars)
        push(guard, PART + 1, PLACE)
        assert guard.penalty()[0] == []


def test_a_pattern_of_two_bars_is_a_loop_too() -> None:
    _, guard = before_the_last(*[(TUNE,), (OTHER,)] * 3)
    push(guard, PART + 1, PLACE)
    assert guard.penalty()[0] == [PITCH + TUNE[0]]


def test_drums_neither_hide_a_loop_nor_are_one() -> None:
    kick, snare = (36, 36, 36, 36), (38, 38, 38, 38)
    _, guard = before_the_last((TUNE, kick), (TUNE, snare), (TUNE, kick), drums=True)
    push(guard, PART + 1, PLACE)
    assert guard.penalty()[0] == [PITCH + 60]
    _, guard = before_the_last((TUNE, kick), (OTHER, kick), (BASS, kick), drums=True)
    push(guard, PART + 2, PLACE)
    assert guard.penalty()[0] == []


def test_cool_pieces_have_no_loop() -> None:
    for style in ("piano", "band"):
        score = firmus.compose(style=style, bars=24, seed=3, temperature=0.5).score
        pitched = [part for part in score.parts if not part.is_drums]
        bars = [
            {(place, note.start % score.meters[0].bar, note.pitch) for place, part in enumerate(pitched)
             for note in part.notes if note.start // score.meters[0].bar == bar}
            for bar in range(24)
        ]  # fmt: skip
        run = longest = 1
        for one, other in pairwise(bars):
            run = run + 1 if one and len(one & other) >= ALIKE * len(one | other) else 1
            longest = max(longest, run)
        assert longest <= TIMES + 1
