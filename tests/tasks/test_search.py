import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

import firmus
from firmus import formats
from firmus.errors import FirmusError, FormatError, InvalidBrief
from firmus.retrieval import catalogue
from firmus.retrieval import library as _library
from firmus.score import Note, Part, Score
from firmus.tasks.search import matching

STEPS = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)
TUNES = 24
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def tune(seed, notes=48):
    """A diatonic melody of our own, with leaps and two note values."""
    generator = np.random.default_rng(seed)
    place, start, made = 4, 0, []
    for _ in range(notes):
        place = int(np.clip(place + generator.choice([-3, -2, -1, -1, 0, 1, 1, 2, 4]), 0, len(STEPS) - 1))
        length = int(generator.choice([240, 480, 480, 960]))
        made.append(Note(start, length, 60 + STEPS[place]))
        start += length
    bass = Part("Bass", (Note(0, start, 40),), program=32)
    return Score((Part("Melody", tuple(made)), bass), title=f"Tune {seed}")


def excerpt(score, first, count, up=0):
    notes = score.parts[0].notes[first : first + count]
    return Score(
        (Part("", tuple(replace(each, start=each.start - notes[0].start, pitch=each.pitch + up) for each in notes)),)
    )


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRMUS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "music"
    (folder / "more").mkdir(parents=True)
    for seed in range(TUNES):
        formats.write(tune(seed), folder / ("more" if seed % 2 else "") / f"tune{seed}.mid")
    return folder


def names(found):
    return [each.file for each in found.matches]


def reading(monkeypatch):
    """Which files are read from now on."""
    read_files, really = [], formats.read_all
    monkeypatch.setattr(
        formats, "read_all", lambda path, **options: read_files.append(path.name) or really(path, **options)
    )
    return read_files


