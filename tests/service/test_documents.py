"""What docs/service.md shows is done as it stands there: every command of curl, and the Python."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from firmus import formats
from firmus.render.soundfont import SHIPPED
from firmus.score import Key, Meter, Note, Part, Score

DOCUMENT = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
PORT = "8340"


def blocks(language):
    """Contents of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def commands():
    """Each command of the shell blocks, its continued lines in one."""
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+# .*", "", line) for line in lines if line.startswith("curl ")]


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that the document's reader has."""
    notes = tuple(Note(place * 960, 960, pitch) for place, pitch in enumerate((67, 69, 71, 72, 74, 71, 69, 67)))
    formats.write(Score((Part("Melody", notes, 73),), (Meter(0, 4, 4),), keys=(Key(0, "G"),)), tmp_path / "tune.mid")
    shutil.copy(SHIPPED, tmp_path / "my.sf2")
    soundfile.write(tmp_path / "take.flac", 0.3 * np.sin(np.arange(44100) * 2 * np.pi * 440 / 22050), 22050)
    return tmp_path


def finished(server, batch):
    """Wait until all jobs of a batch have ended."""
    while server.client.get(f"/v1/batches/{batch}").json()["states"].get("succeeded") != 2:
        time.sleep(0.1)


def test_every_command_of_curl_is_answered(server, folder):
    identifiers, examples = {}, commands()
    assert len(examples) >= 12
    for command in examples:
        words = command.replace(f"localhost:{PORT}", server.url)
        for prefix, name in identifiers.items():
            words = words.replace(f"{prefix}_…", name)
        assert "…" not in words, f"of which work or job? {command}"
        if command.endswith("batch.zip"):
            finished(server, identifiers["bat"])
        run = subprocess.run(["bash", "-c", f"{words} -f"], cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, (command, run.stdout, run.stderr)
        answer = json.loads(run.stdout) if run.stdout.startswith("{") else {}
        for identifier in [answer.get("id"), *(each["id"] for each in (answer.get("result") or {}).get("works", []))]:
            if identifier:
                identifiers[identifier[:3]] = identifier
    assert (folder / "chorale.mid").read_bytes()[:4] == b"MThd"
    assert (folder / "chorale.mp3").stat().st_size > 1000
    assert (folder / "batch.zip").read_bytes()[:2] == b"PK"


def test_the_python_runs(server, folder):
    (examples,) = blocks("python")
    script = examples.replace(f"http://127.0.0.1:{PORT}", server.url)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    *events, refused = run.stdout.splitlines()
    assert json.loads(events[-1].partition("state ")[2].replace("'", '"'))["state"] == "succeeded"
    assert refused == "422 invalid-brief tempo 999 must be 10 to 400 quarter notes a minute"
    assert (folder / "hymn.mp3").stat().st_size > 1000
