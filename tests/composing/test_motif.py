"""Developing a motif."""

from dataclasses import replace

import pytest

import firmus
from firmus import formats
from firmus.brief_fields import TRANSFORMATIONS
from firmus.composing.motif import laid_out, length_of, transformed
from firmus.errors import InvalidBrief
from firmus.harmony import Key
from firmus.score import Note

MOTIF = b"""X:1
T:Motif
M:4/4
L:1/8
K:Dm
D2 F>G A2 dc|A2 GF E2 z2|]
"""
D_MINOR = Key.parse("D minor")
FIGURE = (Note(0, 480, 62), Note(480, 240, 65), Note(720, 240, 67), Note(960, 960, 69))


@pytest.fixture(scope="module")
def motif():
    return formats.read(MOTIF)


def pitches(way, time=0):
    return [note.pitch for note in transformed(FIGURE, way, D_MINOR, 1920, time)]


def test_transformations_are_of_the_scale():
    assert pitches("sequence") == [64, 67, 69, 70]
    assert pitches("sequence", 1) == [60, 64, 65, 67]
    assert pitches("sequence", 2) == [65, 69, 70, 72]
    assert pitches("inversion") == [62, 58, 57, 55] or pitches("inversion") == [74, 70, 69, 67]
    assert pitches("retrograde") == [69, 67, 65, 62]
    assert pitches("return") == [62, 65, 67, 69]
    assert pitches("fragmentation") == [62, 65, 67, 64, 67, 69]
    slow, fast = (transformed(FIGURE, way, D_MINOR, 1920) for way in ("augmentation", "diminution"))
    assert [note.start for note in slow] == [0, 960, 1440, 1920]
    assert [note.start for note in fast] == [0, 240, 360, 480, 960, 1200, 1320, 1440]
    assert [note.pitch for note in fast] == [62, 65, 67, 69, 64, 67, 69, 70]


def test_an_alteration_stays_and_the_raised_seventh_of_minor_is_one():
    leading = (Note(0, 480, 62), Note(480, 480, 61), Note(960, 480, 62))
    moved = transformed(leading, "sequence", D_MINOR, 1920)
    assert [note.pitch for note in moved] == [64, 63, 64]


@pytest.mark.parametrize("way", TRANSFORMATIONS)
def test_what_is_laid_out_is_fixed_and_the_rest_is_open(motif, way):
    score, spans = laid_out(motif, motif.parts[0], 2, 24, (way,))
    assert spans[0] == (3840, 7680)
    assert spans[-1][1] == score.end == 24 * 1920
    assert score.end - spans[-1][0] >= 3840
    inside = [note for note in score.parts[0].notes if any(start <= note.start < stop for start, stop in spans)]
    assert not inside
    again = [note for note in score.parts[0].notes if 7680 <= note.start < 7680 + length_of(way, 3840)]
    shifted = transformed(motif.parts[0].notes, way, motif.keys[0], 3840)
    assert [note.pitch for note in again] == [note.pitch for note in shifted]


def test_the_motif_returns_and_the_tune_closes_on_the_tonic(motif):
    work = firmus.develop(motif, style="folk", seed=3, effort="quick")
    melody = work.score.parts[0].notes
    assert work.score.end == 16 * 1920
    begins = [(note.start, note.pitch) for note in melody if note.start < 3840]
    assert begins == [(note.start, note.pitch) for note in motif.parts[0].notes]
    last = [(note.start - 12 * 1920, note.pitch) for note in melody if 12 * 1920 <= note.start < 14 * 1920]
    assert last == begins
    assert melody[-1].pitch % 12 == 2
    assert len([note for note in melody if 3840 <= note.start < 7680]) > 2
    assert work.origin.task == "develop"


def test_a_motif_that_was_played_in_is_developed_on_beats_and_ranges_are_kept(motif):
    late = tuple(replace(note, start=note.start + place * 37 % 31) for place, note in enumerate(motif.parts[0].notes))
    played = replace(motif, parts=(replace(motif.parts[0], notes=late),))
    work = firmus.develop(played, style="folk", seed=3, effort="quick", ranges={"1": "D4-F5"}, by="return")
    melody = work.score.parts[0].notes
    assert work.score.end == 16 * 1920
    assert {note.start % 20 for note in melody} == {0}
    assert all(62 <= note.pitch <= 77 for note in melody)


def test_bad_input_is_said(motif):
    with pytest.raises(InvalidBrief, match=r"unknown transformation 'invertion'.*inversion"):
        firmus.develop(motif, by="invertion")
    with pytest.raises(InvalidBrief, match="bars 3: a motif of 2 needs 4 at least"):
        firmus.develop(motif, bars=3)
    with pytest.raises(InvalidBrief, match="the motif has 16 bars: it must have 1 to 4"):
        firmus.develop(firmus.compose(style="folk", bars=16, seed=1, pickup=0, effort="quick").score)
    with pytest.raises(InvalidBrief, match="by sequence: only develop transforms a motif"):
        firmus.compose(by="sequence")
