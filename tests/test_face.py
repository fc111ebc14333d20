"""The Python face: typed, complete, and quick to import."""

import dataclasses
import inspect
import typing
from pathlib import Path

import pytest
from mypy import api

import firmus
from firmus import tasks
from firmus._options import BriefOptions, VerbOptions
from firmus.work import Brief

SNIPPET = """
import firmus

one: firmus.Work = firmus.compose(style="folk", bars=2)
several: list[firmus.Work] = firmus.compose(style="folk", count=3)
again: list[firmus.Work] = firmus.infill("tune.mid", bars="9-12", parts=["alto"], count=4)
way: list[firmus.Work] = firmus.interpolate("one.mid", "other.mid", steps=4)
score: firmus.Score = firmus.read("tune.abc")
firmus.compose(sytle="folk")
"""


def test_the_options_of_a_verb_are_the_fields_of_a_brief():
    fields = {each.name for each in dataclasses.fields(Brief)}
    assert set(BriefOptions.__annotations__) == fields
    assert set(VerbOptions.__annotations__) == fields - {"source", "target", "count"}
    ours, theirs = typing.get_type_hints(BriefOptions), typing.get_type_hints(Brief)
    lists = ("parts", "loose", "by")  # any sequence, or names divided by commas
    assert {name: kind for name, kind in ours.items() if name not in lists} == {
        name: kind for name, kind in theirs.items() if name not in lists
    }


def test_every_public_name_is_there_and_no_other():
    assert sorted(firmus.__all__) == firmus.__all__ == dir(firmus)
    public = {name for name, value in vars(firmus).items() if inspect.isfunction(value) and name[0] != "_"}
    assert public <= set(firmus.__all__)
    for name in firmus.__all__:
        assert getattr(firmus, name).__doc__, name


def test_every_verb_has_a_function():
    names = {"continue": "extend"}  # a word of the language
    for name in tasks.verbs():
        assert names.get(name, name) in firmus.__all__


def test_a_type_checker_sees_what_is_taken_and_what_comes_back(tmp_path):
    assert Path(firmus.__file__).with_name("py.typed").exists()
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET)
    config = Path(__file__).parent.parent / "pyproject.toml"  # whose cache is warm after make check
    found, _, _ = api.run(["--config-file", str(config), str(snippet)])
    assert found.count("error:") == 1, found
    assert 'did you mean "style"?' in found


def test_counting_gives_a_list():
    work = firmus.compose(style="folk", bars=1, seed=1)
    assert isinstance(work, firmus.Work)
    assert [each.score for each in firmus.compose(style="folk", bars=1, seed=1, count=1)] == [work.score]


def test_what_is_not_there_is_said():
    with pytest.raises(AttributeError, match="no attribute 'compsoe'"):
        _ = firmus.compsoe


def test_a_score_is_one_line_and_saves_itself(tmp_path):
    score = firmus.compose(style="folk", bars=1, seed=1).score
    assert repr(score).count("\n") == 0
    assert len(repr(score)) < 200
    for ending in ("mid", "abc", "svg", "wav"):
        score.save(tmp_path / f"tune.{ending}")
        assert (tmp_path / f"tune.{ending}").stat().st_size > 100
    assert firmus.read(tmp_path / "tune.mid").parts[0].notes == score.parts[0].notes
    with pytest.raises(firmus.FirmusError, match=r"unknown file ending '\.xyz'"):
        score.save(tmp_path / "tune.xyz")
