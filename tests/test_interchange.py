"""Scores of other libraries: there and back, note for note."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from firmus import interchange, timing
from firmus.errors import FirmusError
from firmus.formats import abc
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
from strategies import scores

LIBRARIES = ("symusic", "pretty_midi", "music21", "partitura")

DUET = Score(
    parts=(
        Part(
            "Flute",
            (
                Note(480, 480, 67, 90), Note(960, 720, 69), Note(1680, 240, 71, 60), Note(1920, 960, 73),
                Note(2880, 160, 74), Note(3040, 160, 76), Note(3200, 160, 74), Note(3360, 1440, 71, 100),
            ),
            program=73,
        ),
        Part(
            "Cello",
            (Note(480, 1440, 43), Note(480, 1440, 50), Note(1920, 1440, 49), Note(3360, 1440, 47)),
            program=42,
        ),
    ),
    meters=(Meter(0, 3, 4),),
    tempi=(Tempo(0, 96.0), Tempo(1920, 60.0)),
    keys=(Key(0, "G"), Key(1920, "B", "minor")),
    chords=(Chord(480, "G"), Chord(1920, "F#", "7", "C#")),
    sections=(Section(480, "A"),),
    pickup=480,
    title="Duet",
    composer="Anon",
)  # fmt: skip


@cache
def folk_tunes() -> list[Score]:
    import music21

    folder = Path(music21.__file__).parent / "corpus"
    return [
        abc.read((folder / name).read_bytes())[0] for name in ("airdsAirs/book1.abc", "ryansMammoth/AcaciaReel.abc")
    ]


def there_and_back(library: str, score: Score) -> Score:
    back: Score = getattr(interchange, f"from_{library}")(getattr(interchange, f"to_{library}")(score))
    return back


def sounding(score: Score) -> list[list[tuple[int, int, int]]]:
    return [[(note.start, note.duration, note.pitch) for note in part.notes] for part in score.parts]


@pytest.mark.parametrize("library", LIBRARIES)
def test_notes_come_back(library: str) -> None:
    for score in (DUET, *folk_tunes()):
        assert sounding(there_and_back(library, score)) == sounding(score)


@pytest.mark.parametrize(
    ("library", "kept"),
    [
        ("symusic", ("parts", "meters", "tempi", "keys", "sections", "pickup", "end")),
        ("pretty_midi", ("parts", "meters", "tempi", "keys", "chords", "pickup", "end", "composer")),
        ("music21", ("parts", "meters", "tempi", "keys", "chords", "sections", "pickup", "end", "title", "composer")),
        ("partitura", ("meters", "tempi", "keys", "pickup", "end")),
    ],
)
def test_what_else_comes_back(library: str, kept: tuple[str, ...]) -> None:
    back = there_and_back(library, DUET)
    assert {name: getattr(back, name) for name in kept} == {name: getattr(DUET, name) for name in kept}


def test_the_other_libraries_hear_the_same() -> None:
    ours = sorted((note.start, note.pitch, note.velocity) for part in DUET.parts for note in part.notes)
    tracks = interchange.to_symusic(DUET).tracks
    assert sorted((note.time, note.pitch, note.velocity) for track in tracks for note in track.notes) == ours
    played = interchange.to_pretty_midi(DUET).instruments
    seconds = sorted((note.start, note.pitch) for instrument in played for note in instrument.notes)
    assert [pitch for _, pitch in seconds] == [pitch for _, pitch, _ in ours]
    assert [start for start, _ in seconds] == pytest.approx([timing.seconds(DUET, start) for start, _, _ in ours])
    stream = interchange.to_music21(DUET)
    assert [part.partName for part in stream.parts] == ["Flute", "Cello"]
    loud = [note.volume.velocity for note in stream.parts[0].flatten().notes if "Harmony" not in note.classes]
    assert loud == [90, 80, 60, 80, 80, 80, 80, 100]
    array = interchange.to_partitura(DUET).note_array()
    assert sorted(array["pitch"].tolist()) == sorted(pitch for _, pitch, _ in ours)


def test_a_stream_made_in_music21() -> None:
    import music21

    melody = music21.converter.parse("tinynotation: 3/4 c4 d8 e f# g a2.")
    score = interchange.from_music21(melody)
    assert [note.pitch for note in score.parts[0].notes] == [60, 62, 64, 66, 67, 69]
    assert (score.meters[0].text, score.title, score.composer) == ("3/4", "", "")


def test_symusic_in_seconds_and_quarters() -> None:
    ticks = interchange.to_symusic(DUET)
    assert sounding(interchange.from_symusic(ticks.to("quarter"))) == sounding(DUET)
    assert sounding(interchange.from_symusic(ticks.to("second"))) == sounding(DUET)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("direction", ["to", "from"])
def test_a_missing_library_is_named(library: str, direction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(FirmusError, match=f"^{library} is not installed: pip install {library}$"):
        getattr(interchange, f"{direction}_{library}")(DUET)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_stranger_is_refused(library: str) -> None:
    with pytest.raises(FirmusError, match=r"^str is no "):
        getattr(interchange, f"from_{library}")("a file name")


def test_nothing_heavy_is_imported_with_the_module() -> None:
    code = "import sys, firmus.interchange; print(*{'numpy', 'music21', 'symusic', 'partitura'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


# Arrays


def test_array() -> None:
    array = interchange.to_array(DUET)
    assert array.shape == (12,)
    assert array["onset_tick"].tolist() == sorted(array["onset_tick"].tolist())
    assert array[0].tolist() == pytest.approx((0.625, 0.625, 1.0, 1.0, 480, 480, 67, 90, 0))
    assert array["onset_sec"].tolist() == pytest.approx([timing.seconds(DUET, tick) for tick in array["onset_tick"]])
    last = array[array["pitch"] == 71][-1]
    assert last["duration_sec"] == pytest.approx(3.0)


def test_array_is_what_partitura_takes() -> None:
    import partitura

    roll = partitura.utils.compute_pianoroll(interchange.to_array(DUET), time_unit="sec", time_div=8, piano_range=False)
    assert roll.sum(axis=1).nonzero()[0].tolist() == sorted({note.pitch for part in DUET.parts for note in part.notes})


@settings(max_examples=60, deadline=None)
@given(scores(grid=1, overlaps=True))
def test_array_round_trip(score: Score) -> None:
    assert interchange.from_array(interchange.to_array(score), like=score) == score


@pytest.mark.parametrize("unit", ["tick", "quarter", "sec"])
def test_arrays_in_any_unit(unit: str) -> None:
    full = interchange.to_array(DUET)
    fields: list[Any] = [f"onset_{unit}", f"duration_{unit}", "pitch", "velocity", "part"]
    assert interchange.from_array(full[fields], like=DUET) == DUET


def test_array_of_others() -> None:
    array = np.array(
        [(0.0, 1.5, 60), (1.5, 0.5, 62)], dtype=[("onset_sec", "f4"), ("duration_sec", "f4"), ("pitch", "i4")]
    )
    assert interchange.from_array(array) == Score((Part("", (Note(0, 1440, 60), Note(1440, 480, 62))),))
    score_array = interchange.to_partitura(DUET).note_array()
    ours = sorted((note.start - DUET.pickup, note.pitch) for part in DUET.parts for note in part.notes)
    read = interchange.from_array(score_array)
    assert (
        sorted((note.start - read.parts[0].notes[0].start, note.pitch) for part in read.parts for note in part.notes)
        == ours
    )


@pytest.mark.parametrize(
    ("fields", "row", "like", "message"),
    [
        ("onset_sec pitch", (0, 60), None, r"its fields are \['onset_sec', 'pitch'\]"),
        ("onset_tick duration_tick pitch", (0, 9, 128), None, "note pitch 128"),
        ("onset_tick duration_tick pitch", (-1, 9, 60), None, "note start -1"),
        ("onset_tick duration_tick pitch part", (0, 9, 60, 2), DUET, "part 2 of the note array"),
    ],
)
def test_arrays_that_are_no_music(fields: str, row: tuple[int, ...], like: Score | None, message: str) -> None:
    array = np.array([row], dtype=[(name, "i4") for name in fields.split()])
    with pytest.raises(FirmusError, match=message):
        interchange.from_array(array, like=like)


def test_empty_array() -> None:
    empty = replace(DUET, parts=(), end=0)
    assert interchange.to_array(empty).shape == (0,)
    assert interchange.from_array(interchange.to_array(empty)).parts == ()
