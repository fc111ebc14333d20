"""Settings and files on disk."""

import os
import subprocess
import sys
import time

import pytest

from firmus.errors import FirmusError
from firmus.service.settings import Settings
from firmus.service.storage.blobs import Blobs


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
        ("data = 'x'", "unknown setting"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(tmp_path, text, hint):
    (tmp_path / "service.toml").write_text(text)
    with pytest.raises(FirmusError, match=hint.replace(".", r"\.")):
        Settings.load(tmp_path)


def test_files_are_swept_only_when_old_and_unwanted(tmp_path):
    blobs = Blobs(tmp_path / "files")
    referenced, unreferenced, fresh = (blobs.put(data) for data in (b"1", b"2", b"3"))
    for digest in (referenced, unreferenced):
        os.utime(blobs.path(digest), (0, time.time() - 7200))
    assert blobs.sweep({referenced}) == 1
    assert blobs.get(referenced) == b"1"
    assert blobs.get(fresh) == b"3"
    assert not blobs.path(unreferenced).exists()


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
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1
