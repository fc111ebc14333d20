"""Voices are led: what would be a fault loses nats, everything else loses none."""

from __future__ import annotations

import numpy as np
import pytest

import firmus
from firmus.analysis import voice_leading as faults
from firmus.composing.styles import styles
from firmus.runtime.calibration import SHAPES, Calibration, calibrations
from firmus.runtime.voice_leading import CLASH, CROSSING, PARALLEL, VoiceLeading
from firmus.tokens.events import vocabulary
from firmus.tokens.events.cursor import BarState, Cursor


def at(
    place: int,
    *lanes: list[tuple[int, int, int]],
    lane: int,
    dissonance: float = 0.0,
    calibration: Calibration | None = None,
) -> VoiceLeading:
    """Before a note of a lane; the notes of the lanes are (start, steps, pitch)."""
    cursor = Cursor(phase="fill", bars=[BarState(0, 96)], bar=0, lane=lane, place=place)
    cursor.programs = [vocabulary.PROGRAM] * len(lanes)
    cursor.notes = [[(start, steps, pitch, 6) for start, steps, pitch in notes] for notes in lanes]
    return VoiceLeading(cursor, range(1, len(lanes) + 1), 24, dissonance, calibration)


def test_a_parallel_octave_and_a_parallel_fifth_lose_most() -> None:
    octave = at(24, [(0, 24, 72), (24, 24, 74)], [(0, 24, 60)], lane=2).penalties()
    assert octave is not None
    assert octave[62] == PARALLEL
    assert octave[60] == octave[59] == 0
    fifth = at(24, [(0, 24, 67), (24, 24, 69)], [(0, 24, 60)], lane=2).penalties()
    assert fifth is not None
    assert fifth[62] == PARALLEL
    assert fifth[60] == 0


def test_a_voice_that_stays_or_a_part_that_holds_makes_no_parallel() -> None:
    held = at(24, [(0, 48, 72)], [(0, 24, 60)], lane=2).penalties()
    assert held is not None
    assert held[60] == held[64] == 0
    repeated = at(24, [(0, 24, 72), (24, 24, 72)], [(0, 24, 60)], lane=2).penalties()
    assert repeated is not None
    assert repeated[60] == 0


def test_crossings_and_clashes_on_beats_lose_some() -> None:
    on_beat = at(0, [(0, 24, 67)], [], lane=2).penalties()
    assert on_beat is not None
    assert on_beat[66] == CLASH
    assert on_beat[68] == CLASH + CROSSING
    assert on_beat[70] == CROSSING
    off_beat = at(12, [(0, 24, 67)], [], lane=2).penalties()
    assert off_beat is not None
    assert off_beat[66] == 0
    above = at(0, [], [(0, 24, 60)], lane=1).penalties()
    assert above is not None
    assert above[57] == CROSSING
    assert above[64] == 0


def test_what_a_style_says_of_steps_chord_tones_and_durations_counts_for_the_role() -> None:
    thirds = [0, 0, 0, 1.5, 1.5, *[0] * 9]
    on_beat = [[0] * 5, [-1, 0, 0, 0, 2]]
    table = {"steps": {"bass": thirds}, "tones": {"bass": on_beat}, "lengths": {"bass": [0, 0, -0.5, *[0] * 6]}}
    style = Calibration.of(table)
    led = at(24, [(0, 24, 72)], [(0, 24, 60)], lane=2, calibration=style)
    lost = led.penalties()
    assert lost is not None
    assert [lost[60 + interval] for interval in (-4, -3, -2, 0, 2, 3, 4, 5, 7)] == [1.5, 1.5, 0, 0, 0, 1.5, 1.5, 0, 0]
    led.cursor.chords[24] = (vocabulary.CHORDS.index((0, "")), -1)
    lost = led.penalties()
    assert lost is not None
    assert [lost[pitch] for pitch in (60, 48, 59, 55)] == [-1, -1, 2, 0]
    durations = led.durations()
    assert durations is not None
    assert durations[vocabulary.DURATIONS.index(12)] == -0.5
    assert np.count_nonzero(durations) == 1
    melody = at(24, [(0, 24, 72)], [(0, 24, 60)], lane=1, calibration=style).penalties()
    assert melody is not None
    assert not melody[61:].any()


def test_the_table_has_what_it_says_and_is_read_as_it_is_written() -> None:
    for style, found in calibrations().items():
        assert style in styles()
        again = Calibration.of(found.as_dict())
        for kind in SHAPES:
            assert np.abs(getattr(found, kind)).max() <= 3
            assert np.array_equal(getattr(again, kind), getattr(found, kind))


def test_the_outer_voices_are_consonant_on_beats_and_inner_ones_are_free() -> None:
    bass = at(0, [(0, 24, 72)], [], lane=2, dissonance=2.0).penalties()
    assert bass is not None
    assert [bass[72 - interval] for interval in (3, 4, 5, 6, 7, 8, 9, 10, 12)] == [0, 0, 2, 2, 0, 0, 0, 2, 0]
    inner = at(0, [(0, 24, 72)], [], [], lane=2, dissonance=2.0).penalties()
    assert inner is not None
    assert inner[67] == 0


def test_a_chord_without_the_note_of_the_melody_is_strange() -> None:
    strange = at(0, [(0, 24, 67)], [], lane=0).strange_chords()
    major = [vocabulary.CHORD + vocabulary.CHORDS.index((root, "")) for root in (0, 5, 7)]
    assert [token in strange for token in major] == [False, True, False]
    assert at(24, [(0, 24, 67)], [], lane=0).strange_chords() == []
    assert at(0, [(0, 24, 67)], [], lane=1).strange_chords() == []


def test_what_is_no_voice_is_left_alone() -> None:
    assert at(0, [(0, 24, 67)], lane=0).penalties() is None


@pytest.mark.parametrize("style", ["chorale", "hymn", "choir"])
def test_composed_voices_hardly_move_in_parallel(style: str) -> None:
    works = firmus.compose(style=style, bars=8, seed=1, count=6)
    assert np.mean([faults.faults(work.score)["parallels"] for work in works]) < 0.03
    assert not any(work.score.chords for work in works)


def test_a_melody_is_harmonised_without_parallels() -> None:
    tune = firmus.compose(style="hymn", bars=8, seed=5).score
    melody = firmus.harmonise(tune, parts=["soprano"], style="hymn", seed=2).score
    assert faults.faults(melody)["parallels"] < 0.05
