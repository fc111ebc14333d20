"""How often is tried: what is given stays, what returns returns, and the same seed gives the same piece."""

import pytest

import firmus
from firmus.errors import InvalidBrief
from firmus.runtime import critic
from firmus.score import Note, Part, Score

TUNE = Score(
    (
        Part("Soprano", tuple(Note(480 * i, 480, 67 + (i * 5) % 8) for i in range(64)), 52),
        Part("Alto", tuple(Note(960 * i, 960, 60 + (i * 3) % 5) for i in range(32)), 52),
        Part("Tenor", tuple(Note(960 * i, 960, 55) for i in range(32)), 52),
        Part("Bass", tuple(Note(1920 * i, 1920, 43 + i % 5) for i in range(16)), 52),
    ),
    end=16 * 1920,
)


@pytest.mark.parametrize("effort", ["usual", "best"])
def test_the_same_seed_gives_the_same_piece_alone_and_among_others(effort):
    together = {
        work.origin.seed: work.score
        for work in firmus.compose(style="folk", bars=8, seed=5, count=3, effort=effort)
    }  # fmt: skip
    assert len(set(together.values())) == 3
    for seed in (5, 7):
        assert firmus.compose(style="folk", bars=8, seed=seed, effort=effort).score == together[seed]


def test_more_effort_is_more_like_real_music():
    ranks = {}
    for effort in ("quick", "usual", "best"):
        works = firmus.compose(style="folk", bars=16, form="none", seed=40, count=6, effort=effort)
        ranks[effort] = sum(critic.judge(work.score, "folk").whole for work in works)
    assert ranks["quick"] < ranks["usual"] < ranks["best"]


@pytest.mark.parametrize("effort", ["usual", "best"])
def test_what_is_given_stays(effort):
    work = firmus.infill(TUNE, style="chorale", bars="5-12", parts="Alto,Bass", seed=2, effort=effort)
    inside = range(4 * 1920, 12 * 1920)
    for before, after in zip(TUNE.parts, work.score.parts, strict=True):
        kept = [[n for n in part.notes if after.name in ("Soprano", "Tenor") or n.start not in inside]
                for part in (before, after)]  # fmt: skip
        assert kept[0] == kept[1]
    assert work.score.parts[1].notes != TUNE.parts[1].notes
    assert {part for _, _, part in work.origin.composed} == {1, 3}


def test_what_returns_returns_however_often_is_tried():
    work = firmus.compose(style="folk", bars=16, form="AABA", seed=3, effort="best", pickup=0)

    def section(number):
        first = 4 * number * work.score.meters[0].bar
        return [(n.start - first, n.pitch) for n in work.score.parts[0].notes
                if first <= n.start < first + 4 * work.score.meters[0].bar]  # fmt: skip

    assert section(0) == section(1) != section(2)
    assert section(3)[:4] == section(0)[:4]


def test_the_bars_that_an_observer_gets_are_those_of_the_piece():
    class Observer:
        def __init__(self):
            self.bars = {}

        def __call__(self, title, done, total):
            pass

        def begin(self, piece, frame):
            pass

        def bar(self, piece, bar):
            self.bars[bar.number] = bar.notes

    from firmus.composing import perform
    from firmus.tasks.compose import commission
    from firmus.work import Brief

    observer = Observer()
    (work,) = perform(commission(Brief(style="folk", bars=16, seed=9, pickup=0)), observer)
    told = sorted((note.start, note.pitch) for notes in observer.bars.values() for _, note in notes)
    assert told == [(note.start, note.pitch) for note in work.score.parts[0].notes]


def test_the_origin_says_the_effort_and_the_critics_rank():
    usual, quick = (firmus.compose(style="folk", bars=8, seed=1, effort=effort).origin for effort in ("最佳", "quick"))
    assert usual.brief["effort"] == "best"
    assert usual.measured["score"]["total"] == usual.measured["score"]["critic"]
    assert "critic" not in quick.measured["score"]


def test_unknown_efforts_and_models_that_compose_at_once_refuse():
    with pytest.raises(InvalidBrief, match="unknown effort 'bset': did you mean 'best'"):
        firmus.compose(style="folk", effort="bset")
    with pytest.raises(InvalidBrief, match="effort best: model 'vae-melody' composes at once"):
        firmus.compose(model="vae-melody", effort="best")
    with pytest.raises(InvalidBrief, match="a plan has no notes"):
        firmus.plan(style="folk", effort="best")