def test_a_melody_in_another_key_and_at_another_tempo_is_found_where_it_stands(library):
    target = excerpt(tune(5), 16, 12, up=-4)
    slower = Score((Part("", tuple(Note(2 * n.start, 2 * n.duration, n.pitch) for n in target.parts[0].notes)),))
    first = firmus.search(library, melody=slower, count=3).matches[0]
    begin, end = (tune(5).parts[0].notes[place].start // 1920 + 1 for place in (16, 27))
    assert (first.file, first.title, first.part) == ("more/tune5.mid", "Tune 5", "Melody")
    assert (first.bars, first.semitones, first.score) == (f"{begin}-{end}", 4, 1.0)
    assert first.confidence > 0.9


def test_a_melody_with_a_wrong_note_and_one_left_out_is_found_with_a_lower_score(library):
    pitches = [note.pitch + 3 for note in tune(8).parts[0].notes[10:26]]
    pitches[5] += 1
    del pitches[11]
    text = " ".join(f"{NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in pitches)
    first = firmus.search(library, melody=text).matches[0]
    assert first.file == "tune8.mid"
    assert 0.8 < first.score < 1


def test_what_is_in_no_piece_is_not_said_to_be_there(library):
    found = firmus.search(library, melody="C4 F#4 B3 F4 C5 F#5 G4 C#4 D5 G#3 A4 Eb4")
    assert all(match.confidence < 0.2 for match in found.matches)


def test_the_same_piece_in_another_key_is_the_likest_with_all_its_bars(library, tmp_path):
    formats.write(tune(3).transposed(5), tmp_path / "asked.mid")
    found = firmus.search(library, like=tmp_path / "asked.mid", count=4)
    first, second = found.matches[:2]
    last = tune(3).parts[0].notes[-1].start // 1920 + 1
    assert (first.file, first.bars, first.of_bars, first.semitones) == ("more/tune3.mid", f"1-{last}", f"1-{last}", -5)
    assert first.score == pytest.approx(1, abs=0.01)
    assert first.confidence > 0.99 > 0.6 > second.confidence
    assert len(found.matches) <= 4


def test_a_piece_of_the_library_is_not_like_itself(library):
    assert "tune4.mid" not in names(firmus.search(library, like=library / "tune4.mid"))


def test_likeness_is_the_same_without_usearch(library, monkeypatch):
    target = tune(6).transposed(2)
    fast = firmus.search(library, like=target)
    monkeypatch.setattr("firmus.retrieval.neighbours._has_graphs", lambda: False)
    assert firmus.search(library, like=target, rebuild=True).matches == fast.matches


def test_a_hum_is_heard_and_found(library, tmp_path):
    pytest.importorskip("librosa")
    notes = tune(7).parts[0].notes[4:18]
    samples, phase = [], 0.0
    for note in notes:
        size = round(note.duration / 480 * 0.4 * 16000)
        height = 440 * 2 ** ((note.pitch - 5.3 - 69) / 12) * np.ones(size)
        angles = phase + 2 * np.pi * np.cumsum(height) / 16000
        phase = angles[-1]
        fade = np.minimum(1, np.minimum(np.arange(size), np.arange(size)[::-1]) / 400)
        samples.append(0.3 * fade * (np.sin(angles) + 0.3 * np.sin(2 * angles)))
    soundfile.write(tmp_path / "take.wav", np.concatenate(samples), 16000)
    first = firmus.search(library, hum=tmp_path / "take.wav").matches[0]
    assert first.file == "more/tune7.mid"


@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_silence_and_noise_are_refused(library, tmp_path, kind):
    pytest.importorskip("librosa")
    sound = np.zeros(32000) if kind == "silence" else np.random.default_rng(0).normal(0, 0.1, 32000)
    soundfile.write(tmp_path / "take.wav", sound, 16000)
    with pytest.raises(FirmusError, match=r"nothing is heard|no notes are heard|too short"):
        firmus.search(library, hum=tmp_path / "take.wav")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"melody": ""}, "no notes: too short"),
        ({"melody": "C4"}, "1 note: too short"),
        ({"melody": "C4 D4 E4 F4"}, "4 notes: too short"),
        ({"melody": "C4 D4 H4 F4 G4"}, "note 3 of the melody, 'H4'"),
        ({"melody": "C4:99 D4 E4 F4 G4"}, "length '99'"),
        ({"melody": "C4 D4 E4 F4 C99"}, "note 5 of the melody"),
        ({"melody": "C4 D4 " * 200}, "at most 256"),
        ({"melody": "R R R R R R"}, "no notes"),
        ({"like": Score()}, "no notes of melody"),
        ({"like": excerpt(tune(1), 0, 1)}, "1 note of melody"),
        ({}, "give one of"),
        ({"melody": "C4 D4 E4 F4 G4", "like": Score()}, "give one of"),
        ({"melody": "C4 D4 E4 F4 G4", "count": 0}, "count 0"),
    ],
)
def test_what_cannot_be_searched_for_is_refused_in_words(library, options, reason):
    with pytest.raises(InvalidBrief, match=reason):
        firmus.search(library, **options)


def test_folders_without_music_are_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRMUS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.mid").write_bytes(b"MThd")
    for folder, reason in (("none", "no such folder"), ("empty", "holds no music"), ("broken", "none of its 1 music")):
        with pytest.raises(FormatError, match=reason):
            firmus.search(tmp_path / folder, melody="C4 D4 E4 F4 G4")


def test_damaged_files_are_skipped_and_told(library):
    (library / "empty.mid").write_bytes(b"")
    (library / "damaged.mid").write_bytes((library / "tune0.mid").read_bytes()[:60])
    formats.write(Score((Part("", (Note(0, 480, 60),)),)), library / "one note.mid")
    found = firmus.search(library, melody=excerpt(tune(2), 0, 10))
    assert set(found.left_out) == {"empty.mid", "damaged.mid", "one note.mid"}
    assert "empty" in found.left_out["empty.mid"]
    assert "two notes" in found.left_out["one note.mid"]
    assert (found.pieces, found.matches[0].file) == (TUNES, "tune2.mid")


