"""``firmus mcp`` in a process of its own, spoken with over its standard input and output."""

import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import soundfile

from firmus import formats
from firmus.cli import main
from firmus.score import Key, Meter, Note, Part, Score
from firmus.service.workers import handlers
from firmus.tasks.explain.explainer import OPTIONS

NOTES = tuple(Note(960 * place, 960, pitch) for place, pitch in enumerate((67, 69, 71, 72, 74, 71, 69, 67)))
TUNE = Score((Part("Melody", NOTES, 73),), meters=(Meter(0, 4, 4),), keys=(Key(0, "G"),), title="Four bars")


class Assistant:
    """Speaks with ``firmus mcp``."""

    def __init__(self, folder):
        words = [sys.executable, "-W", "error", "-m", "firmus", "mcp", "--folder", str(folder)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(words, **pipes, text=True, encoding="utf-8")
        self.number, self.notes = 0, []

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def ask(self, method, **parameters):
        self.number += 1
        self.say(json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": parameters}))
        return self.number

    def response(self, number):
        """The response to a request; notifications before it are collected in `notes`."""
        while True:
            message = json.loads(self.process.stdout.readline())
            assert message["jsonrpc"] == "2.0"
            if "method" not in message:
                assert message["id"] == number, message
                return message
            self.notes.append(message)

    def request(self, method, **parameters):
        return self.response(self.ask(method, **parameters))["result"]

    def use(self, name, **arguments):
        """Result of a tool, whose text is JSON."""
        result = self.request("tools/call", name=name, arguments=arguments)
        (content,) = result["content"]
        assert not result["isError"], content
        return json.loads(content["text"])

    def refused(self, name, **arguments):
        result = self.request("tools/call", name=name, arguments=arguments)
        assert result["isError"]
        return result["content"][0]["text"]

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(60)
        errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return status, errors


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "music"
    (root / "songs").mkdir(parents=True)
    formats.write(TUNE, root / "songs" / "tune.mid")
    (tmp_path / "secret.abc").write_text("X:1\nK:C\nCDEF|\n")
    return root


@pytest.fixture
def assistant(folder):
    made = Assistant(folder)
    result = made.request("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "test"})
    assert result["protocolVersion"] == "2025-06-18"
    assert result["serverInfo"]["name"] == "firmus"
    made.say('{"jsonrpc": "2.0", "method": "notifications/initialized"}')
    yield made
    assert made.end() == (0, "")


def test_every_kind_is_a_tool_with_its_schema(assistant):
    tools = {each["name"]: each for each in assistant.request("tools/list")["tools"]}
    assert set(tools) == {*handlers.KINDS, "ask", "files", "models"}
    assert all(each["description"] and each["inputSchema"]["type"] == "object" for each in tools.values())
    tempo = tools["compose"]["inputSchema"]["properties"]["tempo"]
    assert (tempo["minimum"], tempo["maximum"]) == (10, 400)
    assert tools["interpolate"]["inputSchema"]["required"] == ["source", "target", "out"]
    assert set(tools["explain"]["inputSchema"]["properties"]) == {"source", *OPTIONS, "note"}
    assert "mp3" in tools["render"]["inputSchema"]["properties"]["formats"]["items"]["enum"]


def test_composing_and_studying_in_the_folder(assistant, folder):
    assert assistant.use("files") == {"files": ["songs/tune.mid"], "more": 0}
    assert "composer" in [each["name"] for each in assistant.use("models")["models"]]
    made = assistant.use("harmonise", source="songs/tune.mid", out="out/hymn", seed=7, effort="quick")
    assert sorted(made["files"]) == ["out/hymn.json", "out/hymn.mid"]
    assert len(formats.read(folder / "out/hymn.mid").parts) == 4
    assert made["works"][0]["seed"] == 7
    assert assistant.use("analyse", source="songs/tune.mid")["analysis"]["key"] == "G major"
    two = assistant.use("compose", style="folk", bars=1, seed=3, count=2, out="jig")
    assert sorted(two["files"]) == ["jig-1.json", "jig-1.mid", "jig-2.json", "jig-2.mid"]
    drawn = assistant.use("render", source="out/hymn.json", formats=["svg"], out="hymn")
    assert b"<svg" in (folder / drawn["files"][0]).read_bytes()
    assert assistant.use("convert", source="songs/tune.mid", formats=["abc"], out="tune")["files"] == ["tune.abc"]
    assert assistant.use("verify", source="out/hymn.mid")["verification"]["verdict"] == "intact"
    assert assistant.use("rights", source="out/hymn.json")["rights"]["notes"]["person"] > 0
    found = assistant.use("search", melody="G4 A4 B4 C5 D5 B4 A4 G4")["matches"]
    assert {"songs/tune.mid", "out/hymn.mid"} <= {each["file"] for each in found}
    report = assistant.use("evaluate", generated=["jig-1.mid", "jig-2.mid"], reference=["songs/tune.mid", "tune.abc"])
    assert report["report"]["pieces"] == {"generated": 2, "reference": 2}
    result = assistant.use("explain", source="out/hymn.json", bars="1")
    assert result["explanation"]["notes"]


def test_pieces_are_rated_and_recommended_within_the_folder(assistant, folder):
    for seed in (1, 2, 3):
        assistant.use("compose", style="folk", bars=2, seed=seed, out=f"tune-{seed}")
    assert assistant.use("recommend")["are_first"]
    found = assistant.use("recommend", like=["tune-1.mid"], dislike=["songs/tune.mid"], count=5)
    assert sorted(each["file"] for each in found["pieces"]) == ["tune-2.mid", "tune-3.mid"]
    assert (folder / ".taste.json").exists()
    assert "unknown piece" in assistant.refused("recommend", like=["../secret.abc"])


def test_sounds_and_packs_are_made_and_music_for_a_taste_is_composed(assistant, folder):
    made = assistant.use("effects", effect="coin", seed=4, formats=["wav", "png"], out="coin")
    assert made["files"] == ["coin.wav", "coin.png"]
    assert (folder / "coin.wav").read_bytes()[:4] == b"RIFF"
    states = {"states": "calm,danger", "source": "songs/tune.mid", "bars": 4}
    pack = assistant.use("game", **states, seed=4, formats=["pack"], out="game")
    assert pack["files"] == ["game.pack.zip"]
    assert "states/danger/theme.wav" in zipfile.ZipFile(folder / "game.pack.zip").namelist()
    assert "4 to 32" in assistant.refused("game", **states | {"bars": 3}, formats=["pack"], out="again")
    assert "5 to 20" in assistant.refused("adapt", pieces=["songs/tune.mid"], formats=["adapter"], out="mine")
    words = {"compose": True, "bars": 2, "seed": 3, "effort": "quick", "out": "liked"}
    assert assistant.use("recommend", like=["songs/tune.mid"], **words)["files"] == ["liked.json"]
    assert "say compose" in assistant.refused("recommend", bars=2)


def test_a_soundfont_of_the_folder_plays_and_pieces_of_it_are_compared_with(assistant, folder):
    assistant.use("timbre", timbre="new", like="bright", seed=1, formats=["sf2"], out="own")
    sounds = []
    for name, options in (("usual", {}), ("own", {"instrument": "1=own.sf2"})):
        assistant.use("render", source="songs/tune.mid", formats=["wav"], out=name, **options)
        sounds.append(soundfile.read(folder / f"{name}.wav")[0])
    assert np.abs(sounds[0][:40_000] - sounds[1][:40_000]).max() > 0.05
    asked = {"source": "songs/tune.mid", "formats": ["wav"], "out": "again"}
    assert "leads out" in assistant.refused("render", instrument="../secret.abc", **asked)
    assert "no .sf2" in assistant.refused("render", instrument="songs/tune.mid", **asked)
    found = assistant.use("check", source="songs/tune.mid", against=["songs/tune.mid"])
    assert found["originality"]["verdict"] == "copies"


def test_a_request_of_several_steps_is_done(assistant, folder):
    text = "the same tune, half as long, sad"
    made = assistant.use("ask", text=text, source="songs/tune.mid", out="sad")
    assert made["steps"] == [None, None, None]
    assert formats.read(folder / "sad.json").keys[0].text == "G minor"


def test_a_request_in_plain_words_is_read_and_composed_where_that_is_asked_for(assistant, folder):
    proposal = assistant.use("ask", text="bars 3 and 4 busier", source="songs/tune.mid")
    assert (proposal["kind"], proposal["brief"]["bars"]) == ("infill", "3-4")
    assert proposal["explanation"][0] == "compose anew bars 3-4 of Melody"
    made = assistant.use("ask", text="整首升高一个全音", source="songs/tune.mid", out="higher")
    assert made["files"] == ["higher.json"]
    assert formats.read(folder / "higher.json").keys[0].text == "A major"
    assert "bars 1 to 4" in assistant.refused("ask", text="make bar 9 sadder", source="songs/tune.mid")


def test_a_plan_is_written_and_composed(assistant, folder):
    assistant.use("plan", style="folk", bars=2, form="none", seed=3, out="idea")
    assistant.use("compose", source="idea.json", style="folk", seed=3, out="under")
    assistant.use("compose", style="folk", bars=2, form="none", seed=3, out="alone")
    lanes, under, alone = (formats.read(folder / f"{name}.json") for name in ("idea", "under", "alone"))
    assert not lanes.parts[0].notes
    assert under.parts == alone.parts


def test_sound_is_read(assistant, folder):
    seconds = np.arange(4 * 22050) / 22050
    pitch = np.array([67, 69, 71, 72])[seconds.astype(int)]
    wave = 0.3 * np.sin(2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / 22050) * (seconds % 1 < 0.9)
    soundfile.write(folder / "take.wav", wave, 22050)
    made = assistant.use("transcribe", source="take.wav", voices="one", out="written")
    score = formats.read(folder / made["files"][0])
    assert [note.pitch for note in score.parts[0].notes] == [67, 69, 71, 72]
    assert "takes no sound" in assistant.refused("vary", source="take.wav", out="x")


def test_a_scene_is_produced(assistant, folder):
    asked = {"scene": "calm until 0:03, danger", "seconds": 6.5, "style": "folk", "seed": 4, "effort": "quick"}
    made = assistant.use("produce", **asked, formats=["wav", "midi"], out="scene")
    assert soundfile.info(folder / made["files"][0]).frames == round(6.5 * 44100)
    assert [row["mood"] for row in made["sheet"]] == ["calm", "danger"]


def test_a_batch_is_composed_and_listed(assistant, folder):
    made = assistant.use("batch", style="folk", bars=2, effort="quick", count=3, seed=4, out="many")
    assert len({each["title"] for each in made["works"]}) == 3
    assert [row["title"] for row in made["catalogue"]["works"]] == [each["title"] for each in made["works"]]
    assert made["left_out"] == {}
    assert all((folder / name).is_file() for name in made["files"])
    assert "unknown style" in assistant.refused("batch", style="polka", out="x")


@pytest.mark.parametrize("path", ["../secret.abc", "/etc/passwd", "songs/../../secret.abc", "link.abc", "", 7, "a\0b"])
def test_nothing_outside_the_folder_is_read(assistant, folder, path):
    (folder / "link.abc").symlink_to(folder.parent / "secret.abc")
    assert "folder" in assistant.refused("analyse", source=path)
    found = assistant.use("search", melody="C4 D4 E4 F4 G4 A4 B4 C5")  # without the link, whose name is not told
    assert "secret" not in json.dumps(found)
    assert "link" not in json.dumps(found)
    assert found["pieces"] == 1
    assert assistant.use("files")["files"] == ["songs/tune.mid"]


@pytest.mark.parametrize("out", ["../x", "/tmp/firmus-mcp-x", "door/x"])
def test_nothing_outside_the_folder_is_written(assistant, folder, out):
    outside = folder.parent / "outside"
    outside.mkdir()
    (folder / "door").symlink_to(outside)
    assert "leads out of the folder" in assistant.refused("convert", source="songs/tune.mid", formats=["abc"], out=out)
    assert list(outside.iterdir()) == []
    assert not (folder.parent / "x.abc").exists()


def test_refusals_are_told_in_one_line(assistant):
    assert assistant.refused("compose", tempo=999, out="x").startswith("tempo 999 must be 10 to 400")
    assert "did you mean 'tempo'" in assistant.refused("compose", temop=99, out="x")
    assert assistant.refused("compose").startswith("compose needs out")
    assert "needs formats" in assistant.refused("render", source="songs/tune.mid", out="x")
    assert "there is no file" in assistant.refused("analyse", source="no.mid")
    assert assistant.use("convert", source="songs/tune.mid", formats=["midi"], out="a")["files"] == ["a.mid"]
    assert "already there" in assistant.refused("convert", source="songs/tune.mid", formats=["midi"], out="a")
    assert assistant.use("convert", source="songs/tune.mid", formats=["midi"], out="a", force=True)


def test_progress_is_told_and_a_tool_can_be_stopped(assistant, folder):
    arguments = {"style": "chorale", "bars": 200, "seed": 1, "out": "long"}
    number = assistant.ask("tools/call", name="compose", arguments=arguments, _meta={"progressToken": "p"})
    first = json.loads(assistant.process.stdout.readline())
    assert first["method"] == "notifications/progress"
    assert first["params"]["progressToken"] == "p"
    assert 0 < first["params"]["progress"] < 1
    canceled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}}
    assistant.say(json.dumps(canceled))
    assert assistant.use("files")["files"] == ["songs/tune.mid"]  # the next answer is to the next request
    shares = [each["params"]["progress"] for each in assistant.notes]
    assert shares == sorted(shares)


def test_what_is_no_request_is_refused_and_the_server_goes_on(assistant):
    for text, code in [
        ("{", -32700), ("[]", -32600), ("7", -32600), ('{"id": 1}', -32600),
        ('{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}', -32602),
    ]:  # fmt: skip
        assistant.say(text)
        assert assistant.response(None)["error"]["code"] == code
    for method, parameters, code in [("resources/list", {}, -32601), ("tools/call", {"name": "compsoe"}, -32602)]:
        assert assistant.response(assistant.ask(method, **parameters))["error"]["code"] == code
    assert assistant.request("ping") == {}


def test_a_folder_that_is_not_there_is_refused(tmp_path, capsys):
    assert main(["mcp", "--folder", str(tmp_path / "no")]) == 2
    assert "there is no such folder" in capsys.readouterr().err
