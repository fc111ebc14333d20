import json
import subprocess
import sys

import numpy as np
import pytest

import firmus
from firmus import formats
from firmus.analysis.character import WORDS, character
from firmus.errors import FirmusError, FormatError, InvalidBrief
from firmus.retrieval import bandit, embeddings, taste
from firmus.retrieval.taste import Taste
from firmus.score import Key, Note, Part, Score, Tempo
from firmus.tasks.recommend import composing, recommendation

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 11, 12)


def tune(seed, is_fast, is_minor, notes=48):
    """A melody of our own, fast or slow, in major or minor."""
    generator = np.random.default_rng(seed)
    places = np.abs(np.cumsum(generator.integers(-2, 3, notes))) % 8
    steps = MINOR if is_minor else MAJOR
    made = tuple(Note(480 * i, 480, 60 + steps[place]) for i, place in enumerate(places.tolist()))
    keys = (Key(0, "C", "minor" if is_minor else "major"),)
    return Score(
        (Part("Flute", made, 73),), tempi=(Tempo(0, 180.0 if is_fast else 60.0),), keys=keys, title=f"No. {seed}"
    )


def kind(seed):
    return {"is_fast": seed % 2 == 0, "is_minor": seed % 4 < 2}


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRMUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FIRMUS_TASTE", str(tmp_path / "taste.json"))
    folder = tmp_path / "music"
    folder.mkdir()
    for seed in range(24):
        formats.write(tune(seed, **kind(seed)), folder / f"tune{seed:02}.mid")
    return folder


def numbers(found):
    return [int(piece.file[4:6]) for piece in found.pieces]


def test_the_first_pieces_are_unlike_each_other(library):
    found = firmus.recommend(library)
    assert found.are_first
    assert len({tuple(kind(number).values()) for number in numbers(found)}) == 3


def test_who_likes_slow_music_gets_slow_music_and_is_told_so(library):
    found = firmus.recommend(library, like=["tune01.mid", "tune03.mid"], dislike=["tune00.mid", "tune02.mid"], count=6)
    assert all(not kind(number)["is_fast"] for number in numbers(found))
    assert "slow tempo" in [reason.words for reason in found.pieces[0].reasons if reason.share > 0]
    assert found.pieces[0].rating > 0.3


def test_feedback_counts_as_much_as_it_means(library):
    """A piece like one that was finished is expected to be liked less than one like a liked one."""
    expected = []
    for feedback in ("like", "finish", "skip", "dislike"):
        known = Taste().rated("x", feedback, character(tune(0, **kind(0))))
        expected.append(recommendation.expected(known.posterior(), character(tune(4, **kind(4)))))
    assert expected == sorted(expected, reverse=True)
    assert expected[1] > 0 > expected[2]


def test_reasons_add_up_to_the_rating():
    known = Taste().rated("x", "like", character(tune(0, **kind(0))))
    values = character(tune(3, **kind(3)))
    posterior = known.posterior()
    assert posterior.contributions(values).sum() == pytest.approx(posterior.expected(values[None])[0], abs=1e-6)


def test_what_was_rated_is_remembered_and_not_proposed_again_even_renamed(library):
    firmus.recommend(library, like=["tune01.mid"])
    (library / "tune01.mid").rename(library / "tune99.mid")
    found = firmus.recommend(library, count=100)
    assert not found.are_first
    assert 99 not in numbers(found)
    assert len(found.pieces) == 23


def test_a_changed_mind_replaces_the_rating(library):
    firmus.recommend(library, like=["tune01.mid"])
    found = firmus.recommend(library, dislike=[library / "tune01.mid"])
    assert found.rated == 1
    assert taste.load(taste.default_path()).ratings[0].feedback == "dislike"


