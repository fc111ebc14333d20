"""Keys in church modes, and chords by Roman numerals."""

from __future__ import annotations

import pytest

import firmus
from firmus.analysis.roman import numeral
from firmus.errors import InvalidBrief, InvalidScore
from firmus.formats import abc, json, midi, musicxml
from firmus.harmony import CHURCH_MODES, Chord, Key, chord_of_numeral
from firmus.score import Note, Part, Score
from firmus.work import Brief


@pytest.mark.parametrize("mode", CHURCH_MODES)
def test_modes_have_their_scale_and_signature(mode: str) -> None:
    key = Key.parse(f"D {mode}")
    assert key.text == f"D {mode}"
    natural = {(7 * place) % 12 for place in range(key.signature - 1, key.signature + 6)}
    assert set(key.scale) == natural
    assert Key.parse(f"d {mode[:3]}") == key
    assert key.transposed(5).text == f"G {mode}"


@pytest.mark.parametrize("text", ["D dorisch", "H dorian", "D do", "Gb dorian"])
def test_other_keys_are_refused(text: str) -> None:
    with pytest.raises(InvalidScore, match="there is no key"):
        Key.parse(text)


@pytest.mark.parametrize("format_", [abc, json, midi, musicxml])
@pytest.mark.parametrize("text", ["D dorian", "E phrygian", "F lydian", "Bb mixolydian", "C# minor"])
def test_modes_are_written_and_read(format_: object, text: str) -> None:
    key = Key.parse(text)
    score = Score(
        (Part("", tuple(Note(480 * i, 480, 60 + tone) for i, tone in enumerate(key.scale[:4]))),), keys=(key,)
    )
    (back,) = format_.read(format_.write(score))  # type: ignore[attr-defined]
    assert [each.text for each in back.keys] == [text]


def test_composing_in_a_mode_keeps_to_its_scale() -> None:
    work = firmus.compose(style="folk", key="D dorian", bars=8, seed=3)
    assert work.score.keys[0].text == "D dorian"
    assert {note.pitch % 12 for part in work.score.parts for note in part.notes} <= {2, 4, 5, 7, 9, 11, 0}


@pytest.mark.parametrize("key", ["C major", "G minor", "Eb major", "F# minor"])
def test_numerals_are_read_as_they_are_written(key: str) -> None:
    in_key = Key.parse(key)
    for text in (
        "I",
        "ii",
        "iii",
        "IV",
        "V",
        "vi",
        "ii7",
        "IVM7",
        "V7",
        "V65",
        "V43",
        "V2",
        "V7/V",
        "bII6",
        "I64",
        "i",
    ):
        chord = chord_of_numeral(text, in_key)
        again = chord_of_numeral(numeral(chord, in_key), in_key)
        assert (again.pitch_classes, again.bass) == (chord.pitch_classes, chord.bass)


def test_a_progression_in_numerals_needs_a_key() -> None:
    with pytest.raises(InvalidBrief, match="'I' is a Roman numeral: give the key"):
        Brief(chords="I IV V")
    assert [bar[0].text for bar in Brief(chords="vi IV I V", key="D").progression()] == ["Bm", "G", "D", "A"]
    source = Score((Part("", (Note(0, 480, 67),)),), keys=(Key(0, "G"),))
    assert [bar[0].text for bar in Brief(chords="I V7", source=source).progression()] == ["G", "D7"]
    work = firmus.compose(style="lead-sheet", key="G", chords="I vi IV V", bars=4, seed=1)
    assert [chord.text for chord in work.score.chords] == ["G", "Em", "C", "D"]


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        ("C△", "maj7"),
        ("C△7", "maj7"),
        ("C∆7", "maj7"),
        ("CΔ9", "maj9"),
        ("Cm△7", "mM7"),
        ("Cø", "m7b5"),
        ("C°7", "dim7"),
        ("C-7", "m7"),
    ],
)
def test_signs_of_lead_sheets(text: str, quality: str) -> None:
    assert Chord.parse(text).quality == quality
