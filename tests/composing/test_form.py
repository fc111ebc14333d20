"""Forms: sections of the asked lengths, returns, endings."""

from __future__ import annotations

import pytest

import firmus
from firmus.analysis.form import likeness, notes_of_bars
from firmus.composing.form import Form
from firmus.errors import InvalidBrief
from firmus.tasks import compose
from firmus.work import Brief


def shape(text: str, bars: int | None) -> list[tuple[str, int, int, int | None, bool]]:
    return [(s.letter, s.first, s.last, s.repeats, s.is_varied) for s in Form.parse(text).lay_out(bars)]


def test_a_form_is_laid_out_over_the_bars():
    assert shape("AB", 9) == [("A", 0, 4, None, False), ("B", 4, 9, None, False)]
    assert shape("ABA'", None)[2] == ("A", 16, 24, 0, True)
    assert [last - first for _, first, last, *_ in shape("A8B4A8", None)] == [8, 4, 8]


@pytest.mark.parametrize(("text", "bars"), [("", 8), ("ab", 8), ("A-B", 8), ("AB", 3), ("A8B8", 12), ("A1", None)])
def test_what_is_no_form_is_refused(text, bars):
    with pytest.raises(InvalidBrief):
        Form.parse(text).lay_out(bars)


def test_sections_return_and_the_piece_ends_on_its_tonic():
    work = firmus.compose(style="folk", form="ABA", bars=12, key="D major", meter="3/4", seed=4)
    score = work.score
    assert score.end == 12 * 1440
    assert [(each.start // 1440, each.label) for each in score.sections] == [(0, "A"), (4, "B"), (8, "A")]
    notes = score.parts[0].notes

    def between(first: int, last: int) -> list[tuple[int, int, int]]:
        return [(n.start - first * 1440, n.duration, n.pitch) for n in notes if first * 1440 <= n.start < last * 1440]

    assert between(0, 2) == between(8, 10)
    assert between(0, 4) != between(4, 8)
    assert notes[-1].pitch % 12 == 2
    assert notes[-1].end == score.end
    assert work.origin.measured["form"]["same"] > work.origin.measured["form"]["different"]


def test_a_varied_return_begins_alike_and_differs():
    work = firmus.compose(style="folk", form="AA'", bars=16, key="D major", meter="3/4", seed=5)
    notes = work.score.parts[0].notes
    first = [(n.start, n.pitch) for n in notes if n.start < 1440]
    again = [(n.start - 8 * 1440, n.pitch) for n in notes if 8 * 1440 <= n.start < 9 * 1440]
    assert first == again
    assert 0.3 < work.origin.measured["form"]["same"] < 1
    assert firmus.compose(style="folk", form="AA'", bars=16, key="D major", meter="3/4", seed=5).score == work.score


class Hearer:
    """Hears what is composed, bar by bar."""

    def __init__(self):
        self.frame, self.bars = None, {}

    def __call__(self, title, done, total):
        pass

    def begin(self, piece, frame):
        self.frame = frame

    def bar(self, piece, bar):
        self.bars[bar.number] = bar.notes


def test_every_bar_is_heard_also_what_returns():
    hearer = Hearer()
    (work,) = compose.perform(compose.commission(Brief(style="folk", form="ABA'", bars=9, seed=2)), hearer)
    assert hearer.frame.keys == work.score.keys
    assert not any(part.notes for part in hearer.frame.parts)
    assert sorted(hearer.bars) == list(range(9))
    heard = sorted((note.start, note.pitch, note) for notes in hearer.bars.values() for _, note in notes)
    assert [note for *_, note in heard] == list(work.score.parts[0].notes)


def test_where_drafts_compete_no_bar_is_heard():
    hearer = Hearer()
    compose.perform(compose.commission(Brief(style="folk", bars=1, density=0.3, seed=2)), hearer)
    assert (hearer.frame, hearer.bars) == (None, {})


def test_a_new_section_is_no_return_of_another():
    for work in firmus.compose(style="folk", bars=16, form="AB", meter="4/4", seed=700, count=8, effort="quick"):
        content = notes_of_bars(work.score)[1 if work.score.pickup else 0 :]
        for first, second in ((0, 8), (0, 12), (4, 8), (4, 12)):
            assert likeness(content[first : first + 4], content[second : second + 4]) <= 0.6
