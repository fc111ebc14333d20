"""Teaching: an exercise is assessed and corrected, on four staves or two; the page marks what is wrong."""

import json
import re

import pytest

import firmus
from firmus import formats
from firmus.analysis.part_writing import assess
from firmus.cli import main
from firmus.errors import InvalidBrief
from firmus.score import Key, Note, Part, Score

CHORDS = ((67, 64, 60, 48), (69, 65, 60, 53), (71, 67, 62, 55), (72, 67, 64, 48),
          (72, 69, 65, 53), (74, 67, 65, 47), (72, 67, 64, 48), (71, 67, 62, 55),
          (72, 69, 64, 45), (74, 69, 65, 50), (71, 65, 62, 55), (72, 64, 60, 48))  # fmt: skip


@pytest.fixture(scope="module")
def exercise():
    """A pupil's harmonisation on two staves, with parallels in bar 1 and contrary fifths in bar 3."""
    lines = [[Note(480 * i, 480, chord[voice]) for i, chord in enumerate(CHORDS)] for voice in range(4)]
    staves = (Part("Upper", tuple(lines[0] + lines[1])), Part("Lower", tuple(lines[2] + lines[3])))
    return Score(staves, keys=(Key(0, "C"),), title="Exercise <1>")


@pytest.fixture(scope="module")
def assessment(exercise):
    return firmus.teach(exercise)


def test_findings_say_where_and_who(assessment):
    first = assessment.as_dict()["findings"][0]
    assert (first["rule"], first["severity"], first["bar"], first["beat"]) == ("parallel fifths", "fault", 1, 3)
    assert (first["voices"], first["notes"]) == (["Lower 1", "Lower 2"], ["C4", "D4", "F3", "G3"])
    assert assessment.as_dict()["counts"] == {"fault": 2, "weakness": 3, "remark": 0}


def test_the_corrected_version_breaks_fewer_rules_and_keeps_what_is_right(exercise, assessment):
    corrected = assessment.corrected
    assert corrected.origin.model == "composer"
    assert [part.name for part in corrected.score.parts] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert not [each for each in assess(corrected.score) if each.severity == "fault"]
    assert [note.pitch for note in corrected.score.parts[0].notes] == [chord[0] for chord in CHORDS]
    bars = assessment.as_dict()["corrected"]["bars"]
    assert 2 not in bars
    for voice, part in enumerate(corrected.score.parts):
        assert [note.pitch for note in part.notes if 1920 <= note.start < 3840] == [each[voice] for each in CHORDS[4:8]]


def test_the_page_marks_the_notes_and_shows_both_versions(assessment):
    for language, words in (("en", ("What breaks a rule", "parallel fifths")), ("zh", ("违反规则之处", "平行五度"))):
        page = assessment.html(language)
        assert all(word in page for word in words)
        assert "Exercise &lt;1&gt;" in page
        assert page.count("<svg") >= 2
    marked = assessment.marked()
    part, note = assessment.findings[0].notes[0]
    assert re.search(rf'<g id="n{part}-{note}" class="note" fill="#c8102e"', marked)


def test_what_is_right_is_not_corrected():
    right = [(72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48)]
    lines = zip(*right, strict=True)
    parts = tuple(Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))) for line in lines)
    found = firmus.teach(Score(parts, keys=(Key(0, "C"),)))
    assert (found.findings, found.corrected) == ((), None)
    assert "Nothing: every rule is kept." in found.html()


def test_the_command_writes_report_page_and_corrected_version(exercise, tmp_path, capsys):
    formats.write(exercise, tmp_path / "pupil.musicxml")
    arguments = ["teach", str(tmp_path / "pupil.musicxml"), "--out", str(tmp_path / "report")]
    assert main(arguments) == 0
    assert "bar 1, beat 3: parallel fifths" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "assessment.json",
        "assessment.html",
        "corrected",
    }
    assert (tmp_path / "report" / "corrected" / "piece.musicxml").is_file()
    assert main(arguments) == 2
    assert "already exists" in capsys.readouterr().err
    assert main(["teach", str(tmp_path / "pupil.musicxml"), "--uncorrected", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["corrected"] is None


@pytest.mark.parametrize(("voices", "message"), [(2, "--species"), (3, "has 3 voices"), (0, "no notes")])
def test_other_voices_are_refused_in_one_line(voices, message):
    parts = tuple(Part("", (Note(0, 480, 72 - 7 * voice),)) for voice in range(voices)) or (Part("", ()),)
    with pytest.raises(InvalidBrief, match=message):
        firmus.teach(Score(parts))


def test_a_chorale_is_more_natural_than_the_same_notes_in_disorder():
    right = [(72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48)] * 4
    lines = [list(line) for line in zip(*right, strict=True)]

    def percentile(lines):
        parts = tuple(Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(line))) for line in lines)
        return firmus.teach(Score(parts, keys=(Key(0, "C"),)), corrected=False).musicality["percentile"]

    rotated = [line[voice:] + line[:voice] for voice, line in enumerate(lines)]
    assert percentile(lines) > percentile(rotated) + 20
    assert firmus.teach(firmus.read(b"X:1\nM:4/4\nL:1/4\nK:C\n[CEGc]|]"), corrected=False).musicality is None