def test_old_ratings_fade():
    """The same ratings in the other order: the later one outweighs."""
    values = np.zeros(len(WORDS), np.float32)
    values[0] = 1.0
    known = Taste()
    for number in range(2 * taste.HALF_LIFE):
        mild = values + 0.01 * np.eye(len(WORDS), dtype=np.float32)[1 + number % 20] * (1 + number // 20)
        known = known.rated(str(number), "like" if number < taste.HALF_LIFE else "dislike", mild)
    assert recommendation.expected(known.posterior(), values) < -0.2
    assert taste.of_feedback([(each.piece, each.feedback, np.array(each.character)) for each in known.ratings]) == known


def test_a_list_has_pieces_unlike_each_other():
    """Eight copies of the best and two others: the one that is liked nearly as much is second."""
    features = np.zeros((10, len(WORDS)))
    features[8:] = 2.0
    assert bandit.diverse(np.array([1.0] * 8 + [0.9, 0.0]), features, 2) == [0, 8]


def test_only_new_files_are_read_again(library, monkeypatch):
    before = embeddings.of_folder(library)
    formats.write(tune(30, **kind(30)), library / "tune30.mid")
    read = []
    really = formats.read_all
    monkeypatch.setattr(formats, "read_all", lambda path, *rest: read.append(path.name) or really(path, *rest))
    after = embeddings.of_folder(library)
    assert read == ["tune30.mid"]
    assert (after.values[:-1] == before.values).all()


def test_an_index_that_is_damaged_is_made_anew(library, tmp_path):
    before = embeddings.of_folder(library)
    (path,) = (tmp_path / "cache").rglob("character.npz")
    path.write_bytes(path.read_bytes()[:500])
    assert (embeddings.of_folder(library).values == before.values).all()


def test_what_is_composed_follows_the_taste():
    """High, busy music is liked: what is composed is higher than for who likes the contrary."""
    heights = []
    for sign in (1.0, -1.0):
        values = np.zeros(len(WORDS), np.float32)
        values[list(WORDS).index("register")] = 2.0
        known = Taste()
        for number in range(20):
            shifted = values + 0.01 * number
            known = known.rated(f"{number}", "like" if sign > 0 else "dislike", shifted)
        works = composing.compose(known, 1, bars=4, effort="quick", seed=3, tries=2)
        heights.append(character(works[0].score)[list(WORDS).index("register")])
    assert heights[0] > heights[1]


@pytest.mark.parametrize("style", ["folk", "piano", "band", "chorale", "song", "drums"])
@pytest.mark.parametrize("weight", [-3.0, 0.0, 3.0])
def test_every_style_takes_the_controls_that_a_taste_asks_for(style, weight):
    asked = composing.controls(np.full(len(WORDS), weight), style, np.random.default_rng(1))
    firmus.tasks.verb("compose").commission(firmus.Brief(style=style, bars=4, **asked))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"like": ["nowhere.mid"]}, "unknown piece 'nowhere.mid'"),
        ({"like": ["tune01.mid"], "skip": ["tune01.mid"]}, "tune01.mid is rated like and skip"),
        ({"like": ["tune01.mid#2"]}, "the file has tunes 1 to 1"),
        ({"count": 0}, "count 0 must be a whole number from 1 to 1000"),
        ({"compose": True}, "give a library"),
    ],
)
def test_what_makes_no_sense_is_refused(library, monkeypatch, options, message):
    monkeypatch.chdir(library)
    with pytest.raises(FirmusError, match=message):
        firmus.recommend(library, **options)
    assert not taste.default_path().exists()


def test_a_library_of_which_all_is_rated_has_nothing_more(library):
    names = [path.name for path in library.iterdir()]
    with pytest.raises(InvalidBrief, match="all 24 pieces were rated"):
        firmus.recommend(library, like=names)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"numbers": 3, "ratings": []}', "\0"])
def test_a_file_that_is_no_taste_is_refused_and_left_alone(library, text):
    taste.default_path().write_text(text)
    with pytest.raises(FormatError, match="taste"):
        firmus.recommend(library, like=["tune01.mid"])
    assert taste.default_path().read_text() == text


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "firmus", "recommend", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_the_command_rates_exports_and_deletes(library, tmp_path):
    first = run(library)
    assert "which do you like?" in first.stdout
    found = run(library, "--like", "tune01.mid", "tune03.mid", "--dislike", "tune02.mid", "--count", "2")
    assert "for it: " in found.stdout
    assert run(library, "--json", "--count", "2").stdout.count('"file"') == 2
    assert run("--export", tmp_path / "mine.json").returncode == 0
    mine = json.loads((tmp_path / "mine.json").read_text())
    assert [each["piece"] for each in mine["ratings"]] == ["tune01.mid", "tune03.mid", "tune02.mid"]
    assert "only with --compose" in run(library, "--style", "folk").stderr
    assert run("--erase").returncode == 0
    assert not taste.default_path().exists()
    assert "there is nothing to recommend" in run().stderr
