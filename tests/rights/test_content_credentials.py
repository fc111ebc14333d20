"""A C2PA manifest in sound: signed last, valid when read back, and the label below it is as it was."""

import io
import json
import os
import stat

import c2pa
import pytest
import soundfile

import firmus
from firmus.errors import FirmusError, FormatError
from firmus.render import synth
from firmus.rights import certificates, content_credentials, keys
from firmus.rights.files import labelled
from firmus.rights.verification import verify
from firmus.tasks.render import render

SOUNDS = (".wav", ".mp3", ".flac")


@pytest.fixture
def own_key(tmp_path, monkeypatch):
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "keys"))
    return tmp_path / "keys"


@pytest.fixture(scope="module")
def work():
    return firmus.compose(style="folk", bars=1, seed=3, effort="quick")


@pytest.fixture(scope="module")
def sounds(work):
    audio = synth.render(work.score)
    return {ending: synth.encode(audio, ending) for ending in (*SOUNDS, ".ogg")}


def manifest(data, ending):
    with c2pa.Reader(content_credentials.MEDIA_TYPES[ending], io.BytesIO(data)) as reader:
        return json.loads(reader.json())


@pytest.mark.parametrize("ending", SOUNDS)
def test_the_manifest_is_valid_and_says_who_made_the_sound(ending, own_key, work, sounds, tmp_path):
    data = labelled(work, sounds[ending], ending, c2pa=True)
    read = manifest(data, ending)
    assert read["validation_state"] == "Valid"
    assert [each["code"] for each in read["validation_status"]] == ["signingCredential.untrusted"]
    (assertion,) = read["manifests"][read["active_manifest"]]["assertions"]
    (action,) = assertion["data"]["actions"]
    assert action["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    path = tmp_path / f"piece{ending}"
    path.write_bytes(data)
    found = verify(path)
    assert (found.verdict, found.credentials, found.is_own) == ("intact", "valid", True)
    assert soundfile.info(path).frames == soundfile.info(io.BytesIO(sounds[ending])).frames


@pytest.mark.parametrize("ending", SOUNDS)
def test_without_the_manifest_the_file_is_as_it_was_signed(ending, own_key, work, sounds, monkeypatch):
    data, plain = labelled(work, sounds[ending], ending, c2pa=True), labelled(work, sounds[ending], ending)
    monkeypatch.setattr(content_credentials, "is_installed", lambda: False)
    assert len(plain) < len(data)
    assert content_credentials.stripped(data, ending) == (plain, True)
    assert content_credentials.stripped(plain, ending) == (plain, False)
    assert content_credentials.validity(data, ending) == "unread"
    assert content_credentials.validity(plain, ending) == ""


@pytest.mark.parametrize("ending", SOUNDS)
def test_a_byte_that_was_changed_is_caught(ending, own_key, work, sounds, tmp_path):
    data, path = labelled(work, sounds[ending], ending, c2pa=True), tmp_path / f"piece{ending}"
    begin = data.rindex(b"C2PA") if ending == ".wav" else data.index(b"GEOB")
    end = begin + len(data) - len(content_credentials.stripped(data, ending).data)
    outside = [*range(8, begin, max(1, begin // 40)), *range(end, len(data), max(1, (len(data) - end) // 40))]
    assert len(outside) >= 40
    for place in outside:
        path.write_bytes(changed(data, place))
        assert verify(path).verdict != "intact", place
    caught = 0
    for place in range(begin, end, 100):  # some of its bytes only fill it up
        path.write_bytes(changed(data, place))
        caught += verify(path).verdict == "altered"
    assert caught > 15


def test_with_the_sidecar_a_byte_of_padding_is_caught_too(own_key, work, tmp_path):
    work.save(tmp_path / "piece", endings=["wav"], c2pa=True)
    path = tmp_path / "piece/piece.wav"
    data = path.read_bytes()
    assert verify(path).verdict == "intact"
    for place in range(data.rindex(b"C2PA"), len(data), 200):
        path.write_bytes(changed(data, place))
        assert verify(path).verdict == "altered", place


def changed(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_a_persons_notes_are_said(own_key, sounds):
    tune = firmus.Score((firmus.Part("", tuple(firmus.Note(480 * i, 480, 60 + i % 5) for i in range(8))),))
    data = labelled(firmus.harmonise(tune, style="hymn", seed=1, effort="quick"), sounds[".wav"], ".wav", c2pa=True)
    read = manifest(data, ".wav")
    (assertion,) = read["manifests"][read["active_manifest"]]["assertions"]
    assert assertion["data"]["actions"][0]["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")


def test_where_none_can_be_written_it_is_refused(own_key, work, tmp_path, monkeypatch):
    with pytest.raises(FormatError, match=r"a C2PA manifest is for sound \(.wav, .mp3, .flac\), not for .mid, .json"):
        work.save(tmp_path / "piece", endings=["mid"], c2pa=True)
    work.score.save(tmp_path / "tune.mid")
    with pytest.raises(FormatError, match=r"no piece.json with the same notes is beside the source"):
        render(tmp_path / "tune.mid", tmp_path / "tune.wav", c2pa=True)
    monkeypatch.setattr(content_credentials, "is_installed", lambda: False)
    with pytest.raises(FirmusError, match=r"pip install 'firmus\[c2pa\]'"):
        work.save(tmp_path / "piece", endings=["wav"], c2pa=True)
    assert not (tmp_path / "piece").exists()


def test_it_is_written_where_it_is_asked_for_alone(own_key, work, tmp_path):
    work.save(tmp_path / "piece", endings=["wav", "mid"], audible_label=True)
    assert verify(tmp_path / "piece/piece.wav").credentials == ""
    silent = render(tmp_path / "piece/piece.mid", tmp_path / "reel.flac", c2pa=True)[0]
    assert (verify(silent).verdict, verify(silent).credentials) == ("intact", "valid")
    lengths = [soundfile.info(path).duration for path in (tmp_path / "piece/piece.wav", silent)]
    assert lengths[0] - lengths[1] == pytest.approx(1.92, abs=0.01)  # the audible label


def test_the_certificates_are_those_of_the_key(own_key):
    chain = certificates.chain()
    assert chain == certificates.chain() == (own_key / certificates.FILE).read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE((own_key / certificates.FILE).stat().st_mode) == 0o600
    (own_key / keys.FILE).unlink()
    keys._load.cache_clear()
    assert certificates.chain() != chain
    (own_key / certificates.FILE).write_bytes(b"nothing")
    certificates._load.cache_clear()
    assert certificates.chain().startswith(b"-----BEGIN CERTIFICATE-----")
