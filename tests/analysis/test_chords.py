"""Chords read off the notes."""

from __future__ import annotations

import random

import pytest

from firmus.analysis import chords
from firmus.analysis.features import density
from firmus.pitch import QUALITIES, pitch_class
from firmus.score import Key, Meter, Note, Part, Score

FOUND = ("", "m", "7", "maj7", "m7", "dim", "m7b5", "dim7", "aug", "sus4")


def played(symbols: list[tuple[int, str]], length: int = 1920) -> Score:
    notes = []
    for place, (root, quality) in enumerate(symbols):
        notes.append(Note(place * length, length, 36 + root))
        notes += [Note(place * length, length, 60 + (root + step) % 12) for step in QUALITIES[quality]]
    return Score((Part("", tuple(notes)),))


@pytest.mark.parametrize("quality", FOUND)
@pytest.mark.parametrize("root", range(0, 12, 5))
def test_every_chord_is_recognised_by_its_notes(root, quality):
    other = ((root + 1) % 12, "")
    found = chords.recognise(played([(root, quality), other]))
    assert (pitch_class(found[0].root), found[0].quality) == (root, quality)
    assert (pitch_class(found[1].root), found[1].quality) == other
    assert [chord.start for chord in found] == [0, 1920]


def test_passing_notes_change_no_chord():
    random.seed(1)
    bass = [Note(1920 * bar, 1920, pitch) for bar, pitch in enumerate((48, 53, 55, 48))]
    triads = [(64, 67, 72), (65, 69, 72), (62, 67, 71), (64, 67, 72)]
    held = [Note(1920 * bar, 1920, pitch) for bar, triad in enumerate(triads) for pitch in triad]
    passing = [Note(480 * beat + 240, 240, random.choice((74, 76, 77, 79))) for beat in range(16)]
    score = Score((Part("", tuple(passing)), Part("", tuple(held)), Part("", tuple(bass))), keys=(Key(0, "C"),))
    assert [chord.text for chord in chords.recognise(score)] == ["C", "F", "G", "C"]
    assert density(score) > 1


def test_a_melody_implies_plain_chords_of_its_key():
    tune = [60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 72, 67, 64, 60]
    score = Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(tune))),), keys=(Key(0, "C"),))
    assert [chord.text for chord in chords.recognise(score)] == ["C", "F", "G", "C"]


def test_silence_is_no_chord_and_drums_are_not_heard():
    drums = Part("Drums", (Note(0, 240, 36), Note(480, 240, 38)), is_drums=True)
    assert chords.recognise(Score((drums,))) == ()
    gap = Part("", tuple(Note(start, 480, pitch) for start in (0, 480, 5760) for pitch in (60, 64, 67)))
    found = chords.recognise(Score((gap,), meters=(Meter(0, 4, 4),)))
    assert "N.C." in [chord.text for chord in found]
