"""Originality: a planted passage is found with its bars, altered too; people are the measure; no tune is given away."""

from dataclasses import replace

import numpy as np
import pytest

from firmus.analysis import lines
from firmus.analysis.melodies import RHYTHMS, Melodies, Symbols
from firmus.analysis.surprise import Surprise
from firmus.rights import baseline
from firmus.rights.collection import KEPT, SHIPPED, Collection, Source, load, save, shipped
from firmus.rights.originality import BORROWS, COPIES, ORIGINAL, judge
from firmus.score import Note, Part, Score


def walk(seed, count=120):
    """A melody of its own: steps and leaps, quarters and eighths."""
    generator = np.random.default_rng(seed)
    pitches = 60 + np.abs(np.cumsum(generator.choice([-5, -3, -2, -1, 1, 2, 4, 7], count)) % 24 - 12)
    starts = np.cumsum(np.append(0, generator.choice([240, 480, 480, 720], count - 1)))
    return [Note(int(start), 240, int(pitch)) for start, pitch in zip(starts, pitches, strict=True)]


def score(notes):
    return Score((Part("Flute", tuple(notes)),))


def planted(passage, seed=99, semitones=0, slower=1):
    """A piece with a passage in its middle, in another key and at another tempo."""
    own, begin = walk(seed, 60), passage[0].start
    middle = own[30].start
    moved = [Note(middle + slower * (note.start - begin), 240, note.pitch + semitones) for note in passage]
    after = moved[-1].start + 480 - middle
    return score([*own[:30], *moved, *(replace(note, start=note.start + after) for note in own[30:])])


@pytest.fixture(scope="module")
def folder():
    pieces = [score(walk(seed)) for seed in range(40)]
    sources = [Source(f"Walk {seed}", "Somebody", f"{seed}.mid") for seed in range(40)]
    every = lines.joined([lines.of_score(each) for each in pieces], [1] * 40)
    usual = Surprise.of(Symbols.of(Melodies.of(every)))  # what is usual among walks is not so in music
    return Collection.of(every, sources, "walks", surprise=usual)


@pytest.mark.parametrize(("semitones", "slower"), [(0, 1), (5, 1), (-4, 2), (3, 4)])
@pytest.mark.parametrize("seed", [3, 17])
def test_a_planted_passage_is_found_with_its_bars(folder, seed, semitones, slower):
    passage = walk(seed)[40:80]
    found = judge(planted(passage, semitones=semitones, slower=slower), folder)
    best = found.matches[0]
    assert best.source.title == f"Walk {seed}"
    assert 34 <= best.run <= 42  # repeated notes count once
    there, here = passage[0].start // 1920 + 1, walk(99)[30].start // 1920 + 1
    assert there - 2 <= best.other_bars[0] <= there  # some notes before it fit by chance
    assert here - 2 <= best.bars[0] <= here
    assert found.verdict == COPIES


def test_what_is_nobody_elses_is_original(folder):
    found = judge(score(walk(1234)), folder)
    assert found.verdict == ORIGINAL
    assert not found.matches
    assert found.coverage == 0


def test_a_shorter_passage_is_borrowing(folder):
    found = judge(planted(walk(8)[50:64]), folder)
    assert found.verdict == BORROWS
    assert found.matches[0].source.title == "Walk 8"


def test_wrong_notes_and_ornaments_do_not_hide_a_passage(folder):
    passage = walk(5)[20:60]
    wrong = [replace(note, pitch=note.pitch + 2 * (i % 10 == 4)) for i, note in enumerate(passage)]
    graced = [
        each
        for i, note in enumerate(passage)
        for each in ([Note(note.start - 60, 60, note.pitch + 1), note] if i % 5 == 2 else [note])
    ]
    for altered in (wrong, graced):
        found = judge(planted(altered), folder)
        assert found.matches[0].source.title == "Walk 5"
        assert found.matches[0].notes >= 30
        assert found.matches[0].run < 20


def test_drums_and_silence_have_nothing_to_compare(folder):
    drums = Score((replace(score(walk(3)).parts[0], is_drums=True),))
    for empty in (drums, Score()):
        found = judge(empty, folder)
        assert (found.verdict, found.run, found.matches) == (ORIGINAL, 0, ())


def test_a_collection_comes_back_from_disk(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("FIRMUS_CACHE", str(tmp_path / "cache"))
    save(folder, tmp_path / "saved")
    passage = planted(walk(3)[40:64])
    for _ in range(2):  # worked out, and kept
        again = load(tmp_path / "saved")
        assert (again.index.symbols.pitches == folder.index.symbols.pitches).all()
        assert (again.bars == folder.bars).all()
        assert again.sources == folder.sources
        assert judge(passage, again).as_dict() == judge(passage, folder).as_dict()
    assert len(list((tmp_path / "cache" / "originality").iterdir())) == 1


def test_the_shipped_index_is_small_and_names_its_pieces():
    known = shipped()
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 6_000_000
    assert len(known.index.starts) == len(known.sources) + 1
    assert all(source.title and source.licence for source in known.sources)
    assert any("Schubert" in source.composer for source in known.sources)


def test_no_tune_can_be_read_off_the_shipped_index():
    symbols = shipped().index.symbols
    assert symbols.modulus == KEPT == 4
    assert set(np.unique(symbols.pitches).tolist()) == {0, 1, 2, 3, lines.BORDER}
    assert symbols.rhythms.max() < RHYTHMS


def test_a_tune_that_was_learnt_is_recognised():
    music21 = pytest.importorskip("music21")
    from pathlib import Path

    from firmus import formats

    book = Path(music21.__file__).parent / "corpus" / "ryansMammoth" / "AlhambraReel.abc"
    found = judge(formats.read(book), style="folk")
    assert found.verdict == COPIES
    assert any("Alhambra" in match.source.title for match in found.matches)
    assert found.standings["bits"].share > 0.95


def test_a_piece_stands_among_those_by_people():
    none, all_of_it = baseline.standing("run", 0, KEPT), baseline.standing("run", 10_000, KEPT)
    assert (none.share, all_of_it.share) == (0, 1)
    assert none.pieces == len(baseline.table(KEPT)[""]["run"])
    middle = float(np.quantile(baseline.table(KEPT)[""]["bits"], 0.9))
    usual = baseline.standing("bits", middle, KEPT)
    assert usual.low < usual.share < usual.high
    assert baseline.standing("run", 9, KEPT, "guitar").style == ""  # too few to judge by
