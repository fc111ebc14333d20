"""Exercises: within their level, with an answer key that is right, in files that can be read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import firmus
from firmus import formats
from firmus.analysis.figured_bass import plain
from firmus.analysis.part_writing import assess
from firmus.analysis.part_writing.harmony import sonorities
from firmus.analysis.part_writing.rules import FAULT
from firmus.analysis.part_writing.voices import read_voices
from firmus.cli import main
from firmus.composing.levels import breaches, left_hand, level, rhythm
from firmus.errors import FirmusError, FormatError, InvalidBrief, OutputExists
from firmus.harmony import chord_of_numeral
from firmus.pitch import QUALITIES
from firmus.render import files
from firmus.score import Note, Part, Score
from firmus.tasks.exercise import lessons, records, sheets
from firmus.tasks.exercise.exercises import INTERVALS, Exercise
from firmus.tasks.exercise.hearing import QUALITY
from firmus.tasks.exercise.kinds import KINDS, exercise
from firmus.tasks.exercise.marking import mark
from firmus.tasks.exercise.records import Record

MELODIES = ("sight-reading", "melodic-dictation", "call-and-response")
LEVELS = (1, 2, 3, 5, 8)
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
Asked = Callable[[str, int], Exercise]


@pytest.fixture(scope="module")
def asked() -> Asked:
    """Exercises of seed 7, each composed once."""
    made: dict[tuple[str, int], Exercise] = {}

    def find(kind: str, number: int) -> Exercise:
        if (kind, number) not in made:
            made[kind, number] = exercise(kind, level=number, seed=7)
        return made[kind, number]

    return find


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where records are kept."""
    monkeypatch.setenv(records.VARIABLE, str(tmp_path / "pupils"))
    return tmp_path


@pytest.mark.parametrize("kind", MELODIES)
@pytest.mark.parametrize("number", LEVELS)
def test_melodies_are_within_their_level_and_close(asked: Asked, kind: str, number: int) -> None:
    made = asked(kind, number)
    assert breaches(made.key, level(number)) == []
    assert made.key.parts[0].notes[-1].pitch % 12 == made.key.keys[0].pitch_class
    assert made.sheet is not None
    assert made.skills[:2] == (f"key {made.key.keys[0].text}", f"meter {made.key.meters[0].text}")


@pytest.mark.parametrize("number", LEVELS)
def test_what_is_read_at_the_piano_has_the_hands_of_the_level(number: int) -> None:
    made = exercise("piano-reading", level=number, seed=5)
    assert len(made.key.parts) == level(number).hands
    assert all(len(part.notes) >= level(number).bars / 2 for part in made.key.parts)
    low, high = level(number).range(made.key.keys[0])
    raised = high - left_hand(low, high)[1] if "left hand" in made.skills else 0
    assert breaches(made.key.transposed(raised), level(number)) == [] or raised
    assert all(low <= note.pitch + raised <= high for note in made.key.parts[0].notes)


