"""What the documents show is true: commands parse, code compiles and runs, paths exist, both READMEs agree."""

import argparse
import doctest
import json
import re
import shlex
from pathlib import Path

import pytest

import firmus
from firmus.cli._options import parser
from firmus.learning.sources import SOURCES
from firmus.runtime.weights import SHIPPED
from firmus.work import Brief

ROOT = Path(__file__).parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
CHINESE = sorted((ROOT / "docs" / "zh").glob("*.md"))
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "uses").glob("*.md"),
        *CHINESE,
        *(ROOT / "benchmarks").glob("*.md"),
    ]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
both_languages = pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)


def blocks(path, language):
    """Contents of the fenced blocks of a language."""
    return [content for each, content in FENCE.findall(path.read_text(encoding="utf-8")) if each == language]


def commands(path):
    """Command lines that begin with ``firmus`` in shell blocks, without comments."""
    lines = (line for block in blocks(path, "bash") for line in block.splitlines())
    return [shlex.split(line, comments=True) for line in lines if line.startswith("firmus ")]


def subparsers():
    (verbs,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return verbs.choices


@every_document
def test_every_command_shown_parses(path):
    for words in commands(path):
        options = parser().parse_args(words[1:])
        assert options.task == words[1]


@both_languages
def test_every_command_of_firmus_is_shown(path):
    assert {words[1] for words in commands(path)} == set(subparsers())


@pytest.mark.parametrize("path", [*READMES, *CHINESE], ids=lambda path: path.name)
def test_what_is_asked_of_a_command_makes_a_brief(path):
    """The values shown are ones that Firmus takes, not only the names of the options."""
    from firmus.cli._commands import _brief

    made = 0
    for words in commands(path):
        options = parser().parse_args(words[1:])
        if "ranges" in options:
            for name in ("source", "target"):  # files that a reader has, and we have not
                options.__dict__.pop(name, None)
            assert isinstance(_brief(options), Brief)
            made += 1
    assert made >= 5


@both_languages
def test_every_option_named_exists(path):
    known = {option for verb in subparsers().values() for action in verb._actions for option in action.option_strings}
    named = set(re.findall(r"`(--[a-z][a-z-]*)", path.read_text(encoding="utf-8")))
    assert named <= known
    assert len(named) > 10


@every_document
def test_every_local_path_exists(path):
    for target in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if not re.match(r"https?://|mailto:|#", target):
            name, _, anchor = target.partition("#")
            there = path.parent / name
            assert there.exists(), f"{path.name} links to {target}, which is not there"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
                assert anchor in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


@every_document
def test_every_file_of_ours_that_is_named_exists(path):
    """Names in code font that look like paths of this repository."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    rooms = r"(?:src|tests|recipes|benchmarks|docs|tasks|cli|runtime|tokens|models|learning|formats|render|analysis)"
    for name in re.findall(rf"`({rooms}/[\w./-]+\.(?:py|toml|md))`", text):
        assert any((base / name).exists() for base in (ROOT, ROOT / "src/firmus")), f"{path.name} names {name}"


@both_languages
def test_the_python_shown_compiles_and_names_what_exists(path):
    (shown,) = blocks(path, "python")
    compile(shown, path.name, "exec")
    for name in re.findall(r"firmus\.(\w+)", shown):
        assert name in firmus.__all__
    for call in re.findall(r"firmus\.\w+\((.*?)\)", shown):
        for keyword in re.findall(r"(\w+)=", call):
            assert keyword in Brief.__dataclass_fields__


@both_languages
def test_the_file_map_names_every_room(path):
    (drawn,) = blocks(path, "text")
    package = ROOT / "src" / "firmus"
    folders = {f"{each.name}/" for each in package.iterdir() if each.is_dir() and each.name != "__pycache__"}
    modules = {each.name for each in package.glob("*.py") if not each.name.startswith("_")}
    shown = set(re.findall(r"^  ([\w.]+/?) ", drawn, re.MULTILINE))
    assert shown == folders | modules
    for name in re.findall(r"^([\w/]+/)", drawn, re.MULTILINE):
        assert (ROOT / name).is_dir()


def test_both_readmes_say_the_same_things():
    english, chinese = (path.read_text(encoding="utf-8") for path in READMES)
    for pattern in (r"^(#+) ", r"^```(\w*)$", r"^(\|).*\|$", r"^(- )"):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (english, chinese)]
        assert found[0] == found[1], f"they differ in {pattern}"
    assert sorted(LINK.findall(english)) == sorted(LINK.findall(chinese))
    assert commands(READMES[0]) == commands(READMES[1])
    first, second = (re.sub(r"#.*", "", blocks(path, "python")[0]).split() for path in READMES)
    assert first == second


@pytest.mark.parametrize("path", [READMES[1], *CHINESE], ids=lambda path: path.name)
def test_chinese_pages_are_chinese(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    assert len(re.findall(r"[一-鿿]", text)) > 300


def test_every_setting_is_described_and_is_used():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    used = set(re.findall(r"FIRMUS_[A-Z_]+", code))
    for path in READMES:
        assert set(re.findall(r"^\| `(FIRMUS_[A-Z_]+)`", path.read_text(encoding="utf-8"), re.MULTILINE)) == used


@every_document
def test_worked_examples_run(path):
    assert doctest.testfile(str(path), module_relative=False, encoding="utf-8").failed == 0


def test_there_is_a_worked_example_of_the_tokens():
    examples = doctest.DocTestParser().get_examples((ROOT / "docs" / "tokens.md").read_text(encoding="utf-8"))
    assert len(examples) > 10


def test_the_notice_names_all_whose_music_shipped_weights_learnt_from():
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    cards = [json.loads(path.read_text(encoding="utf-8")) for path in SHIPPED.glob("*/card.json")]
    learnt = {each["name"] for card in cards for each in card["data"]}
    assert learnt
    for name in learnt:
        assert SOURCES[name].title in notice
        assert SOURCES[name].credit in notice


def test_the_notice_names_the_authors_of_the_soundfont():
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    licence = (ROOT / "src/firmus/assets/soundfont/LICENSE").read_text(encoding="utf-8")
    for author in ("Michael Cowgill", "Ethan Winer", "Michael Schorsch", "Frank Wen"):
        assert author in licence
        assert author in notice


def test_the_notice_names_the_fonts_and_their_licence_goes_with_them():
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    licence = (ROOT / "src/firmus/assets/fonts/LICENSE").read_text(encoding="utf-8")
    for words in ("Reserved Font Name Liberation", "Google Corporation", "DejaVu Serif 2.37"):
        assert words in notice
        assert words in licence
    assert "5) The Font Software, modified or unmodified" in licence


def test_the_licence_is_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.lstrip().startswith("Apache License\n")
    for words in ("9. Accepting Warranty", "END OF TERMS AND CONDITIONS", "APPENDIX: How to apply", "[yyyy]"):
        assert words in text


@every_document
def test_lines_are_not_too_long(path):
    for line in FENCE.sub("", path.read_text(encoding="utf-8")).splitlines():
        assert len(line) <= 120 or line.startswith("|") or "](" in line
