"""Answers to real phrases: in their key and meter, of their length, of their motif, closing on the tonic."""

import random
from itertools import pairwise

import numpy as np
import pytest

from firmus.harmony import Key
from firmus.live.answers import answer, understood
from firmus.score import Meter, Note

# First phrases of songs of the public domain: pitch and length in quarter notes.
PHRASES = {
    "Ode to Joy": ("D major", "4/4", "66 66 67 69 69 67 66 64 62 62 64 66 66:1.5 64:0.5 64:2"),
    "Frère Jacques": ("F major", "4/4", "65 67 69 65 65 67 69 65 69 70 72:2"),
    "Twinkle": ("C major", "4/4", "60 60 67 67 69 69 67:2 65 65 64 64 62 62 60:2"),
    "Clementine": ("F major", "3/4", "65:0.75 65:0.25 65 60 69:0.75 69:0.25 69 65 65:0.5 69:0.5 72:2 69 67:2"),
    "My Bonnie": ("G major", "3/4", "71 69 67 69 67 64 62 59:3"),
    "Go Down Moses": ("G minor", "4/4", "70 70 69 69 70 70 67:2 62 62 66:0.5 66:1.5 67:3"),
    "Scarborough": ("E minor", "3/4", "64:2 64 71:2 71 66:1.5 67:0.5 66 64:3"),
    "Jericho": ("D minor", "4/4", "62:0.5 61:0.5 62:0.5 64:0.5 65:0.5 64:0.5 65:0.5 67:0.5 69:0.5 65 69:2.5"),
    "Weasel": ("C major", "6/8", "60 60:0.5 62 62:0.5 64:0.5 67:0.5 64:0.5 60"),
    "Alouette": ("G major", "4/4", "67:1.5 69:0.5 71 71 69:0.5 67:0.5 69:0.5 71:0.5 67 62"),
}  # fmt: skip


def played(text, seed=0):
    """Notes of a phrase as a player plays them: up to 20 ticks early or late, a little detached."""
    generator, at, notes = random.Random(seed), 0.0, []
    for word in text.split():
        pitch, _, length = word.partition(":")
        ticks = round(480 * float(length or 1))
        start = max(0, round(at) + generator.randint(-20, 20))
        notes.append(Note(start, ticks - generator.randint(20, 60), int(pitch), 80))
        at += ticks
    return notes


@pytest.mark.parametrize("name", PHRASES)
@pytest.mark.parametrize("seed", range(3))
def test_an_answer_is_the_second_half_of_a_period(name, seed):
    key, meter, text = Key.parse(PHRASES[name][0]), Meter.parse(PHRASES[name][1]), PHRASES[name][2]
    phrase = understood(played(text, seed), meter)
    notes = answer(phrase, key, meter, np.random.default_rng(seed))
    length = phrase.bars * meter.bar
    assert notes[-1].pitch % 12 == key.pitch_class
    assert notes[-1].start >= length - meter.bar
    assert notes[-1].end <= length
    allowed = {*key.scale, *(note.pitch % 12 for note in phrase.notes)}
    assert len({note.pitch % 12 for note in notes} - allowed) <= 1  # a chromatic neighbour in sequence
    steps = [abs(later.pitch - earlier.pitch) for earlier, later in pairwise(notes)]
    assert max(steps) <= 12
    assert steps[-1] <= 7
    rhythm = {note.start for note in phrase.notes}
    assert sum(note.start in rhythm for note in notes) >= 0.8 * len(notes)  # the motif's rhythm
    assert [note.pitch for note in notes] != [note.pitch for note in phrase.notes]


@pytest.mark.parametrize("name", PHRASES)
def test_what_was_played_is_put_on_the_beat(name):
    meter = Meter.parse(PHRASES[name][1])
    exact, at = [], 0
    for word in PHRASES[name][2].split():
        exact.append(at)
        at += round(480 * float(word.partition(":")[2] or 1))
    assert [note.start for note in understood(played(PHRASES[name][2]), meter).notes] == exact


def test_a_left_hand_is_no_melody():
    melody = [Note(480 * place, 470, pitch) for place, pitch in enumerate((72, 74, 76, 77))]
    chords = [Note(960 * place + 5, 900, pitch) for place in range(2) for pitch in (48, 52, 55)]
    assert [note.pitch for note in understood([*melody, *chords], Meter(0, 4, 4)).notes] == [72, 74, 76, 77]


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "5/4", "1/4", "7/8", "12/8"])
@pytest.mark.parametrize("middle", [3, 60, 124])
def test_whatever_is_played_has_an_answer_that_ends_on_the_tonic(meter, middle):
    generator = random.Random(middle)
    for _ in range(20):
        at, notes = generator.randint(0, 4000), []
        for _ in range(generator.randint(3, 30)):
            pitch = min(127, max(0, middle + generator.randint(-7, 7)))
            notes.append(Note(at, generator.choice((30, 100, 480, 1920)), pitch, 80))
            at += generator.choice((0, 60, 120, 240, 480, 960))
        key, bars = Key.parse(generator.choice(("C", "F# minor", "D dorian"))), Meter.parse(meter)
        found = answer(understood(notes, bars), key, bars, np.random.default_rng(1))
        assert found[-1].pitch % 12 == key.pitch_class
        assert all(earlier.end <= later.start for earlier, later in pairwise(found))
