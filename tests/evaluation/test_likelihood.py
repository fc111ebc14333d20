"""Windows of held-out music, and their surprise under the shipped model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firmus.evaluation import likelihood
from firmus.runtime import stepper
from firmus.score import Chord, Key, Note, Part, Score, Section
from firmus.tokens import events
from firmus.tokens.events import vocabulary

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def tune(bars: int = 4, shift: int = 0) -> Score:
    """Quarters up and down the scale of C."""
    pitches = [SCALE[(index if index % 16 < 8 else -index - 1) % 8] + shift for index in range(4 * bars)]
    notes = tuple(Note(480 * index, 480, pitch) for index, pitch in enumerate(pitches))
    return Score((Part("", notes, 40),), keys=(Key(0, "C"),), end=bars * 1920, sections=(Section(0, "A"),))


def test_every_note_is_counted_and_nothing_given() -> None:
    told = likelihood.window(events.bare(events.prepare(tune(), "folk", is_compact=False)))
    families = {vocabulary.name(int(token)).split()[0] for token in told.music}
    assert told.notes == 16
    assert told.bars == 4
    assert families == {"BAR", "PART", "PLACE", "PITCH", "DURATION", "END"}
    assert not told.example.given[told.begin :].any()


def test_a_stretch_keeps_to_the_length() -> None:
    generator = np.random.default_rng(0)
    prepared = events.bare(events.prepare(tune(200), "folk"))
    for length in (64, 200, 1024):
        told = likelihood.draw_window(prepared, length, generator)
        assert told is not None
        assert length // 2 < len(told.example.tokens) <= length
    assert likelihood.draw_window(prepared, 20, generator) is None
    whole = likelihood.draw_window(events.bare(events.prepare(tune(8))), 1024, generator)
    assert whole is not None
    assert whole.notes == 32


def test_chords_read_off_the_notes_are_left_out_and_given_ones_kept() -> None:
    derived = events.prepare(tune()) | {"lane": np.array([True, True])}
    given = events.prepare(tune()) | {"lane": np.array([True, False])}
    assert events.bare(derived)["lane"].tolist() == [False, False]
    assert events.bare(given)["lane"].tolist() == [True, False]


def test_a_scale_is_less_surprising_than_leaps() -> None:
    model = stepper.load("composer")
    generator = np.random.default_rng(0)
    plain = tune()
    notes = tuple(Note(note.start, 480, int(generator.integers(30, 100))) for note in plain.parts[0].notes)
    leaping = Score((Part("", notes, 40),), keys=plain.keys, end=plain.end)
    sums = []
    for score in (plain, leaping):
        told = likelihood.window(events.bare(events.prepare(score, "folk", is_compact=False)))
        (found,) = likelihood.nats(model, [told])
        assert found.shape == told.music.shape
        assert (found >= 0).all()
        sums.append(found.sum())
    assert sums[0] < sums[1] / 2


def test_the_surprise_is_that_of_the_training_logits() -> None:
    """Told at once or token by token, the last token's surprise is the same."""
    model = stepper.load("composer")
    told = likelihood.window(events.bare(events.prepare(tune(), "folk", is_compact=False)))
    logits = model.feed(told.example.tokens[:-1], told.example.slots[:-1], model.start()).astype(float)
    last = np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[told.example.tokens[-1]]
    assert likelihood.nats(model, [told])[0][-1] == pytest.approx(last, abs=1e-3)


def test_side_by_side_is_as_alone() -> None:
    model = stepper.load("composer")
    told = [
        likelihood.window(events.bare(events.prepare(tune(bars, bars), "folk", is_compact=False))) for bars in (1, 3, 2)
    ]
    alone = [likelihood.nats(model, [each])[0] for each in told]
    for one, other in zip(likelihood.nats(model, told), alone, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_nats_a_note_are_of_all_the_music_and_its_notes() -> None:
    runtime = stepper.load("composer")
    score = tune()
    ((total, notes),) = likelihood.nats_a_note(runtime, [score], "folk")
    (every,) = likelihood.nats(runtime, [likelihood.of_score(score, "folk", runtime.card.facts)])
    assert notes == 16
    assert total == pytest.approx(float(every.sum()))
    scrambled = replace(score, parts=(replace(score.parts[0], notes=tuple(
        replace(note, pitch=48 + 37 * place % 40) for place, note in enumerate(score.parts[0].notes)
    )),))  # fmt: skip
    assert likelihood.nats_a_note(runtime, [scrambled], "folk")[0][0] > 1.5 * total


def test_written_chord_symbols_are_part_of_the_music() -> None:
    symbols = replace(tune(), chords=(Chord(0, "C"), Chord(3840, "G", "7")))
    with_chords, without = (likelihood.of_score(each, "lead-sheet") for each in (symbols, tune()))
    assert len(with_chords.music) > len(without.music)
    assert with_chords.notes == without.notes == 16
