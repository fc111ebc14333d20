"""Performances are aligned with their scores, mistakes and all; what is another piece is refused."""

import random

import numpy as np
import pytest

import firmus
from firmus import formats
from firmus.analysis.performance import align
from firmus.cli import main
from firmus.errors import InvalidBrief
from firmus.score import Key, Note, Part, Score, Tempo

TUNE = (67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 74, 79, 78, 76, 74, 72)
BASS = (43, 50, 47, 50) * 4


@pytest.fixture(scope="module")
def score():
    """Sixteen quarter notes and a bass, four times."""
    lines = [[Note(480 * i, 480, pitch) for i, pitch in enumerate(line * 4)] for line in (TUNE, BASS)]
    return Score(tuple(Part(name, tuple(line)) for name, line in zip(("Right", "Left"), lines, strict=True)),
                 keys=(Key(0, "G"),), tempi=(Tempo(0, 100),), title="Study")  # fmt: skip


def played(score, mistakes, seed=1, ritardando=0.3):
    """A performance that slows down, and how many notes of it are wrong, missing and extra."""
    generator, notes, counts = random.Random(seed), [], [0, 0, 0]
    for part in score.parts:
        for note in part.notes:
            at = note.start / score.end
            start = round(note.start * (1 + ritardando * at) + generator.gauss(0, 12)) + 500
            fate = generator.random()
            kind = int(3 * fate / mistakes) if fate < mistakes else None
            if kind is not None:
                counts[kind] += 1
            if kind != 1:
                pitch = note.pitch + (generator.choice((-1, 1, 2)) if kind == 0 else 0)
                notes.append(Note(max(0, start), 400, pitch, generator.randint(50, 90)))
            if kind == 2:
                notes.append(Note(max(0, start + 200), 100, note.pitch + 6, 60))
    return Score((Part("Played", tuple(notes)),)), counts


@pytest.mark.parametrize("seed", range(8))
def test_mistakes_are_found(score, seed):
    performance, counts = played(score, 0.05, seed)
    found = align(score, performance)
    assert [len(each) for each in (found.wrong, found.missing, found.extra)] == counts
    assert all(pair.written.pitch == pair.played.pitch for pair in found.matched)


def test_timing_tempo_and_loudness_are_measured(score):
    performance, _ = played(score, 0.0)
    document = firmus.teach(score, played=performance).as_dict()
    assert document["agreement"] == 1
    tempi = [row["tempo"] for row in document["bars"]]
    assert tempi[0] == pytest.approx(118, abs=5)  # 120, slowing down
    assert tempi[-1] == pytest.approx(120 / 1.6, abs=5)
    assert document["timing"]["deviation"] == pytest.approx(12 / 960, abs=0.004)
    assert 50 <= document["dynamics"]["softest"] < document["dynamics"]["loudest"] <= 90


def test_a_late_note_and_a_missing_one_are_marked(score):
    notes = [note for part in score.parts for note in part.notes]
    notes[10] = Note(notes[10].start + 150, 330, notes[10].pitch)
    performance = Score((Part("", tuple(notes[:20] + notes[21:])),))
    found = firmus.teach(score, played=performance)
    document = found.as_dict()
    assert [(row["bar"], row["beat"]) for row in document["missing"]] == [(6, 1)]
    assert [(row["bar"], row["beat"]) for row in document["uneven"]] == [(3, 3)]
    assert document["uneven"][0]["late"] == pytest.approx(150 / 960, abs=0.03)
    marked = found.marked()
    assert 'id="n0-10" class="note" fill="#2563b0"' in marked
    assert 'id="n0-20" class="note" fill="#c8102e"' in marked
    assert "漏音" in found.html("zh")


def test_the_command_compares_files(score, tmp_path, capsys):
    formats.write(score, tmp_path / "study.musicxml")
    formats.write(played(score, 0.05)[0], tmp_path / "played.mid")
    files = [str(tmp_path / "study.musicxml"), "--played", str(tmp_path / "played.mid")]
    assert main(["teach", *files, "--out", str(tmp_path / "report")]) == 0
    assert "notes right" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"performance.json", "performance.html"}
    assert main(["teach", *files, "--species", "1"]) == 2


def test_another_piece_and_an_empty_performance_are_refused_in_one_line(score):
    generator = np.random.default_rng(3)
    other = Score((Part("", tuple(Note(300 * i, 200, int(generator.integers(50, 80))) for i in range(120))),))
    with pytest.raises(InvalidBrief, match=r"only \d+% of the notes agree"):
        firmus.teach(score, played=other)
    with pytest.raises(InvalidBrief, match="the performance has no notes"):
        firmus.teach(score, played=Score((Part("", ()),)))
