"""firmus verify, rights and catalogue, as a user types them."""

import json
import os
import subprocess
import sys

import pytest

import firmus
from firmus.cli import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    firmus.compose(style="folk", bars=4, seed=4, title="Reel", effort="quick").save("piece", endings=["mid", "svg"])
    return tmp_path


def test_verify_says_intact_altered_and_unknown(here, capsys):
    assert main(["verify", "piece/piece.mid"]) == 0
    assert "piece.mid: intact: as Firmus wrote it\n" in (shown := capsys.readouterr().out)
    assert "signed by this installation" in shown
    assert "watermark in the notes:" in shown
    svg = here / "piece" / "piece.svg"
    svg.write_bytes(svg.read_bytes().replace(b"Reel", b"Real"))
    assert main(["verify", "piece/piece.svg", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["altered"]) == ("altered", ["content"])
    firmus.write(firmus.read("piece/piece.mid"), "bare.mid")
    assert main(["verify", "bare.mid"]) == 0
    assert "bare.mid: unknown" in capsys.readouterr().out
    assert main(["verify", "none.mid"]) == 2


def test_verify_in_chinese(here):
    firmus.write(firmus.read("piece/piece.mid"), "bare.mid")
    command = [sys.executable, "-m", "firmus", "verify", "bare.mid"]
    shown = subprocess.run(
        command, env={**os.environ, "FIRMUS_LANG": "zh"}, capture_output=True, check=True
    ).stdout.decode()
    assert "未知" in shown
    assert "没有标签" in shown


def test_rights_and_catalogue(here, capsys):
    assert main(["rights", "piece"]) == 0
    assert "Reel: 100% of the notes by the model, 0% by a person" in (shown := capsys.readouterr().out)
    assert "composer learnt from" in shown
    assert main(["rights", "piece/piece.mid", "--given", "piece/piece.mid", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 1
    assert main(["catalogue", ".", "--licence", "CC0"]) == 0
    assert capsys.readouterr().out.split() == ["catalogue.csv", "catalogue.json"]
    assert main(["catalogue", "nowhere"]) == 2
