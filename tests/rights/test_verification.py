"""A file is intact, altered or unknown, and says which of it was altered."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pretty_midi
import pytest
import soundfile

import firmus
from firmus import formats
from firmus.cli import main
from firmus.errors import FormatError
from firmus.rights import keys, labels, manifest
from firmus.rights.files import SIDECAR
from firmus.rights.labels import flac
from firmus.rights.verification import verify
from firmus.score import Note, Part, Score

ENDINGS = ["mid", "musicxml", "mxl", "abc", "krn", "svg", "pdf", "png", "wav", "flac", "ogg", "mp3"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A melody of ours, of which the second half was composed, in every kind of file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(keys.VARIABLE, str(tmp_path_factory.mktemp("keys")))
        tune = Score((Part("Tune", tuple(Note(480 * i, 480, 60 + (i * 2) % 9) for i in range(16))),))
        work = firmus.infill(tune, bars="3-4", seed=4, style="folk", effort="quick")
        folder = tmp_path_factory.mktemp("work") / "piece"
        work.save(folder, endings=ENDINGS)
        yield folder, work


@pytest.fixture
def folder(saved, tmp_path):
    """A copy that a test may alter."""
    return shutil.copytree(saved[0], tmp_path / "copy")


def alone(path):
    """The same file without its sidecar."""
    (path.parent / SIDECAR).unlink(missing_ok=True)
    return path


@pytest.mark.parametrize("ending", [*ENDINGS, "json", "prov.json"])
def test_every_file_is_intact_with_and_without_its_sidecar(folder, ending):
    found = verify(folder / f"piece.{ending}")
    assert (found.verdict, found.altered, found.is_own) == ("intact", [], ending != "prov.json")
    if ending != "prov.json":
        assert verify(alone(folder / f"piece.{ending}")).verdict == "intact"


@pytest.mark.parametrize("ending", [*ENDINGS, "json", "prov.json"])
def test_one_flipped_bit_anywhere_is_caught(folder, ending):
    path = folder / f"piece.{ending}"
    data = bytearray(path.read_bytes())
    if ending not in ("mxl", "prov.json"):  # a compressed file may be packed otherwise
        alone(path)
    tail = range(max(0, len(data) - 1500), len(data), 97)
    for place in {*np.linspace(0, len(data) - 1, 12).astype(int).tolist(), *tail, *range(0, min(1200, len(data)), 97)}:
        data[place] ^= 1 << place % 8
        path.write_bytes(data)
        assert verify(path).verdict != "intact", place
        data[place] ^= 1 << place % 8
    path.write_bytes(data)
    assert verify(path).verdict == "intact"


def test_altered_notes_content_and_tags_are_told_apart(folder):
    path = alone(folder / "piece.musicxml")
    text = path.read_text()
    path.write_text(text.replace("<step>G</step>", "<step>A</step>", 1))
    assert verify(path).altered == ["notes"]
    path.write_text(text.replace("light-heavy", "light-light", 1))
    assert verify(path).altered == ["content"]
    path.write_text(text.replace('"Label":"1"', '"Label":"3"'))
    assert verify(path).altered == ["tags"]
    sound = alone(folder / "piece.wav")
    data = bytearray(sound.read_bytes())
    data[5000] ^= 1
    sound.write_bytes(data)
    assert verify(sound).altered == ["content"]


def test_a_file_stripped_of_its_label_is_unknown_or_altered_beside_its_sidecar(folder):
    path = folder / "piece.mid"
    path.write_bytes(labels.module(".mid").content(path.read_bytes()))
    beside = verify(path)
    assert (beside.verdict, beside.altered) == ("altered", ["tags"])
    found = verify(alone(path))
    assert (found.verdict, found.findings) == ("unknown", ["it bears no label"])
    assert found.watermark is not None


def test_without_a_key_files_are_labelled_and_unknown(saved, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "file" / "below"))
    saved[1].save(tmp_path / "piece", endings=["mid"])
    assert verify(tmp_path / "piece" / "piece.mid").verdict == "unknown"  # its sidecar is not signed either
    found = verify(alone(tmp_path / "piece" / "piece.mid"))
    assert (found.verdict, found.findings, found.key) == ("unknown", ["the label is not signed"], "")
    assert (
        json.loads(labels.module(".mid").read((tmp_path / "piece" / "piece.mid").read_bytes())["AIGC"])["Label"] == "1"
    )


def test_elsewhere_a_file_is_intact_and_of_another_key(saved, tmp_path, monkeypatch):
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "none"))
    found = verify(saved[0] / "piece.mid")
    assert (found.verdict, found.is_own) == ("intact", False)
    assert not keys.exists()  # looking makes no key


def test_a_label_signed_anew_with_another_key_differs_from_the_sidecar(saved, folder, tmp_path, monkeypatch):
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "forger"))
    saved[1].save(tmp_path / "forged", endings=["mid"])
    shutil.copy(tmp_path / "forged" / "piece.mid", folder / "piece.mid")
    found = verify(folder / "piece.mid")
    assert (found.altered, found.findings) == (["sidecar"], ["label and sidecar are signed with different keys"])


def test_two_works_with_one_identifier_are_told_apart(saved, folder, monkeypatch):
    other = replace(saved[1], origin=replace(saved[1].origin, seed=99))
    same = manifest.identifier(manifest.of_work(saved[1]))
    monkeypatch.setattr(manifest, "identifier", lambda record: same)
    document = manifest.sidecar(other, {"piece.mid": (folder / "piece.mid").read_bytes()})
    (folder / SIDECAR).write_text(json.dumps(document))
    found = verify(folder / "piece.mid")
    assert found.altered == ["sidecar"]
    assert found.findings == ["two works have one identifier: the sidecar is of the other"]


def test_a_sidecar_of_another_work_is_said_to_be_so(saved, folder, tmp_path):
    other = replace(saved[1], origin=replace(saved[1].origin, seed=99))
    other.save(tmp_path / "other", endings=["mid"])
    shutil.copy(tmp_path / "other" / SIDECAR, folder / SIDECAR)
    found = verify(folder / "piece.mid")
    assert (found.verdict, found.findings) == ("intact", ["the sidecar is of another work"])


def test_an_altered_sidecar_is_caught(folder):
    sidecar = folder / SIDECAR
    sidecar.write_text(sidecar.read_text().replace('"seed": 4', '"seed": 5'))
    assert verify(folder / "piece.mid").altered == ["sidecar"]
    sidecar.write_text("no JSON")
    assert verify(folder / "piece.mid").findings == ["the sidecar is damaged, or not signed"]


def test_a_wrong_clock_is_said_and_changes_nothing(saved, folder, monkeypatch):
    class Later(manifest.datetime):
        @classmethod
        def now(cls, zone=None):
            return cls(2999, 1, 1, tzinfo=zone)

    monkeypatch.setattr(manifest, "datetime", Later)
    files = {"piece.mid": (folder / "piece.mid").read_bytes()}
    (folder / SIDECAR).write_text(json.dumps(manifest.sidecar(saved[1], files)))
    found = verify(folder / "piece.mid")
    assert found.verdict == "intact"
    assert "2999-01-01T00:00:00+00:00, which is to come: a clock was wrong" in found.findings[0]


def test_the_sidecar_says_what_is_whose_and_what_the_model_learnt_from(saved):
    folder, work = saved
    document = json.loads((folder / SIDECAR).read_text())
    (record,) = (facts["firmus:manifest"] for facts in document["entity"].values() if "firmus:manifest" in facts)
    (part,) = record["parts"]
    assert part["person"] == 8
    assert part["model"] == len(work.score.parts[0].notes) - 8
    assert record["parents"] == [work.origin.source]
    assert record["training"] == list(work.origin.credits)
    assert any(text.get("prov:label") == record["training"][0] for text in document["entity"].values())


def test_the_same_work_has_the_same_bytes(saved, tmp_path):
    folder, work = saved
    work.save(tmp_path / "again", endings=["mid", "musicxml", "flac"])
    for name in ("piece.mid", "piece.musicxml", "piece.flac", "piece.json"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_other_files_are_unknown(tmp_path):
    path = tmp_path / "tune.mid"
    path.write_bytes(formats.encoded(Score((Part("", (Note(0, 480, 60),)),)), "tune.mid"))
    assert verify(path).verdict == "unknown"
    (tmp_path / "notes.txt").write_text("no music")
    assert verify(tmp_path / "notes.txt").verdict == "unknown"
    with pytest.raises(FormatError, match="No such file"):
        verify(tmp_path / "none.mid")


def test_what_is_converted_or_rendered_of_a_work_keeps_its_label(folder, tmp_path):
    firmus.convert(folder / "piece.mid", tmp_path / "other.musicxml")
    assert main(["convert", str(folder / "piece.mid"), str(tmp_path / "other.abc"), "--quiet"]) == 0
    assert main(["render", str(folder / "piece.mid"), str(tmp_path / "other.flac"), "--audible-label", "--quiet"]) == 0
    for name in ("other.musicxml", "other.abc", "other.flac"):
        found = verify(tmp_path / name)
        assert (found.verdict, found.work) == ("intact", verify(folder / "piece.mid").work)
    firmus.write(firmus.read(folder / "piece.mid").transposed(1), folder / "mine.mid")
    firmus.convert(folder / "mine.mid", tmp_path / "mine.abc")
    assert verify(tmp_path / "mine.abc").verdict == "unknown"


def test_tags_that_another_program_wrote_anew_still_say_whose_the_sound_is(folder):
    path = alone(folder / "piece.flac")
    data = path.read_bytes()
    begin, end = flac._block(data)
    block, extra = data[begin:end], b"ARTIST=Somebody"
    vendor = 4 + int.from_bytes(block[:4], "little")
    count = int.from_bytes(block[vendor : vendor + 4], "little") + 1
    new = block[:vendor] + count.to_bytes(4, "little") + block[vendor + 4 :] + len(extra).to_bytes(4, "little") + extra
    path.write_bytes(data[: begin - 3] + len(new).to_bytes(3) + new + data[end:])
    assert soundfile.info(path).frames
    found = verify(path)
    assert (found.verdict, found.altered, found.is_own) == ("altered", ["tags"], True)
    assert found.work == verify(folder / "piece.json").work
    path.write_bytes(path.read_bytes().replace(b'"model":"composer"', b'"model":"composed"'))
    assert verify(path).altered == ["tags"]
    assert verify(path).findings == ["the label is not as it was signed"]


def test_another_program_that_saves_the_notes_leaves_the_watermark_alone(folder):
    path = folder / "saved.mid"
    pretty_midi.PrettyMIDI(str(folder / "piece.mid")).write(str(path))
    found = verify(alone(path))
    assert (found.verdict, found.work) == ("unknown", "")
    assert found.watermark.notes == verify(folder / "piece.mid").watermark.notes


def test_a_folder_is_refused(folder):
    with pytest.raises(FormatError, match="is a folder: name a file in it"):
        verify(folder)
