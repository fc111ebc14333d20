"""Settings and files on disk."""

import os
import subprocess
import sys
import time

import pytest

from firmus.errors import FirmusError
from firmus.service.settings import Settings
from firmus.service.storage.blobs import BlobMissing, Blobs


def test_settings_come_from_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("FIRMUS_DATABASE", raising=False)
    (tmp_path / "service.toml").write_text('composers = 3\nlease = 5\nhosts = ["music.example"]\n')
    settings = Settings.load(tmp_path)
    assert (settings.composers, settings.lease, settings.hosts) == (3, 5.0, ("music.example",))
    assert settings.database == f"sqlite:///{tmp_path / 'firmus.db'}"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("composer = 3", "did you mean 'composers'"), ("composers = 1.5", "whole number"), ("lease = -1", "0 or more"),
        ("hosts = 'a'", "list of names"), ("composers = true", "whole number"), ("[", "service.toml"),
        ("data = 'x'", "unknown setting"), ("keep = '30'", "such as 30d"), ("keep = 30", "name in quotes"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(tmp_path, text, hint):
    (tmp_path / "service.toml").write_text(text)
    with pytest.raises(FirmusError, match=hint.replace(".", r"\.")):
        Settings.load(tmp_path)


def test_how_long_things_are_kept_is_an_age(tmp_path):
    ages = {"": 0, "90m": 5_400, "12h": 43_200, "30d": 2_592_000, "2w": 1_209_600}
    for keep, seconds in ages.items():
        assert Settings(data=tmp_path, database="", keep=keep).keep_seconds == seconds


def test_old_files_are_deleted_but_those_that_are_stored_again(tmp_path):
    blobs, now = Blobs(tmp_path / "files"), time.time()
    old, again, fresh = (blobs.put(data) for data in (b"1", b"2", b"3"))
    for digest in (old, again):
        os.utime(blobs.path(digest), (0, now - 7200))
    listed = [name for prefix in {old[:2], again[:2], fresh[:2]} for name in blobs.older(prefix, now - 3600)]
    assert sorted(listed) == sorted([old, again])
    assert blobs.put(b"2") == again  # between the listing and the deletion
    with blobs.keeping(), pytest.raises(BlockingIOError):
        blobs.delete(listed, now - 3600)
    assert blobs.delete(listed, now - 3600) == [old]
    assert [blobs.get(each) for each in (again, fresh)] == [b"2", b"3"]
    with pytest.raises(BlobMissing, match=old):
        blobs.get(old)


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    script = (
        "import resource, sys; from pathlib import Path; from firmus.service.storage.blobs import Blobs\n"
        "blobs = Blobs(Path(sys.argv[1])); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "blobs.put(b'x' * 900)\n"
        "try: blobs.put(b'y' * 1100)\n"
        "except OSError as error: print(error.errno)\n"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "files")]
    run = subprocess.run(words, capture_output=True, check=True, text=True)
    assert run.stdout.strip() == "27"  # EFBIG
    assert len(list((tmp_path / "files").glob("??/*"))) == 1
