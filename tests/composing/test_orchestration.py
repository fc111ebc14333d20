"""Scoring a piece for other instruments."""

import pytest

import firmus
from firmus.composing.rule_based.orchestration import CHINESE, ENSEMBLES, orchestrated, players
from firmus.composing.styles import CHORDAL, instrument_range
from firmus.errors import InvalidBrief
from firmus.score import Note, Part, Score


def piano():
    """A melody over a bass and broken chords, eight bars."""
    notes = []
    for bar, (low, tune) in enumerate(zip((36, 41, 43, 36) * 2, (84, 81, 83, 84, 88, 86, 83, 84), strict=True)):
        start = 1920 * bar
        notes += [Note(start, 960, tune), Note(start + 960, 960, tune - 1), Note(start, 480, low)]
        notes += [Note(start + 480 * beat, 480, low + 12 + (0, 7, 16, 7)[beat]) for beat in range(1, 4)]
    return Score((Part("Piano", tuple(notes)),))


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_every_instrument_stays_in_its_range_and_plays_one_note_at_a_time(ensemble):
    score, measured = orchestrated(piano(), players((ensemble,)))
    assert len(score.parts) == len(ENSEMBLES[ensemble])
    assert measured["melody_kept"] == measured["bass_kept"] == 1.0
    assert measured["kept"] > 0.9
    for part in score.parts:
        low, high = instrument_range(part.program)
        assert all(low <= note.pitch <= high for note in part.notes)
        if part.program not in CHORDAL:
            assert all(one.end <= other.start for one, other in zip(part.notes, part.notes[1:], strict=False))


@pytest.mark.parametrize("ensemble", ["string quartet", "wind quintet", "brass quintet"])
def test_no_instrument_of_a_chorale_rests_for_long(ensemble):
    """Of four voices that meet on one key in turn every instrument has its note."""
    bars = [(48, 55, 64, 72), (43, 55, 62, 71), (48, 60, 60, 67), (48, 52, 67, 67)] * 4
    voices = [tuple(Note(960 * place, 960, each[voice]) for place, each in enumerate(bars)) for voice in range(4)]
    score, measured = orchestrated(Score(tuple(Part("", notes) for notes in voices)), players((ensemble,)))
    assert measured["kept"] == 1.0
    for part in score.parts:
        ends = [0, *(note.end for note in part.notes)]
        rests = [note.start - end for note, end in zip(part.notes, ends, strict=False)]
        assert max(rests) == 0, part.name
    struck = {place: {pitch % 12 for pitch in each} for place, each in enumerate(bars)}
    assert all(note.pitch % 12 in struck[note.start // 960] for part in score.parts for note in part.notes)


def test_a_thin_texture_stays_thin():
    two = (Part("", tuple(Note(480 * i, 480, 72 + i) for i in range(8))), Part("", (Note(0, 3840, 48),)))
    score, _ = orchestrated(Score(two), players(("string quartet",)))
    assert sum(len(part.notes) for part in score.parts) == 9


def test_the_first_has_the_melody_and_the_last_the_bass():
    score, _ = orchestrated(piano(), players(()))
    names = [part.name for part in score.parts]
    assert names == ["Violin I", "Violin II", "Viola", "Cello"]
    assert [note.pitch for note in score.parts[0].notes] == [
        pitch for tune in (84, 81, 83, 84, 88, 86, 83, 84) for pitch in (tune, tune - 1)
    ]
    assert [note.pitch for note in score.parts[3].notes if note.start % 1920 == 0] == [36, 41, 43, 36] * 2


def test_more_notes_than_instruments_lose_doublings_first():
    chords = tuple(Note(480 * i, 480, pitch) for i in range(4) for pitch in (48, 60, 64, 67, 72))
    score, measured = orchestrated(Score((Part("", chords),)), players(("violin", "viola", "cello")))
    sounding = {note.pitch % 12 for part in score.parts for note in part.notes}
    assert measured["kept"] == 0.6
    assert {0, 4} <= sounding or {0, 7} <= sounding
    assert {note.pitch for note in score.parts[0].notes} == {72}


def test_notes_that_a_pedal_holds_are_held_until_the_instrument_plays_again():
    notes = tuple(Note(480 * i, 240, pitch) for i, pitch in enumerate((48, 64, 67, 72)))
    part = Part("", notes, pedal=((0, 1900),))
    score, _ = orchestrated(Score((part,)), players(()))
    assert max(note.end for each in score.parts for note in each.notes) >= 1900


def test_ensembles_are_named_in_both_languages_and_unknown_ones_refused():
    for chinese, english in CHINESE.items():
        assert [each.program for each in players((chinese,))] == [each.program for each in players((english,))]
    work = firmus.orchestrate(piano(), parts="长笛,单簧管,大管")
    assert [part.program for part in work.score.parts] == [73, 71, 70]
    assert work.origin.measured["kept"] > 0.8
    with pytest.raises(InvalidBrief, match=r"unknown instrument 'kazoo'.*or an ensemble: string trio"):
        firmus.orchestrate(piano(), parts=["kazoo"])
    with pytest.raises(InvalidBrief, match="17 instruments: 16 is the most"):
        firmus.orchestrate(piano(), parts=["flute"] * 17)


@pytest.mark.parametrize("options", [{"count": 3}, {"ranges": {"cello": "C2-C3"}}, {"top_p": 0.5}, {"chords": "C"}])
def test_what_it_cannot_obey_is_refused(options):
    with pytest.raises(InvalidBrief, match="leave it out"):
        firmus.orchestrate(piano(), **options)


def test_drums_alone_are_refused():
    drums = Score((Part("Drums", (Note(0, 60, 36),), is_drums=True),))
    with pytest.raises(InvalidBrief, match="no pitched notes"):
        firmus.orchestrate(drums)
