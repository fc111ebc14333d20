"""From chances to notes: where a key is struck, how long it sounds, and what is no note."""

import numpy as np

from firmus.runtime import transcriber


def chances(frames=60):
    return {name: np.zeros((frames, 88), np.float32) for name in ("struck", "sounding", "velocity")}


def test_a_note_lasts_as_long_as_it_sounds():
    outputs = chances()
    outputs["struck"][10:13, 39] = [0.4, 0.9, 0.4]
    outputs["sounding"][11:30, 39], outputs["velocity"][11, 39] = 0.8, 0.5
    (note,) = transcriber.notes(outputs)
    assert (note.pitch, note.velocity) == (60, 64)
    assert abs(note.start - 11 * 0.025) < 1e-6
    assert abs(note.end - 30 * 0.025) < 1e-6
    assert abs(note.confidence - 0.9) < 1e-6


def test_the_moment_of_a_stroke_lies_between_frames():
    outputs = chances()
    outputs["struck"][10:13, 39] = [0.2, 0.9, 0.8]
    (note,) = transcriber.notes(outputs)
    assert 11 * 0.025 < note.start < 11.5 * 0.025


def test_a_key_struck_anew_ends_the_note_before_and_a_short_gap_does_not():
    outputs = chances()
    outputs["struck"][5, 39] = outputs["struck"][25, 39] = 0.9
    outputs["sounding"][5:40, 39] = 0.9
    outputs["sounding"][15, 39] = 0.0
    one, other = transcriber.notes(outputs)
    assert abs(one.end - other.start) < 1e-6
    assert abs(other.end - 40 * 0.025) < 1e-6


def test_what_is_struck_faintly_is_no_note():
    outputs = chances()
    outputs["struck"][5, 39] = transcriber.STRUCK - 0.05
    outputs["sounding"][5:20, 39] = 0.9
    assert transcriber.notes(outputs) == []


def test_a_faint_octave_above_a_sure_note_is_its_overtone_and_a_sure_one_is_a_note():
    outputs = chances()
    outputs["struck"][10, 27], outputs["struck"][10, 39], outputs["struck"][30, 39] = 0.9, 0.5, 0.5
    outputs["sounding"][:] = 0.0
    assert [(note.pitch, round(note.start, 2)) for note in transcriber.notes(outputs)] == [(48, 0.25), (60, 0.75)]
    outputs["struck"][10, 39] = transcriber.SURE + 0.05
    assert len(transcriber.notes(outputs)) == 3


def test_a_last_stroke_ends_with_the_sound():
    outputs = chances(20)
    outputs["struck"][19, 0] = 0.9
    outputs["sounding"][19, 0] = 0.9
    (note,) = transcriber.notes(outputs)
    assert 0 < note.end <= 20 * 0.025


def test_stretches_join_without_a_seam():
    levels = np.random.default_rng(1).integers(0, 255, (2 * transcriber.STRETCH + 100, 291)).astype(np.uint8)
    whole = transcriber.predict(levels)
    around = transcriber.STRETCH
    alone = transcriber.predict(levels[around - 300 : around + 300])
    for name, values in whole.items():
        assert len(values) == len(levels)
        assert np.abs(values[around - 100 : around + 100] - alone[name][200:400]).max() < 1e-4
