"""Adding a verb, a format, a style or a model is adding one file: of others, by entry points, and found everywhere."""

import json
import os
import shutil
import subprocess
import sys
import time

import httpx
import pytest

from firmus.runtime.weights import SHIPPED

FINISH = '''
"""Finishing: the last bar of a piece is composed anew."""
from dataclasses import replace

from firmus import timing
from firmus.composing import perform
from firmus.tasks import Verb, infill

VERB = Verb(name="finish", english="compose the last bar anew", chinese="重写最后一小节")


def commission(brief):
    last = timing.bars(brief.source)[-1].number
    return replace(infill.commission(replace(brief, bars=last)), verb="finish")
'''
WALTZ = """
from firmus.composing.styles import Style, Voice

STYLE = Style(name="waltz", title="Waltz", voices=(Voice("Right Hand", 0, 60, 90), Voice("Left Hand", 0, 36, 60)),
              tempo=160, model_style="piano")
"""
PLAIN = """
from firmus.score import Note, Part, Score

TITLE, EXTENSIONS = "Plain numbers", (".plain",)


def sniff(data):
    return data.startswith(b"plain ")


def read(data):
    pitches = [int(each) for each in data.split()[1:]]
    return [Score((Part("Melody", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))),))]


def write(score):
    return b"plain " + b" ".join(str(note.pitch).encode() for note in score.parts[0].notes)
"""
COUNT = """
from pathlib import Path

from firmus import formats
from firmus.tasks import Option, Verb

VERB = Verb(name="count", english="count the notes of a piece", chinese="数音符",
            arguments=(Option("source", "a piece", "乐曲", metavar="FILE"),),
            options=(Option("target", "a file of the number", "结果文件", is_required=True),))


def run(source, target, force):
    Path(target).write_text(str(sum(len(part.notes) for part in formats.read(source).parts)))
    return [Path(target)]
"""
POINTS = """
[firmus.tasks]
finish = theirs.finish
count = theirs.count
[firmus.composing.styles]
waltz = theirs.waltz
[firmus.formats]
plain = theirs.plain
"""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Environment in which a distribution of others is installed, and one more model stands among the weights."""
    root = tmp_path_factory.mktemp("theirs")
    package = root / "site" / "theirs"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for name, text in (("finish", FINISH), ("count", COUNT), ("waltz", WALTZ), ("plain", PLAIN)):
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    about = root / "site" / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    weights = root / "weights" / "my-melody"
    shutil.copytree(SHIPPED / "infogan", weights)
    card = json.loads((weights / "card.json").read_text(encoding="utf-8"))
    (weights / "card.json").write_text(json.dumps({**card, "name": "my-melody"}), encoding="utf-8")
    return root, {**os.environ, "PYTHONPATH": str(root / "site"), "FIRMUS_WEIGHTS": str(root / "weights")}


def run(theirs, *words):
    root, environment = theirs
    command = [sys.executable, "-m", "firmus", *words]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True).stdout


def test_the_command_line_lists_and_does_them(theirs):
    root, _ = theirs
    assert "finish" in run(theirs, "--help")
    assert "compose the last bar anew" in run(theirs, "finish", "--help")
    (root / "tune.plain").write_text("plain 60 62 64 65 67 65 64 62 60 64 67 72")
    run(theirs, "convert", "tune.plain", "tune.mid")
    told = json.loads(run(theirs, "finish", "tune.mid", "--seed", "1", "--out", "finished", "--json"))
    assert told["works"][0]["origin"]["task"] == "finish"
    told = json.loads(run(theirs, "compose", "--style", "waltz", "--bars", "2", "--seed", "1", "--out", "w", "--json"))
    assert told["works"][0]["origin"]["measured"]["style"] == "waltz"
    assert "my-melody" in run(theirs, "models")
    assert run(theirs, "count", "tune.plain", "--target", "notes.txt") == "notes.txt\n"
    assert (root / "notes.txt").read_text() == "12"


def test_python_has_the_verb(theirs):
    root, environment = theirs
    (root / "scale.plain").write_text("plain 60 62 64 65 67 65 64 62 60 64 67 72")
    words = "import firmus; w = firmus.finish('scale.plain', seed=1); print(w.origin.task)"
    done = subprocess.run(
        [sys.executable, "-c", words], env=environment, cwd=root, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "finish", done.stderr


def test_the_service_offers_them(theirs):
    root, environment = theirs
    words = [sys.executable, "-m", "firmus", "serve", "--port", "0", "--data", str(root / "data"), "--json"]
    server = subprocess.Popen(words, env=environment, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        at = json.loads(server.stdout.readline())
        address = f"http://{at['host']}:{at['port']}/v1/capabilities"
        able = _asked(address)
    finally:
        server.terminate()
        server.wait(60)
        server.stdout.close()
    assert able["kinds"]["finish"]["makes"] == "works"
    assert able["styles"]["waltz"] == "Waltz"
    assert ".plain" in able["formats"]["uploads"]
    assert "my-melody" in able["kinds"]["compose"]["models"]


def _asked(address):
    """The answer of a server that may not listen yet."""
    for _ in range(100):
        try:
            return httpx.get(address, timeout=30).json()
        except httpx.ConnectError:
            time.sleep(0.1)
    return httpx.get(address, timeout=30).json()


def test_assistants_get_a_tool(theirs, tmp_path):
    _, environment = theirs
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "firmus", "mcp", "--folder", str(tmp_path)], env=environment, text=True,
        input="".join(json.dumps(each) + "\n" for each in asked), capture_output=True, check=True,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    tools = {tool["name"]: tool for tool in answers[-1]["result"]["tools"]}
    assert tools["finish"]["description"] == "Compose the last bar anew."


def test_one_that_fails_to_load_is_named(theirs, tmp_path):
    _, environment = theirs
    about = tmp_path / "broken-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[firmus.composing.styles]\nmarch = nowhere.march\n")
    done = subprocess.run(
        [sys.executable, "-m", "firmus", "compose", "--style", "march"], capture_output=True, text=True, check=False,
        cwd=tmp_path, env={**environment, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    assert "the plug-in 'march' of broken fails to load" in done.stderr
    (about / "entry_points.txt").write_text("[firmus.tasks]\nmarch = nowhere.march\n")
    done = subprocess.run(
        [sys.executable, "-m", "firmus", "--help"], capture_output=True, text=True, check=False,
        cwd=tmp_path, env={**environment, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("firmus: the plug-in 'march' of broken fails to load")
