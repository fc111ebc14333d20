"""ABC: what is written, and that it comes back note for note."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import symusic
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firmus.formats import abc
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
from strategies import scores


def test_what_is_written() -> None:
    score = Score(
        (Part("Flute", (Note(0, 480, 74), Note(480, 240, 78), Note(720, 240, 77), Note(960, 960, 81)), program=73),),
        meters=(Meter(0, 2, 4),), tempi=(Tempo(0, 96.0),), keys=(Key(0, "D"),),
        chords=(Chord(0, "D"), Chord(960, "A", "7")), sections=(Section(960, "B"),), title="50 % more",
        composer="A & B",
    )  # fmt: skip
    assert abc.write(score).decode().splitlines() == [
        "%abc-2.1", "X: 1", r"T: 50 \% more", r"C: A \& B", "M: 2/4", "L: 1/8", "Q: 1/4=96",
        'V: 1 name="Flute"', "%%MIDI program 73", "K: D", '"D"d2 f=f |', "P: B", '"A7"a4 |]',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("notes", "text"),
    [
        ([(0, 160), (160, 160), (320, 160), (480, 1440)], "(3CCC C6"),
        ([(0, 320), (320, 320), (640, 320), (960, 960)], "(3C2 C2 C2 C4"),
        ([(0, 320), (320, 640), (960, 960)], "(3:2:2C2 C- C2 C4"),
        ([(0, 1200), (1200, 720)], "C4- CC3"),
        ([(240, 1680)], "zC- C6"),
        ([(96 * n, 96) for n in range(5)] + [(480, 1440)], "(5:4:5C/C/C/C/C/ C6"),
        ([(0, 1920), (480, 480)], "C8 & x2 C2 x4"),
    ],
)
def test_rhythms_are_written(notes: list[tuple[int, int]], text: str) -> None:
    score = Score((Part("", tuple(Note(start, duration, 60) for start, duration in notes)),))
    assert abc.write(score).decode().splitlines()[-1] == text + " |]"
    assert abc.read(abc.write(score)) == [replace(score, keys=())]


def test_chord_symbol_within_a_held_note() -> None:
    score = Score((Part("", (Note(0, 1920, 60),)),), chords=(Chord(0, "C"), Chord(960, "F")))
    assert abc.write(score).decode().splitlines()[-1] == '"C"C8 & x4 "F"x4 |]'
    assert abc.read(abc.write(score)) == [score]


def test_pitches_are_spelled_by_the_key() -> None:
    notes = tuple(Note(480 * n, 480, pitch) for n, pitch in enumerate((61, 63, 66, 71)))
    flat = Score((Part("", notes),), keys=(Key(0, "Db"),))
    sharp = Score((Part("", notes),), keys=(Key(0, "E"),))
    assert abc.write(flat).decode().splitlines()[-1] == "D2 E2 G2 _c2 |]"
    assert abc.write(sharp).decode().splitlines()[-1] == "C2 D2 F2 B2 |]"


def test_accidentals_are_written_where_needed() -> None:
    pitches = (66, 66, 65, 77, 78, 66, 65, 65)
    score = Score((Part("", tuple(Note(480 * n, 480, pitch) for n, pitch in enumerate(pitches))),), keys=(Key(0, "C"),))
    assert abc.write(score).decode().splitlines()[-1] == "^F2 F2 =F2 f2 | ^f2 ^F2 =F2 F2 |]"


def expected(score: Score) -> Score:
    """What ABC keeps: no velocities, nothing at or after the end, no change that says the same again."""

    def steady(events: tuple[Any, ...], value: str) -> tuple[Any, ...]:
        result: list[Any] = []
        for event in events:
            if event.start < score.end and (not result or getattr(result[-1], value) != getattr(event, value)):
                result.append(event)
        return tuple(result)

    return replace(
        score,
        parts=tuple(
            replace(part, notes=tuple(replace(note, velocity=80) for note in part.notes)) for part in score.parts
        ),
        meters=tuple(meter for meter in score.meters if meter.start < score.end),
        tempi=steady(score.tempi, "bpm"),
        keys=steady(score.keys, "text"),
        chords=tuple(chord for chord in score.chords if chord.start < score.end),
        sections=tuple(section for section in score.sections if section.start < score.end),
    )


@settings(max_examples=100, deadline=None)
@given(st.sampled_from((40, 60)).flatmap(lambda grid: scores(grid=grid, min_parts=1)))
def test_round_trip(score: Score) -> None:
    assume(score.end > score.pickup)
    assert abc.read(abc.write(score)) == [expected(score)]


@settings(max_examples=50, deadline=None)
@given(scores(grid=1, min_parts=1, changes=False, pickups=False, monophonic=True))
def test_what_lies_on_no_grid_moves_by_a_32nd_at_most(score: Score) -> None:
    assume(score.end > 0)
    again = abc.read(abc.write(score))[0]
    for before, after in zip(score.parts, again.parts, strict=True):
        assert len(before.notes) == len(after.notes)
        assert all(abs(a.start - b.start) <= 60 for a, b in zip(before.notes, after.notes, strict=True))


# Real tunes


@cache
def collection(name: str) -> list[Score]:
    import music21

    folder = Path(music21.__file__).parent / "corpus" / name
    return [score for path in sorted(folder.glob("*.abc"))[:50] for score in abc.read(path.read_bytes())][:80]


@pytest.mark.parametrize("name", ["ryansMammoth", "oneills1850", "airdsAirs"])
def test_folk_tunes_come_back_note_for_note(name: str) -> None:
    tunes = collection(name)
    different = [score.title for score in tunes if abc.read(abc.write(score)) != [score]]
    assert len(tunes) >= 50
    assert len(different) <= 2, different  # ornaments written out in tuplets of nine


def test_another_reader_understands_what_is_written() -> None:
    """Symusic reads ABC by abc2midi."""
    for score in collection("airdsAirs")[:25]:
        text = abc.write(score).decode().replace("\nK:", "\n%%MIDI gchordoff\nK:")
        other = symusic.Score.from_abc(text)
        theirs = sorted(
            (round(note.time * 480 / other.ticks_per_quarter / 4), note.pitch)
            for track in other.tracks
            for note in track.notes
        )
        ours = sorted((round(note.start / 4), note.pitch) for part in score.parts for note in part.notes)
        assert theirs == ours, score.title