def test_only_what_is_new_or_changed_is_read_again(library, monkeypatch):
    firmus.search(library, melody=excerpt(tune(2), 0, 10))
    read_files = reading(monkeypatch)
    assert firmus.search(library, melody=excerpt(tune(2), 0, 10)).matches
    assert not read_files
    formats.write(tune(100), library / "new.mid")
    formats.write(tune(101), library / "tune0.mid")
    os.utime(library / "tune0.mid", ns=(1, 1))
    (library / "tune2.mid").unlink()
    read_files.clear()
    found = firmus.search(library, like=tune(100).transposed(1))
    assert sorted(read_files) == ["new.mid", "tune0.mid"]
    assert (names(found)[0], found.pieces) == ("new.mid", TUNES)
    assert names(firmus.search(library, like=tune(101)))[0] == "tune0.mid"
    gone = firmus.search(library, melody=excerpt(tune(2), 0, 12))
    assert "tune2.mid" not in names(gone)
    assert gone.matches[0].confidence < 0.5


def test_the_index_that_grew_finds_what_a_fresh_one_finds(library):
    firmus.search(library, melody=excerpt(tune(2), 0, 10))
    for seed in (50, 51):
        formats.write(tune(seed), library / f"tune{seed}.mid")
    (library / "tune6.mid").unlink()
    grown = [firmus.search(library, like=tune(51)), firmus.search(library, melody=excerpt(tune(9), 3, 14))]
    fresh = [
        firmus.search(library, like=tune(51), rebuild=True),
        firmus.search(library, melody=excerpt(tune(9), 3, 14)),
    ]
    for one, other in zip(grown, fresh, strict=True):
        assert [(m.file, m.score, m.bars) for m in one.matches[:3]] == [
            (m.file, m.score, m.bars) for m in other.matches[:3]
        ]


def test_a_damaged_index_is_made_anew(library):
    target = excerpt(tune(2), 0, 10)
    before = firmus.search(library, melody=target)
    index = catalogue.home(library) / _library.INDEX
    index.write_bytes(index.read_bytes()[:5000])
    assert firmus.search(library, melody=target) == before


def test_what_was_read_before_an_interruption_is_kept(library, monkeypatch):
    def interrupt(what, done, total):
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        firmus.search(library, melody=excerpt(tune(2), 0, 10), progress=interrupt)
    read_files = reading(monkeypatch)
    found = firmus.search(library, melody=excerpt(tune(2), 0, 10))
    assert len(read_files) == TUNES - 10
    assert (found.pieces, found.matches[0].file) == (TUNES, "tune2.mid")
    assert [each.name for each in catalogue.home(library).iterdir()] == [_library.INDEX]


def test_of_one_name_with_several_endings_one_file_is_read(library):
    formats.write(tune(2), library / "tune2.musicxml")
    found = firmus.search(library, melody=excerpt(tune(2), 0, 12))
    assert found.pieces == TUNES
    assert found.matches[0].file == "tune2.musicxml"


def test_findings_are_plain_values(library):
    found = firmus.search(library, melody=excerpt(tune(2), 0, 12), count=2)
    assert json.loads(json.dumps(found.as_dict()))["matches"][0]["file"] == "tune2.mid"
    assert isinstance(found, matching.Findings)


def test_of_short_pieces_with_one_phrase_none_hides_another(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRMUS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "phrases"
    folder.mkdir()
    for number in range(12):
        formats.write(excerpt(tune(3), 0, 8), folder / f"{number:02}-phrase.mid")
        formats.write(excerpt(tune(40 + number), 0, 8), folder / f"other{number}.mid")
    found = firmus.search(folder, melody=excerpt(tune(3), 0, 8), count=12)
    assert sorted(names(found)) == [f"{number:02}-phrase.mid" for number in range(12)]
    assert {each.score for each in found.matches} == {1.0}


def test_composing_after_searching_does_not_crash():
    """Usearch loaded before ONNX Runtime crashes the process."""
    script = (
        "from firmus.score import Note, Part, Score; import firmus; "
        "tune = Score((Part('', tuple(Note(480 * i, 480, 60 + i * i % 7) for i in range(12))),)); "
        "firmus.search({'tune': tune}, like=tune); import onnxruntime"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
