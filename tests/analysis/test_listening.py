"""Keys over time, numerals, phrases, cadences, textures, grooves, meters and moods, of pieces with known answers."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from firmus.analysis import (
    beats,
    cadences,
    chords,
    emotion,
    form,
    grooves,
    keys,
    melody,
    meters,
    roman,
    texture,
)
from firmus.errors import FirmusError
from firmus.score import Chord, Key, Meter, Note, Part, Score, Tempo
from firmus.tasks.analyse.notes import analyse
from strategies import scores

TUNE = [60, 60, 67, 67, 69, 69, 67, None, 65, 65, 64, 64, 62, 62, 60, None]  # Ah! vous dirai-je, maman


def line(pitches, length=480, program=73, start=0, velocity=80):
    """A part of notes one after the other; None lengthens the one before."""
    notes, tick = [], start
    for pitch in pitches:
        if pitch is None:
            notes[-1] = replace(notes[-1], duration=notes[-1].duration + length)
        else:
            notes.append(Note(tick, length, pitch, velocity))
        tick += length
    return Part("Tune", tuple(notes), program)


def block(symbols, length=1920):
    """Chords as block chords with their root in the bass."""
    notes = []
    for place, symbol in enumerate(symbols):
        tones = Chord.parse(symbol).pitch_classes
        notes.append(Note(place * length, length, 36 + tones[0]))
        notes += [Note(place * length, length, 60 + tone) for tone in tones]
    return Part("Piano", tuple(sorted(notes, key=lambda note: (note.start, note.pitch))), 0)


@pytest.mark.parametrize("shift", [-5, 0, 3, 6])
def test_keys_move_with_the_music(shift):
    home, away = ["C", "F", "G7", "C"] * 3, ["Em", "Am", "B7", "Em"] * 3
    found = keys.regions(Score((block(home + away),)).transposed(shift))
    assert [(each.key.pitch_class, each.key.mode) for each in found] == [
        (shift % 12, "major"), ((4 + shift) % 12, "minor"),
    ]  # fmt: skip
    assert abs(found[1].start - 12 * 1920) <= 2 * 1920
    assert all(0.5 < each.confidence <= 1 for each in found)
    assert found[0].start == 0
    assert found[-1].end >= 24 * 1920


def test_a_cadence_in_a_near_key_is_no_change_of_key():
    found = keys.regions(Score((block(["C", "F", "G7", "C", "D7", "G", "C", "F", "G7", "C"], 480),)))
    assert [each.key.text for each in found] == ["C major"]


@pytest.mark.parametrize(
    ("symbol", "key", "numeral"),
    [
        ("C", "C major", "I"), ("Dm/F", "C major", "ii6"), ("G7/B", "C major", "V65"), ("G7/F", "C major", "V2"),
        ("Bdim/D", "C major", "viio6"), ("D7", "C major", "V7/V"), ("C#dim7", "C major", "viio7/ii"),
        ("Eb", "C major", "bIII"),
        ("Fmaj7", "C major", "IVM7"), ("Am", "A minor", "i"), ("G", "A minor", "VII"), ("E7", "A minor", "V7"),
        ("G#dim7", "A minor", "viio7"), ("Bm7b5", "A minor", "iiø7"), ("Bb/D", "A minor", "bII6"),
        ("Caug", "A minor", "III+"),
        ("C7", "C major", "V7/IV"), ("N.C.", "C major", ""),
    ],
)  # fmt: skip
def test_numerals(symbol, key, numeral):
    assert roman.numeral(Chord.parse(symbol), Key.parse(key)) == numeral


@pytest.mark.parametrize("symbol", ["C", "Dm/F", "G7/B", "D7", "Am", "Bdim/D", "Em", "F", "C#dim7", "E7"])
def test_a_numeral_read_by_music21_is_the_chord(symbol):
    from music21.roman import RomanNumeral

    chord = Chord.parse(symbol)
    found = RomanNumeral(roman.numeral(chord, Key.parse("C major")), "C")
    assert found.root().pitchClass == chord.pitch_classes[0]
    assert {pitch.pitchClass for pitch in found.pitches} == {tone % 12 for tone in chord.pitch_classes}


def test_absurd_lengths_are_refused_and_long_pieces_have_no_form():
    tune = tuple(Note(480 * i, 480, 60 + i * 5 % 12) for i in range(4 * 2_100))
    found = analyse(Score((Part("", tune),)))
    assert found.sections == ()
    assert found.unknown["form"] == "too long to tell a form: 2,100 bars"
    with pytest.raises(FirmusError, match="12,501 bars, at most 10,000"):
        analyse(Score((Part("", (*tune[:8], Note(1920 * 12_500, 480, 60))),)))


def test_phrases_end_on_long_notes_and_rests():
    found = melody.phrases(Score((line(TUNE * 2),)))
    assert [each.start // 3840 for each in found] == [0, 1, 2, 3]


def test_the_melody_is_the_part_that_sings():
    tune, low = line(TUNE), line([36] * 16, program=33)
    drums = Part("Drums", tuple(Note(240 * i, 60, 42) for i in range(32)), is_drums=True)
    score = Score((drums, low, tune))
    assert melody.melody_part(score) is score.parts[2]
    assert melody.bass_part(score) is score.parts[1]
    assert melody.melody_part(Score((drums,))) is None


@pytest.mark.parametrize(
    ("written", "bar"),
    [
        ("6/8", [(0, 2), (2, 1), (3, 2), (5, 1)]),
        ("3/4", [(0, 2), (2, 2), (4, 1), (5, 1)]), ("4/4", [(0, 2), (2, 1), (3, 1), (4, 3), (7, 1)]),
    ],
)  # fmt: skip
def test_meters_are_heard_in_the_rhythm(written, bar):
    length = Meter.parse(written).bar
    tune = [67, 71, 74, 72, 69, 66, 67, 62]
    notes = [
        Note(length * number + 240 * start, 240 * eighths, tune[(place + 2 * number) % 8] + 5 * (start == 0))
        for number in range(12) for place, (start, eighths) in enumerate(bar)
    ]  # fmt: skip
    assert meters.estimate(Score((Part("", tuple(notes)),))).meter.text == written


def test_meters_of_folk_tunes_that_come_with_music21():
    from music21 import corpus

    from firmus import interchange

    tunes = {"BillyTheBarberShavedHisFatherJig": "6/8", "BloomingMeadowsJig": "6/8", "BonnieKatesReel": "4/4"}
    for name, written in tunes.items():
        found = meters.estimate(interchange.from_music21(corpus.parse(f"ryansMammoth/{name}")))
        same = {"2/4", "4/4"}
        assert found.meter.text == written or {found.meter.text, written} <= same
        assert 0.3 < found.confidence <= 1


def test_cadences_of_a_period():
    symbols = ["C", "F", "C", "G", "C", "F", "G7", "C"]
    tune = [76, 77, 77, None, 79, 77, 74, None, 76, 77, 77, None, 79, 77, 72, None]
    score = Score((line(tune, 960), block(symbols)))
    progression = tuple(Chord.parse(symbol, 1920 * place) for place, symbol in enumerate(symbols))
    phrases = (melody.Phrase(0, 7680, 1.0), melody.Phrase(7680, 15360, 1.0))
    found = cadences.cadences(score, progression, keys.regions(score), phrases)
    assert [each.kind for each in found] == ["half", "authentic, perfect"]
    assert [each.bar for each in found] == [4, 8]


def test_textures():
    chorale = Score(
        (line(TUNE), line([pitch and pitch - 5 for pitch in TUNE]), line([pitch and pitch - 12 for pitch in TUNE]))
    )
    assert {each.kind for each in texture.textures(chorale)} == {"homophonic"}
    assert {each.kind for each in texture.textures(Score((line(TUNE),)))} == {"one voice"}
    drums = Part("Drums", (Note(0, 60, 36), Note(480, 60, 38)), is_drums=True)
    assert texture.textures(Score((drums,)))[0].kind == "drums"
    assert texture.textures(Score(end=1920))[0].kind == "silent"
    assert texture.textures(chorale)[0].voices == 3


def test_swing_is_heard():
    swung = tuple(Note(480 * beat + late, 160, 60) for beat in range(16) for late in (0, 320))
    found = grooves.groove(Score((Part("", swung),)))
    assert found.swing == pytest.approx(2.0)
    straight = grooves.groove(Score((line([60] * 32, 240),)))
    assert straight.swing == 1.0
    assert straight.consistency == 1.0
    assert grooves.groove(Score()) is None


@pytest.mark.parametrize("meter", ["3/4", "4/4", "6/8"])
def test_meters_are_heard(meter):
    strong = {"3/4": [(0, 960, 48), (960, 480, 60)], "4/4": [(0, 960, 43), (960, 480, 55), (1440, 480, 60)],
              "6/8": [(0, 480, 48), (480, 240, 60), (720, 480, 52), (1200, 240, 60)]}[meter]  # fmt: skip
    bar = Meter.parse(meter).bar
    notes = tuple(Note(bar * place + at, length, pitch) for place in range(12) for at, length, pitch in strong)
    found = meters.estimate(Score((Part("", notes),)))
    assert found.meter.text == meter
    assert found.pickup == 0
    assert meters.estimate(Score((line(TUNE[:5]),))) is None


def test_mood_follows_mode_and_pace():
    def mood(pitches, bpm, velocity):
        return emotion.emotion(Score((line(pitches * 4, 240, velocity=velocity),), tempi=(Tempo(0, bpm),)))

    bright, dark = [60, 64, 67, 72, 76, 72, 67, 64], [57, 60, 64, 69, 72, 69, 64, 60]
    lively, slow = mood(bright, 150, 110), mood(dark, 45, 50)
    assert lively.valence > 0 > slow.valence
    assert lively.arousal > 0 > slow.arousal
    assert (lively.word, slow.word) == ("happy", "sad")
    assert emotion.emotion(Score((line(TUNE[:4]),))) is None


def test_bars_that_come_back_are_alike():
    alike = form.similarity(Score((line(TUNE * 2),)))
    assert alike.shape == (8, 8)
    assert alike[0, 4] == alike[3, 7] == 1.0
    assert alike[0, 2] < 0.5
    assert (alike == alike.T).all()


def test_weights_add_up_to_what_sounds():
    score = Score((block(["C", "Am"]),))
    starts, _ = beats.grid(score)
    assert beats.chroma(score, starts).sum() == sum(note.duration for note in score.parts[0].notes)


def test_fit_is_the_share_that_belongs():
    score = Score((block(["C", "C"]),))
    assert chords.fit(score, (Chord(0, "C"), Chord(1920, "G"))) == pytest.approx([1.0, 0.25])


@pytest.mark.parametrize(
    ("score", "missing"),
    [
        (Score(), {"key", "meter", "chords", "form", "mood"}),
        (Score((line([60]),)), {"key", "meter", "chords", "form", "mood"}),
        (
            Score((Part("Drums", tuple(Note(240 * i, 60, 38) for i in range(64)), is_drums=True),)),
            {"key", "chords", "mood"},
        ),
    ],
)
def test_what_cannot_be_told_is_not_made_up(score, missing):
    found = analyse(score).as_dict()
    assert missing <= set(found["unknown"])
    assert all(found["confidence"].get(name, 0.0) == 0.0 for name in missing)
    assert found["key"] is None


def test_a_meter_that_the_notes_contradict_is_doubted():
    waltz = [(0, 960, 36), (480, 240, 64), (960, 240, 64)]
    notes = tuple(Note(1440 * bar + at, length, pitch) for bar in range(16) for at, length, pitch in waltz)
    found = analyse(Score((Part("", notes),), meters=(Meter(0, 4, 4),))).as_dict()
    assert found["meter_heard"] == "3/4"
    assert "rather 3/4" in found["unknown"]["meter"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scores())
def test_anything_can_be_analysed(score):
    found = analyse(score)
    values = found.as_dict()
    assert all(0 <= share <= 1 for share in values["confidence"].values())
    assert len(values["textures"]) >= 0
    assert "<svg" in found.html("zh")
