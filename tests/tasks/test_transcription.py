"""Transcription of renderings whose music is known, and of sound that is no music."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

import firmus
from firmus.errors import FirmusError, FormatError, InvalidBrief
from firmus.render import synth
from firmus.runtime import transcription
from firmus.score import Note, Part, Score, Tempo
from firmus.tasks.analyse.sound import analyse_sound
from firmus.tasks.transcribe import transcribe
from firmus.timing import seconds

RATE = 22050
TUNE = [67, 69, 71, 72, 74, 74, 71, 67, 69, 71, 72, 69, 71, 67, 66, 67]
BASS = [43, 50, 47, 43, 48, 50, 50, 43]
BPM = 96.0


def song(program=0):
    """Eight bars of G major: a melody over a bass."""
    melody = tuple(Note(480 * i, 450, pitch, 90) for i, pitch in enumerate(TUNE * 2))
    bass = tuple(Note(960 * i, 900, pitch, 75) for i, pitch in enumerate(BASS * 2))
    return Score((Part("", melody + bass, program),), tempi=(Tempo(0, BPM),))


def tune(program):
    lengths = [480, 240, 240, 480, 480, 960, 240, 240] * 4
    starts = np.cumsum([0, *lengths])
    notes = tuple(Note(int(starts[i]), int(0.92 * lengths[i]), pitch) for i, pitch in enumerate(TUNE * 2))
    return Score((Part("", notes, program),), tempi=(Tempo(0, BPM),))


def found_of(score, detected, slack=0.08):
    """Recall and precision of detected notes."""
    known = [(seconds(score, note.start), note.pitch) for part in score.parts for note in part.notes]
    onsets = [(note.start, note.pitch) for note in detected]

    def near(one, others):
        return any(pitch == one[1] and abs(at - one[0]) < slack for at, pitch in others)

    return np.mean([near(each, onsets) for each in known]), np.mean([near(each, known) for each in onsets])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    synth.write(folder / "piano.wav", synth.render(song()))
    synth.write(folder / "clarinet.flac", synth.render(tune(71)))
    return folder


@pytest.fixture(scope="module")
def piano(files):
    return transcription.analyse_recording(files / "piano.wav")


def test_a_piano_is_heard_note_for_note(piano):
    recall, precision = found_of(song(), piano.notes)
    assert recall > 0.85
    assert precision > 0.85


def test_tempo_key_and_loudness_are_heard(piano):
    assert any(abs(piano.pulse.bpm / BPM / factor - 1) < 0.02 for factor in (0.5, 1, 2))
    assert piano.key.key.text == "G major"
    assert piano.key.confidence > 0.3
    assert abs(piano.loudness + 14) < 1
    assert abs(piano.cents) < 10
    assert 0 < piano.pulse.confidence < 1
    assert piano.unknown == {}


def test_a_transcription_is_a_work_with_its_origin(files, tmp_path):
    work = transcribe(files / "piano.wav", tempo=BPM)
    assert work.origin.task == "transcribe"
    assert work.origin.model == "transcriber"
    assert len(work.origin.weights) == len(work.origin.source) == 64
    assert not work.origin.ai_generated
    assert work.origin.brief == {"voices": "many", "tempo": BPM}
    assert work.score.keys[0].text == "G major"
    assert abs(work.score.tempi[0].bpm / BPM - 1) < 0.02
    starts = {note.start % 480 for note in work.score.parts[0].notes}
    assert np.mean([note.start % 480 == 0 for note in work.score.parts[0].notes]) > 0.8, starts
    paths = work.save(tmp_path / "out")
    assert len(paths) == 5
    document = json.loads(paths[-1].read_text())
    assert document["origin"]["measured"]["confidence"]["tempo"] == 1.0
    assert firmus.read(paths[0]).end == work.score.end


def test_one_voice_is_heard_by_pyin(files):
    recording = transcription.analyse_recording(files / "clarinet.flac", "one")
    recall, precision = found_of(tune(71), recording.notes)
    assert recall > 0.85
    assert precision > 0.85
    assert recording.model == "pYIN"
    assert recording.key.key.text == "G major"


def test_one_voice_without_librosa_is_refused_in_one_line(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(FirmusError, match=r"pip install 'firmus\[audio\]'"):
        transcribe(files / "clarinet.flac", "one")


def test_sound_out_of_tune_is_heard_in_tune(tmp_path):
    audio = synth.render(song())
    path = tmp_path / "flat.wav"
    soundfile.write(path, audio.samples, round(audio.sample_rate * 2 ** (-40 / 1200)))  # 40 cents lower, and slower
    recording = transcription.analyse_recording(path)
    assert abs(recording.cents + 40) < 12
    factor = 2 ** (-40 / 1200)
    faster = [replace(note, start=note.start * factor, end=note.end * factor) for note in recording.notes]
    recall, precision = found_of(song(), faster)
    assert recall > 0.8
    assert precision > 0.8


def write(folder, name, samples):
    path = folder / name
    soundfile.write(path, samples, RATE)
    return path


def bad(kind):
    generator = np.random.default_rng(3)
    noise = generator.standard_normal(8 * RATE)
    times = np.arange(3 * RATE) / RATE
    return {
        "silence": np.zeros(5 * RATE),
        "nearly silence": 1e-5 * noise,
        "white noise": 0.2 * noise,
        "pink noise": 0.2 * np.cumsum(noise) / np.abs(np.cumsum(noise)).max(),
        "a click": np.r_[np.zeros(RATE), 0.9, np.zeros(RATE)],
        "one note": 0.3 * np.sin(2 * np.pi * 440 * times) * np.exp(-2 * times),
    }[kind]


@pytest.mark.parametrize("kind", ["silence", "nearly silence", "white noise", "pink noise", "a click", "one note"])
def test_what_is_no_music_gets_no_label(kind, tmp_path):
    found = analyse_sound(write(tmp_path, "take.wav", bad(kind))).as_dict()
    json.dumps(found, allow_nan=False)
    assert found["key"] is None
    assert found["tempo"] is None
    assert found["meter"] is None
    for name in ("key", "tempo", "meter"):
        assert found["unknown"][name]
        assert found["confidence"][name] < 0.2
    if kind == "silence":
        assert found["sound"]["loudness"] is None
        assert "silent" in found["unknown"]["key"]


@pytest.mark.parametrize("kind", ["silence", "white noise"])
def test_there_is_nothing_to_transcribe_in_silence_and_noise(kind, tmp_path):
    path = write(tmp_path, "take.wav", bad(kind))
    with pytest.raises(FormatError, match=r"^take.wav: .*there is nothing to transcribe$"):
        transcribe(path)


def test_one_note_is_transcribed_as_one_note(tmp_path):
    note = Score((Part("", (Note(0, 960, 64),), 0),))
    synth.write(tmp_path / "take.wav", synth.render(note))
    work = transcribe(tmp_path / "take.wav")
    assert [each.pitch for each in work.score.parts[0].notes] == [64]
    assert work.origin.measured["unknown"]["key"] == "too short to tell a key: 1 note"
    assert "tempo" in work.origin.measured["unknown"]


@pytest.mark.parametrize(("options", "shown"), [({"voices": "some"}, "unknown voices"), ({"tempo": 5}, "tempo 5")])
def test_odd_wishes_are_refused(options, shown, files):
    with pytest.raises(InvalidBrief, match=shown):
        transcribe(files / "piano.wav", **options)


def test_python_hears_sound_and_scores_alike(files):
    found = firmus.analyse(files / "piano.wav").as_dict()
    written = firmus.analyse(song()).as_dict()
    assert set(written) | {"sound"} == set(found)
    assert found["key"] == written["key"]
    assert found["sound"]["file"] == "piano.wav"
    assert len(found["sound"]["beats"]) > 10
    assert found["chords"]
    page = firmus.analyse(files / "piano.wav").html("zh")
    assert "G大调" in page


@pytest.mark.parametrize("bpm", [60, 90, 120])
@pytest.mark.parametrize("kind", ["noise", "sine"])
def test_clicks_alone_have_a_tempo_and_beats(kind, bpm, tmp_path):
    samples, times = np.zeros(12 * RATE), np.arange(RATE // 50) / RATE
    click = np.sin(2 * np.pi * 1000 * times) if kind == "sine" else np.random.default_rng(0).normal(size=len(times))
    onsets = np.arange(0.3, 11.9, 60 / bpm)
    for onset in onsets:
        samples[round(onset * RATE) :][: len(times)] += 0.3 * click * np.exp(-200 * times)
    analysis = firmus.analyse(write(tmp_path, "clicks.wav", samples)).as_dict()
    assert analysis["tempo"] == pytest.approx(bpm, abs=1)
    beats = np.array(analysis["sound"]["beats"])
    assert len(beats) > 0.8 * len(onsets)
    assert np.abs(beats[:, None] - onsets).min(axis=1).max() < 0.06
    assert "tempo" not in analysis["unknown"]
    assert "notes" in analysis["unknown"]
