"""What every format promises; a new file in the folder is tested without a line here."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmus import formats, plugins
from firmus.errors import FormatError
from strategies import scores

FORMATS = plugins.names("firmus.formats")
relaxed = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", FORMATS)
@relaxed
@given(st.data())
def test_notes_come_back(name, data):
    module = plugins.load("firmus.formats", name)
    score = data.draw(scores(grid=120, drums=False, monophonic=True, max_parts=4))
    again = module.read(module.write(score))[0] if any(part.notes for part in score.parts) else score
    told = sorted((note.start, note.duration, note.pitch) for part in score.parts for note in part.notes)
    assert sorted((note.start, note.duration, note.pitch) for part in again.parts for note in part.notes) == told


@pytest.mark.parametrize("name", FORMATS)
@relaxed
@given(st.data())
def test_every_module_knows_its_own_bytes_and_no_other(name, data):
    written = plugins.load("firmus.formats", name).write(data.draw(scores(grid=120, max_parts=2)))
    knowing = [each for each in FORMATS if plugins.load("firmus.formats", each).sniff(written)]
    assert knowing == [name]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("data", [b"\0" * 64, b"hello", b"<html></html>", b"{}"])
def test_what_is_no_music_is_refused_in_one_line(name, data):
    module = plugins.load("firmus.formats", name)
    with pytest.raises(FormatError) as caught:
        module.read(data)
    assert "\n" not in str(caught.value)


def test_no_two_formats_claim_one_ending():
    endings = formats.extensions()
    assert len(endings) == len(set(endings))


def test_an_empty_file_and_a_folder_are_refused(tmp_path):
    (tmp_path / "empty.mid").write_bytes(b"")
    for path in (tmp_path / "empty.mid", tmp_path, tmp_path / "missing.mid"):
        with pytest.raises(FormatError):
            formats.read(path)
