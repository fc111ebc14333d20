"""Performing written music by rules."""

from dataclasses import replace

import numpy as np
import pytest

import firmus
from firmus.composing.rule_based.expression import MOST_MOVED, performed
from firmus.errors import InvalidBrief
from firmus.notation.quantisation import quantised
from firmus.score import Note, Part, Score
from firmus.timing import bars, seconds

STEPS = (60, 62, 64, 65, 67, 65, 64, 62)


def piece(program=0):
    """Four phrases of four bars, each ending on a long note, over chords."""
    tune, chords, start = [], [], 0
    for _ in range(4):
        for place in range(13):
            duration = 1920 if place == 12 else 480
            tune.append(Note(start, duration, STEPS[place % 8] + 12))
            start += duration
        start += 240 - start % 240 if start % 240 else 0
    for bar in range(0, start, 1920):
        chords += [Note(bar, 1920, pitch) for pitch in ((48, 55, 64), (43, 55, 59))[bar // 1920 % 2]]
    return Score((Part("Tune", tuple(tune), 73), Part("Piano", tuple(chords), program)))


def test_notes_stay_and_the_printed_score_too():
    written = piece()
    played = performed(written, 1.0, np.random.default_rng(1))
    for before, after in zip(written.parts, played.parts, strict=True):
        assert sorted(note.pitch for note in before.notes) == sorted(note.pitch for note in after.notes)
        assert max(abs(a.start - b.start) for a, b in zip(before.notes, after.notes, strict=True)) <= MOST_MOVED
        times = [quantised([(note.start, note.end) for note in each.notes], bars(written)) for each in (before, after)]
        assert times[0] == times[1]


def test_tempo_and_loudness_arch_over_a_phrase_and_the_end_is_slow():
    played = performed(piece(), 1.0, np.random.default_rng(1))
    tempo = {each.start: each.bpm for each in played.tempi}
    assert tempo[6 * 480] > 1.05 * tempo[15 * 480]
    assert played.tempi[-1].bpm == pytest.approx(0.6 * 120, abs=1)
    tune = played.parts[0].notes
    assert np.mean([note.velocity for note in tune[5:8]]) > np.mean([tune[0].velocity, tune[12].velocity]) + 5
    assert seconds(played, played.end) == pytest.approx(seconds(piece(), piece().end), rel=0.05)


def test_the_melody_is_louder_and_ahead_of_what_goes_with_it():
    played = performed(piece(), 1.0, np.random.default_rng(3))
    tune = {round(note.start / 480): note.start for note in played.parts[0].notes}
    ahead = [note.start - tune[round(note.start / 480)] for note in played.parts[1].notes if note.start > 480]
    assert np.mean(ahead) > 3
    assert np.mean([note.velocity for note in played.parts[0].notes]) > np.mean(
        [note.velocity for note in played.parts[1].notes]
    )


def test_a_piano_gets_a_pedal_that_changes_with_the_chords_and_an_organ_none():
    pedal = performed(piece(0), 1.0, np.random.default_rng(1)).parts[1].pedal
    assert len(pedal) >= 8
    assert all(up > down for down, up in pedal)
    assert not performed(piece(19), 1.0, np.random.default_rng(1)).parts[1].pedal


def test_amount_scales_every_rule():
    little, much = (performed(piece(), amount, np.random.default_rng(1)) for amount in (0.2, 1.0))
    spread = [np.std([note.velocity for note in each.parts[0].notes]) for each in (little, much)]
    assert spread[0] < 0.4 * spread[1]
    assert np.std([each.bpm for each in little.tempi]) < 0.4 * np.std([each.bpm for each in much.tempi])


def test_the_same_seed_gives_the_same_performance_and_drums_get_a_drummer():
    strokes = [Note(240 * i, 60, 42 if i % 2 else 36 if i % 4 == 0 else 38, 90) for i in range(64)]
    score = replace(piece(), parts=(*piece().parts, Part("Drums", tuple(strokes), is_drums=True)))
    one, other, third = (firmus.perform(score, seed=seed) for seed in (4, 4, 5))
    assert one.score == other.score != third.score
    assert one.origin.model == "rules"
    assert not one.origin.composed
    drums = one.score.parts[2].notes
    assert len({note.velocity for note in drums}) > 3
    assert [note.pitch for note in drums].count(36) == 16


def test_what_was_played_already_is_refused():
    notes = tuple(Note(480 * i + i * 37 % 61, 400, 60 + i % 7) for i in range(40))
    with pytest.raises(InvalidBrief, match="a player's timing already"):
        firmus.perform(Score((Part("Tune", notes),)))


def test_controls_of_notes_are_refused():
    with pytest.raises(InvalidBrief, match="key G major: perform keeps the notes"):
        firmus.perform(piece(), key="G major")
    with pytest.raises(InvalidBrief, match="leave bars and parts out"):
        firmus.perform(piece(), bars="1-2")
