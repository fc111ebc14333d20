"""Who reads Chinese alone meets no English sentence, on the command line and in pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from firmus import formats
from firmus.render.pages import analysis, evaluation
from firmus.score import Note, Part, Score
from firmus.tasks.analyse.notes import analyse
from firmus.tasks.evaluate.comparison import evaluate
from firmus.translation import translate

SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
CODE = re.compile(r"'[^']*'|pip install \S+|firmus( [a-z]+)+|[\w./-]+/[\w./-]+")
CHORD = tuple(Note(480 * beat, 480, pitch) for beat in range(32) for pitch in (60 + beat % 5, 67))


def run(*words, folder):
    environment = {**os.environ, "FIRMUS_LANG": "zh"}
    command = [sys.executable, "-m", "firmus", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)


def english(text):
    """Sentences that are left in English, but for commands, names of files and what was typed."""
    return [each for line in text.splitlines() for each in SENTENCE.findall(CODE.sub("", line))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("zh")
    formats.write(Score((Part("Flute", CHORD),), title="Hymn in G major"), path / "tune.mid")
    (path / "cut.mid").write_bytes((path / "tune.mid").read_bytes()[:40])
    (path / "bad.abc").write_text("X:1\nT:t\nK:Z\nabc\n", encoding="utf-8")
    (path / "few").mkdir()
    formats.write(Score((Part("Flute", CHORD[:4]),)), path / "few" / "1.mid")
    return path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--help"], "用法："),
        (["compose", "--help"], "选项"),
        (["compse"], "没有名为 'compse' 的命令：是否想写 'compose'？"),
        (["compose", "--tempo", "abc"], "参数 --tempo：'abc' 不是数"),
        (["compose", "--tempo"], "后面应有一个值"),
        (["infill"], "缺少必需的参数：FILE"),
        (["search", "."], "下列参数需给出其一"),
        (["compose", "--tempo", "999"], "速度 999.0 应为每分钟 10 至 400 个四分音符"),
        (["compose", "--tempo", "９９９．５"], "速度 999.5 应为"),
        (["compose", "--key", "H大调"], "没有 'H大调' 这个调"),
        (["compose", "--style", "众赞哥"], "没有名为 '众赞哥' 的风格：可用的有 众赞歌"),
        (["infill", "tune.mid", "--parts", "女低音"], "没有声部 '女低音'：现有声部为 1 长笛"),
        (["infill", "tune.mid"], "infill 需要小节、声部或两者"),
        (["analyse", "none.mid"], "none.mid：没有这个文件或文件夹"),
        (["analyse", "cut.mid"], "文件是否不完整"),
        (["analyse", "bad.abc"], "bad.abc：第 1 首 (t)，第 3 行：调 'Z' 应为主音"),
        (["listen", "few", "few", "--out", "o"], "few 里没有可供提问的内容：few/1.mid：长"),
        (["convert", "tune.mid", "tune.xyz"], "文件扩展名"),
        (["search", "piano", "--melody", "C4 D E F G"], "piano：没有这个文件夹"),
        (["analyse", "drums"], "drums：没有这个文件或文件夹"),
        (["models"], "众赞歌"),
        (["recipes"], "众赞歌"),
    ],
)
def test_the_command_line_speaks_chinese_alone(folder, words, said):
    done = run(*words, folder=folder)
    text = done.stdout + done.stderr
    assert said in text
    assert not english(text), english(text)


def test_a_new_piece_is_entitled_in_chinese_and_its_notes_are_the_same(folder):
    words = ["--style", "众赞歌", "--key", "降E大调", "--bars", "2", "--seed", "1", "--formats", "json"]
    done = run("compose", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    saved = folder / "out" / "chorale-in-eb-major" / "piece.json"
    work = formats.read(saved)
    assert work.title == "降E大调众赞歌"
    assert [part.name for part in work.parts] == ["女高音", "女低音", "男高音", "男低音"]
    assert "降E大调众赞歌" in done.stdout
    assert not english(done.stdout)
    origin = json.loads(saved.read_text(encoding="utf-8"))["origin"]
    assert (origin["brief"]["style"], origin["brief"]["key"]) == ("chorale", "Eb major")


def test_an_analysis_is_told_in_chinese_in_lines_and_as_a_page(folder):
    done = run("analyse", "tune.mid", folder=folder)
    assert "G大调赞美诗" in done.stdout
    assert not english(done.stdout)
    short = analyse(Score((Part("Soprano", CHORD[:1]),), title="Hymn in G major"))
    page = short.html("zh")
    assert "太短，无法判断调：1 个音符" in page
    assert "G大调赞美诗" in page
    assert "too short" in short.html("en")
    assert "女高音 (大钢琴)" in page
    assert "Soprano (Acoustic Grand Piano)" in short.html("en")
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<[^>]+>", " ", page, flags=re.S)
    assert not english(text), english(text)


def test_an_evaluation_is_a_page_in_chinese(folder):
    report = evaluate(folder / "tune.mid", folder / "tune.mid")
    page = evaluation.page(report, "zh")
    assert "音级熵（4 小节）" in page
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)
    assert not english(text.replace("tune.mid", "")), english(text)


def test_pages_in_english_stay_english():
    found = analyse(Score((Part("Soprano", CHORD),), title="Hymn in G major")).as_dict()
    assert "Hymn in G major" in analysis.page(found, None, "", "en")
    assert translate("MIDI file without a track", "en") == "MIDI file without a track"
