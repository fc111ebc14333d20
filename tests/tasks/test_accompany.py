"""A melody is given; a piano, a band or chord symbols are composed to it."""

from dataclasses import replace

import pytest

import firmus
from firmus.errors import InvalidBrief
from firmus.score import Chord, Key, Meter, Note, Part, Score

PITCHES = (67, 67, 74, 74, 76, 76, 74, 72, 72, 71, 71, 69, 69, 67)


def tune():
    """Ah! vous dirai-je, maman (France, before 1761): eight bars of 2/4 in G."""
    starts = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]
    lengths = [1] * 6 + [2] + [1] * 6 + [2]
    notes = (Note(480 * at, 480 * long, pitch) for at, long, pitch in zip(starts, lengths, PITCHES, strict=True))
    return Score((Part("Air", tuple(notes), 73),), meters=(Meter(0, 2, 4),), keys=(Key(0, "G"),), end=16 * 480)


@pytest.mark.parametrize(("style", "names"), [("song", ["Piano"]), ("band", ["Guitar", "Bass", "Drums"])])
def test_the_melody_stays_and_the_others_play(style, names):
    work = firmus.accompany(tune(), style=style, seed=2)
    assert work.score.parts[0] == tune().parts[0]
    assert [part.name for part in work.score.parts[1:]] == names
    assert any(part.notes for part in work.score.parts[1:])
    assert work.score.end == tune().end
    assert work.origin.task == "accompany"


def test_chord_symbols_end_on_the_tonic():
    work = firmus.accompany(tune(), style="lead-sheet", seed=2)
    assert work.score.parts == tune().parts
    assert len(work.score.chords) > 1
    assert (work.score.chords[-1].root, work.score.chords[-1].quality) == ("G", "")


def test_chords_that_are_given_are_kept_on_strong_beats():
    work = firmus.accompany(tune(), style="song", chords="G C D G", seed=3)
    assert work.score.chords[0] == Chord(0, "G")
    for tick in range(0, 16 * 480, 480):
        holding = [chord for chord in work.score.chords if chord.start <= tick][-1]
        piano = work.score.parts[1].notes
        sounding = {note.pitch % 12 for note in piano if note.start <= tick < note.end}
        assert sounding <= set(holding.pitch_classes)


def test_a_wish_is_measured_on_what_is_composed():
    pairs = (firmus.accompany(tune(), style="song", density=share, seed=4, count=4) for share in (0.1, 0.9))
    sparse, dense = (sum(len(work.score.parts[1].notes) for work in works) for works in pairs)
    assert sparse < dense


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"style": "chorale"}, "song or lead-sheet or band"),
        ({"bars": "1-4"}, "whole melody"),
        ({"parts": "2"}, "no part"),
    ],
)
def test_what_cannot_be_done_is_refused(options, words):
    with pytest.raises(InvalidBrief, match=words):
        firmus.accompany(tune(), **options)


def test_drums_are_no_melody():
    drums = Score((Part("Drums", (Note(0, 240, 36),), is_drums=True),), end=1920)
    with pytest.raises(InvalidBrief, match="no melody"):
        firmus.accompany(drums)


def test_chord_symbols_that_the_source_has_are_not_replaced():
    sheet = replace(tune(), chords=(Chord(0, "G"),))
    with pytest.raises(InvalidBrief, match="the source has chord symbols"):
        firmus.accompany(sheet, style="lead-sheet")
    assert firmus.accompany(sheet, style="song", seed=1).score.chords == sheet.chords


def test_of_a_band_the_part_that_sings_is_the_melody():
    low = Part("Low", tuple(Note(480 * at, 480, 40 + at % 3) for at in range(16)), 33)
    band = replace(tune(), parts=(low, tune().parts[0]))
    work = firmus.harmonise(band, seed=1)
    assert work.score.parts[0].notes == tune().parts[0].notes
    assert work.origin.measured["melody"] == "Air"
    assert firmus.harmonise(band, seed=1, parts="air").score == work.score