@pytest.mark.parametrize("number", LEVELS)
def test_a_dictated_rhythm_is_within_its_level(asked: Asked, number: int) -> None:
    made = asked("rhythmic-dictation", number)
    meter, notes = made.key.meters[0], made.key.parts[0].notes
    table = dict(rhythm(level(number).lengths(meter), meter, level(number).syncopation))
    assert all(note.duration // 20 in table[note.start % meter.bar // 20] for note in notes)
    assert len({note.pitch for note in notes}) == 1
    assert made.sound is not None
    assert made.sound.parts[1].is_drums
    assert made.sound.end == made.key.end + meter.bar


@pytest.mark.parametrize("number", LEVELS)
def test_what_is_heard_has_the_name_that_it_is_given(number: int) -> None:
    for seed in range(12):
        interval, chord = exercise("interval", level=number, seed=seed), exercise("chord", level=number, seed=seed)
        pitches = sorted({note.pitch for note in interval.key.parts[0].notes})
        assert INTERVALS[pitches[-1] - pitches[0]] == interval.answer in level(number).intervals
        classes = {note.pitch % 12 for note in chord.key.parts[0].notes}
        wanted = QUALITIES[QUALITY[chord.answer]]
        assert any({(root + tone) % 12 for tone in wanted} == classes for root in range(12))
        assert chord.answer in level(number).chords


@pytest.mark.parametrize("number", LEVELS)
def test_a_phrase_ends_with_the_cadence_that_it_is_said_to(number: int) -> None:
    ends = {
        "authentic": (("V", "I"), ("V", "i")),
        "half": (("I", "V"), ("IV", "V"), ("iv", "V"), ("i", "V"), ("vi", "V")),
        "plagal": (("IV", "I"), ("iv", "i")),
        "deceptive": (("V", "vi"), ("V", "VI")),
    }
    for seed in range(3):
        made = exercise("cadence", level=number, seed=seed)
        roots = [each.root for each in sonorities(read_voices(made.key))]
        last = [root for place, root in enumerate(roots) if place == 0 or roots[place - 1] != root][-2:]
        key = made.key.keys[0]
        known = [[chord_of_numeral(each, key).pitch_classes[0] for each in pair] for pair in ends[made.answer]]
        assert last in known
        assert made.answer in level(number).cadences


@pytest.mark.parametrize("number", [1, 3, 8])
def test_the_figures_of_a_bass_are_those_of_the_level(asked: Asked, number: int) -> None:
    made = asked("figured-bass", number)
    assert {plain(text) for _, text in made.figures} <= set(level(number).figures)
    assert len(made.figures) == len(made.key.parts[-1].notes)
    assert breaches(made.key, level(number)) == []
    assert made.sheet is not None
    written = sheets.notated(made.sheet, made.figures)
    assert written.count("<figured-bass>") == sum(text != "5" for _, text in made.figures)
    with pytest.raises(InvalidBrief, match="figures of"):
        sheets.notated(made.sheet, made.figures[1:])


@pytest.mark.parametrize("number", [1, 3, 5, 7, 8])
def test_the_counterpoint_breaks_no_rule(asked: Asked, number: int) -> None:
    made = asked("counterpoint", number)
    cantus = [note.pitch for note in made.key.parts[1].notes]
    assert [each for each in assess(made.key, made.species) if each.severity == FAULT] == []
    assert made.species == level(number).species
    assert cantus[0] % 12 == cantus[-1] % 12 == made.key.keys[0].pitch_class
    assert all(one != two for one, two in pairwise(cantus))
    assert cantus[-2] - cantus[-1] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_exercise(asked: Asked, kind: str) -> None:
    again = exercise(kind, level=2, seed=7)
    assert again.key == asked(kind, 2).key
    assert again.as_dict() == asked(kind, 2).as_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_an_exercise_can_be_written_and_read_again(asked: Asked, kind: str, tmp_path: Path) -> None:
    made = asked(kind, 2)
    paths = made.save(tmp_path / "exercise")
    assert all(path.stat().st_size for path in paths)
    names = {path.name for path in paths}
    assert {"exercise.html", "exercise.json", "piece.musicxml"} <= names
    assert ("sheet.pdf" in names) == (made.sheet is not None)
    assert ("sound.wav" in names) == (made.sound is not None)
    found = lessons.of_folder(tmp_path / "exercise")
    assert found.as_dict() == made.as_dict()
    assert found.key.parts == made.key.parts
    page = (tmp_path / "exercise" / "exercise.html").read_text(encoding="utf-8")
    assert made.title in page
    assert "<details>" in page
    with pytest.raises(OutputExists):
        made.save(tmp_path / "exercise")


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_key_is_right(asked: Asked, kind: str) -> None:
    made = asked(kind, 2)
    found = mark(made, made.answer or made.key)
    assert found.is_right, found.remarks
    assert found.wrong == ()


def test_a_wrong_name_is_marked_and_an_unknown_one_refused() -> None:
    made = next(each for seed in range(9) if (each := exercise("interval", level=2, seed=seed)).answer != "octave")
    found = mark(made, "Octave")
    assert (found.is_right, found.share) == (False, 0.0)
    assert found.wrong == (f"interval {made.answer}", "interval octave")
    assert mark(made, "八度") == found
    with pytest.raises(InvalidBrief, match="unknown answer 'sevnth'"):
        mark(made, "sevnth")
    with pytest.raises(InvalidBrief, match="the answer is a name"):
        mark(made, made.key)


def test_missed_notes_cost_and_name_what_they_needed(asked: Asked) -> None:
    made = asked("melodic-dictation", 3)
    part = made.key.parts[0]
    wrong = tuple(replace(note, pitch=note.pitch + 1) if place % 2 else note for place, note in enumerate(part.notes))
    found = mark(made, replace(made.key, parts=(replace(part, notes=wrong),)))
    assert not found.is_right
    assert 0.3 < found.share < 0.7
    assert set(found.wrong) <= set(made.skills)
    assert found.wrong
    assert len(found.remarks) == len(part.notes) // 2


def test_what_is_played_may_have_another_tempo(asked: Asked) -> None:
    made = asked("sight-reading", 3)
    slower = [Note(round(note.start * 1.3), round(note.duration * 1.2), note.pitch) for note in made.key.parts[0].notes]
    assert mark(made, Score((Part("", tuple(slower)),))).is_right
    assert not mark(made, Score((Part("", tuple(slower[::3])),))).is_right


def test_voices_are_marked_by_rules_and_by_what_was_given(asked: Asked) -> None:
    made = asked("harmonisation", 2)
    parts = list(made.key.parts)
    parts[0] = replace(parts[0], notes=tuple(replace(note, pitch=note.pitch + 2) for note in parts[0].notes))
    found = mark(made, replace(made.key, parts=tuple(parts)))
    assert not found.is_right
    assert "the given melody was changed" in found.remarks
    line = asked("counterpoint", 1)
    fifths = tuple(replace(note, pitch=note.pitch + 7) for note in line.key.parts[1].notes)
    found = mark(line, replace(line.key, parts=(replace(line.key.parts[0], notes=fifths), line.key.parts[1])))
    assert "rule parallel fifths" in found.wrong


def test_a_response_is_marked_alone_and_after_its_call(asked: Asked) -> None:
    made = asked("call-and-response", 2)
    half = made.key.end // 2
    own = [replace(note, start=note.start - half) for note in made.key.parts[0].notes if note.start >= half]
    alone = replace(made.key, parts=(Part("", tuple(own)),), end=half)
    assert mark(made, alone).is_right
    open_end = (*own[:-1], replace(own[-1], pitch=own[-1].pitch + 2))
    found = mark(made, replace(alone, parts=(Part("", open_end),)))
    assert "the response does not end on the tonic" in found.remarks
    assert found.wrong == ("response close",)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("solfege", {}, "unknown exercise 'solfege'"),
        ("interval", {"level": 9}, "level 9: there are levels 1 to 8"),
        ("interval", {"seed": -1}, "seed -1"),
        (None, {}, "no kind of exercise and no pupil"),
        ("interval", {"pupil": "../anna"}, "pupil '../anna'"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, kind: str | None, options: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidBrief, match=message):
        firmus.exercise(kind, **options)  # type: ignore[arg-type]


def test_a_record_finds_the_level_and_what_to_practise(folder: Path) -> None:
    record = Record("anna")
    while not record.ability.is_found:
        kind, number = record.next_kind(NOW), record.ability.level
        made = exercise(kind, level=number, seed=len(record.answers))
        wrong = next(each for each in made.choices if each != made.answer)
        record = record.with_answer(made, mark(made, made.answer if number <= 3 else wrong), NOW)
    assert record.ability.answers <= 12
    assert record.ability.level in (2, 3, 4)
    missed = {skill for answer in record.answers for skill in answer["wrong"]}
    assert set(record.due(NOW)) <= missed
    assert record.due(NOW)
    assert record.next_kind(NOW) in ("interval", "chord", "cadence")


def test_a_skill_is_due_later_after_each_right_answer() -> None:
    made = exercise("interval", level=1, seed=1)
    wrong = next(each for each in made.choices if each != made.answer)
    record = Record("anna").with_answer(made, mark(made, wrong), NOW)
    skill = f"interval {made.answer}"
    assert skill in record.due(NOW)
    for days in (1, 3, 7):
        record = record.with_answer(made, mark(made, made.answer), NOW)
        assert skill not in record.due(NOW + timedelta(days=days, seconds=-1))
        assert skill in record.due(NOW + timedelta(days=days))


def test_the_next_exercise_needs_what_is_due() -> None:
    wanted = ("interval minor third",)
    drawn = [exercise("interval", level=4, seed=seed, wanted=wanted).answer for seed in range(60)]
    plainly = [exercise("interval", level=4, seed=seed).answer for seed in range(60)]
    assert drawn.count("minor third") > 2 * plainly.count("minor third")


def test_answers_are_kept_and_can_be_deleted(folder: Path, asked: Asked) -> None:
    made = asked("chord", 1)
    made.mark(made.answer, pupil="Anna B.".rstrip("."))
    record = records.load("Anna B")
    assert [answer["right"] for answer in record.answers] == [True]
    assert records.path_of("Anna B").stat().st_mode & 0o077 == 0
    assert json.loads(records.path_of("Anna B").read_text(encoding="utf-8"))["name"] == "Anna B"
    records.forget("Anna B")
    assert records.load("Anna B").answers == ()
    with pytest.raises(InvalidBrief, match="pupil 'Anna B' has no record"):
        records.forget("Anna B")


def test_a_damaged_record_and_a_folder_without_an_exercise_are_said_to_be_so(folder: Path) -> None:
    records.path_of("anna").parent.mkdir(parents=True)
    records.path_of("anna").write_text('{"answers": [{}]}', encoding="utf-8")
    with pytest.raises(FirmusError, match="no record of a pupil"):
        records.load("anna")
    with pytest.raises(FormatError, match="holds no exercise"):
        lessons.of_folder(folder)


def test_a_recording_of_what_was_played_is_marked(tmp_path: Path, asked: Asked) -> None:
    made = asked("sight-reading", 1)
    files.write(made.key, tmp_path / "take.wav")
    found = made.mark(str(tmp_path / "take.wav"))
    assert found.is_right, found.remarks


def test_an_answer_is_read_from_a_file(tmp_path: Path, asked: Asked) -> None:
    made = asked("melodic-dictation", 2)
    formats.write(made.key, tmp_path / "answer.musicxml")
    assert made.mark(str(tmp_path / "answer.musicxml")).is_right
    with pytest.raises(InvalidBrief, match="no notes"):
        made.mark(replace(made.key, parts=(Part("", ()),)))


def test_the_command_composes_marks_and_keeps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def say(*words: str) -> str:
        assert main(["exercise", *words]) == 0
        return capsys.readouterr().out

    out, export = str(folder / "lesson"), folder / "anna.json"
    made = json.loads(say("cadence", "--level", "2", "--seed", "3", "--out", out, "--json"))
    assert (made["kind"], made["level"], Path(made["files"][0]).parent) == ("cadence", 2, folder / "lesson")
    assert "right (100%)" in say(out, "--answer", made["answer"], "--pupil", "anna")
    wrong = next(each for each in made["choices"] if each != made["answer"])
    lines = say(out, "--answer", wrong, "--pupil", "anna")
    assert f"{wrong}: it is {made['answer']}" in lines
    assert f"to practise: cadence {made['answer']}" in lines
    say("--pupil", "anna", "--export", str(export))
    assert len(json.loads(export.read_text(encoding="utf-8"))["answers"]) == 2
    assert "deleted" in say("--pupil", "anna", "--forget")
    assert main(["exercise", "--pupil", "anna", "--forget"]) == 2
    assert main(["exercise"]) == 2
