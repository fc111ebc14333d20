"""The clock follows players and MIDI clock, and stays where there is nothing to follow."""

import random

import pytest

from firmus.errors import InvalidBrief
from firmus.live.clock import Clock

RHYTHM = (1, 0.5, 0.5, 1, 1, 1.5, 0.5, 2)


def play(clock, bpm, beats, *, start=0.0, spread=0.012, seed=1):
    """Play a rhythm at a tempo (a number, or a function of the beat), a player's few milliseconds off."""
    generator, at, place, number = random.Random(seed), start, 0.0, 0
    while place < beats:
        clock.follow(at + generator.gauss(0, spread))
        step = RHYTHM[number % len(RHYTHM)]
        at += step * 60 / (bpm(place) if callable(bpm) else bpm)
        place, number = place + step, number + 1
    return at, place


@pytest.mark.parametrize("bpm", [85, 95, 100, 108, 116])
def test_first_notes_give_the_tempo(bpm):
    clock = Clock(100)
    at, place = play(clock, bpm, 8)
    assert clock.bpm == pytest.approx(bpm, rel=0.03)
    assert clock.tick(at) == pytest.approx(place * 480, abs=60)


def test_a_tempo_that_drifts_is_followed():
    clock = Clock(100)
    at, place = play(clock, lambda place: 100 + place / 4, 80)
    assert clock.bpm == pytest.approx(119, abs=5)
    assert clock.tick(at) == pytest.approx(place * 480, abs=90)


def test_a_pause_changes_nothing():
    clock = Clock(100)
    at, _ = play(clock, 100, 16)
    before = clock.bpm
    assert clock.tick(at + 60) - clock.tick(at) == pytest.approx(60 * before * 8)


def test_notes_off_the_beat_change_nothing():
    clock = Clock(120)
    play(clock, 120, 16, spread=0)
    for third in range(1, 30, 3):
        clock.follow(16 * 0.5 + third / 6)  # the first third of a beat
    assert clock.bpm == pytest.approx(120, abs=0.5)


def test_a_steady_clock_follows_nobody():
    clock = Clock(100)
    clock.is_steady = True
    play(clock, 112, 16)
    assert clock.bpm == 100


def test_midi_clock_leads_and_its_end_is_noticed():
    clock = Clock(100)
    for pulse in range(100):
        assert clock.pulse(pulse * 60 / (140 * 24))
    assert clock.bpm == pytest.approx(140, abs=0.5)
    last = 99 * 60 / (140 * 24)
    assert not clock.is_lost(last + 0.5)
    assert clock.is_lost(last + 2)
    clock.lose()
    assert clock.bpm == pytest.approx(140, abs=0.5)


def test_a_midi_clock_of_600_is_not_followed():
    clock = Clock(100)
    assert not all(clock.pulse(pulse * 60 / (600 * 24)) for pulse in range(48))
    assert clock.bpm == 100


@pytest.mark.parametrize("bpm", [0, 29, 600, float("inf"), float("nan")])
def test_impossible_tempi_are_refused(bpm):
    with pytest.raises(InvalidBrief, match="30 to 300"):
        Clock(bpm)
