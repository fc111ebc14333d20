"""Asking in plain words: what is proposed can be done, and changes nothing outside of what was named."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

import firmus
import strategies
from asked import BAND, PIECES, QUARTET, SONG
from firmus.brief_fields import bar_numbers
from firmus.cli import main
from firmus.errors import InvalidBrief
from firmus.requests.piece import Piece
from firmus.rights.manifest import of_origin
from firmus.score import Chord, Key, Note, Part, Score, Section
from firmus.tasks.ask import revision
from firmus.tasks.ask.proposal import propose
from firmus.timing import bars
from firmus.work import Work


def outside(score, proposal):
    """Notes of each part that are not in what a proposal opens."""
    brief = proposal.brief
    last = max(bar.number for bar in bars(score))
    numbers = [range(first, (end or last) + 1) for first, end in bar_numbers(str(brief.bars or "1-"))]
    ticks = {bar.number: (bar.start, bar.end) for bar in bars(score)}
    spans = [ticks[number] for each in numbers for number in each]
    names = Piece(score).names
    return [
        [
            note
            for note in part.notes
            if name not in brief.parts or not any(start <= note.start < end for start, end in spans)
        ]
        for name, part in zip(names, score.parts, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "piece", "selection"),
    [
        ("make bars 5 to 8 calmer, keep the bass", "quartet", None),
        ("更密一点", "quartet", {"bars": "9-10", "parts": ["Viola"]}),
        ("a new tune for the singer in the third phrase, piano unchanged", "song", None),
        ("左手前两小节太密了", "song", None),
        ("bars 3 and 4: Am F, melody stays", "band", None),
        ("vary the guitar a little", "band", None),
        ("humanise the drums in the last two bars", "band", None),
        ("换个和声，旋律别动，只改第5小节", "song", None),
        ("add a flute in bars 5-6", "quartet", None),
        ("the drums bolder in bars 7 and 8, and 10% faster", "band", None),
    ],
)  # fmt: skip
def test_nothing_outside_of_what_was_named_changes(text, piece, selection):
    proposal = propose(text, PIECES[piece], selection, seed=5)
    (work,) = proposal.perform()
    before, after = proposal.brief.source, work.score
    assert outside(before, proposal) == outside(after, proposal)
    assert [part.notes for part in after.parts] != [part.notes for part in before.parts]
    kept = [part.notes for part in before.parts if part.notes]
    assert kept == [part.notes for part in PIECES[piece].parts]  # a revision before it moves no note


CHANGES = [
    each
    for each in json.loads((Path(__file__).parents[1] / "requests.json").read_text(encoding="utf-8"))[:300]
    if each["expected"].get("verb") in ("infill", "vary", "humanise")
    and "genre" not in each["expected"]
    and {*each["expected"]["parts"]} < {part.name for part in PIECES[each["piece"]].parts}
    and re.fullmatch(r"\d+(-\d+)?", each["expected"]["bars"])
    and each["expected"]["bars"] not in ("1-16", "1-8")
]
"""Requests that open few bars of few parts, in genres that every model here knows."""


@st.composite
def pieces(draw, like):
    """A piece with other notes, as long and of the same parts."""

    def notes(part):
        drawn = draw(st.lists(strategies.notes(length=like.end, grid=240, low=36, high=84), max_size=24))
        return strategies.without_overlaps([*drawn, part.notes[-1]])

    return replace(like, parts=tuple(replace(part, notes=notes(part)) for part in like.parts))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), each=st.sampled_from(CHANGES))
def test_of_any_piece_nothing_outside_of_what_a_request_opens_changes(data, each):
    piece = data.draw(pieces(PIECES[each["piece"]]))
    try:
        proposal = propose(each["text"], piece, each["selection"], seed=1)
    except InvalidBrief:  # of these notes another part may be the melody, or the bass
        reject()
    assert proposal.brief.bars == each["expected"]["bars"]
    for work in proposal.perform()[:2]:
        assert outside(proposal.brief.source, proposal) == outside(work.score, proposal)
        assert outside(piece, proposal) == outside(work.score, proposal)


def test_a_question_is_in_the_language_of_the_request():
    for text, question in (("大声一点", "无法要求音量"), ("louder", "how loud it is")):
        with pytest.raises(InvalidBrief, match=question):
            propose(text, QUARTET)


def test_comparatives_come_from_what_is_measured():
    calm, lively = propose("calmer", QUARTET).brief.mood, propose("livelier", QUARTET).brief.mood
    assert float(calm.split(",")[1]) < float(lively.split(",")[1])
    busier, much = (propose(text, QUARTET).brief.density for text in ("a bit sparser", "much sparser"))
    assert busier >= much
    assert propose("太快了", BAND).brief.source.tempi[0].bpm == 104
    assert propose("slower, and the melody sadder", BAND).brief.source.tempi[0].bpm == 104
    assert propose("more syncopation in the melody", BAND).brief.model


def test_a_new_piece_has_from_the_open_one_what_the_words_leave_open():
    brief = propose("change the meter to 3/4", QUARTET).brief
    assert (brief.meter, brief.key, brief.bars, brief.style, brief.source) == ("3/4", "C major", 16, "quartet", None)
    assert propose("forget this, a hymn in F", QUARTET).brief.bars is None


def test_what_cannot_be_composed_is_refused_before_it_runs():
    with pytest.raises(InvalidBrief, match="funk"):
        propose("drums more like funk", BAND)
    assert any("left out" in line for line in propose("a sad waltz for piano", None).explanation)


def test_a_key_moves_every_pitched_note_and_a_mode_its_thirds():
    up = propose("up a tone", BAND).perform()[0].score
    assert up.keys[0].text == "B minor"
    assert [note.pitch for note in up.parts[0].notes] == [note.pitch + 2 for note in BAND.parts[0].notes]
    assert up.parts[3] == BAND.parts[3]
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    tune = Score(
        (Part("", tuple(Note(480 * place, 480, pitch) for place, pitch in enumerate(scale))),),
        keys=(Key(0, "C"),), chords=(Chord.parse("C"),), title="Tune in C major",
    )  # fmt: skip
    minor = revision.in_key(tune, Key.parse("C minor"))
    assert [note.pitch for note in minor.parts[0].notes] == [60, 62, 63, 65, 67, 68, 71, 72]
    assert (minor.chords, minor.title) == ((), "Tune in C minor")
    assert [note.pitch for note in revision.in_key(minor, Key.parse("C")).parts[0].notes] == list(scale)


CHAINED = ("the same theme, for strings, half as long, sad", "同样的主题，给弦乐，长度减半，悲伤")


@pytest.mark.parametrize("words", CHAINED)
def test_a_chain_of_steps_obeys_every_wish_and_its_origin_has_each(words):
    proposal = propose(words, SONG)
    assert [line[:2] for line in proposal.explanation if line[0].isdigit()] == ["1.", "2.", "3.", "4."]
    (work,) = proposal.perform()
    assert [part.name for part in work.score.parts] == ["Violin I", "Violin II", "Viola", "Cello"]
    assert len(bars(work.score)) == 8
    assert (work.score.keys[0].text, work.score.tempi[0].bpm) == ("G minor", 70)
    classes = [{note.pitch % 12 for part in work.score.parts for note in part.notes if note.start == 480 * at}
               for at in range(12)]  # fmt: skip
    minor = {11: 10, 4: 3, 9: 8}  # what the third, sixth and seventh above G become; F sharp stays
    theme = [minor.get((note.pitch - 7) % 12, (note.pitch - 7) % 12) for note in SONG.parts[0].notes[:12]]
    assert all((step + 7) % 12 in sounding for step, sounding in zip(theme, classes, strict=True))
    steps = work.origin.steps
    assert [(step["task"], sorted(set(step["brief"]) - {"source"})) for step in steps] == [
        ("ask", ["bars"]), ("ask", ["key"]), ("ask", ["tempo"]),
    ]  # fmt: skip
    assert len({step["source"] for step in steps} | {work.origin.source}) == 4
    assert of_origin(work.origin)["parents"] == [*(step["source"] for step in steps), work.origin.source]


def test_a_chain_is_saved_and_read_with_its_steps(tmp_path):
    (work,) = propose(CHAINED[0], SONG).perform()
    work.save(tmp_path / "sad", endings=("json",))
    assert Work.load(tmp_path / "sad").origin.steps == work.origin.steps


def test_one_step_after_another():
    proposal = propose("make bars 5 to 8 busier, then arrange it for a wind quintet", SONG, seed=2)
    assert [proposal.verb, *(each.verb for each in proposal.following)] == ["infill", "orchestrate"]
    (work,) = proposal.perform()
    assert len(work.score.parts) == 5
    assert work.origin.steps[0]["task"] == "infill"
    assert work.origin.ai_generated
    assert work.origin.composed
    assert (proposal.next.verb, proposal.then) == ("infill", "arrange it for a wind quintet")
    assert propose("改编成弦乐四重奏", SONG).then == ""
    three = propose("第5到8小节密一些，然后慢一点，然后改编成弦乐四重奏", SONG)
    assert (three.next.verb, three.then) == ("infill", "慢一点，然后改编成弦乐四重奏")


def test_bars_in_another_order_take_keys_tempi_and_pedals_along():
    piece = replace(
        QUARTET, keys=(Key(0, "C"), Key(8 * 1920, "G")), sections=(Section(0, "A"), Section(8 * 1920, "B")),
        parts=(replace(QUARTET.parts[0], pedal=((8 * 1920, 10 * 1920),)), *QUARTET.parts[1:]),
    )  # fmt: skip
    (work,) = propose("in the order B, A, B", piece).perform()
    score = work.score
    assert [(key.start // 1920, key.tonic) for key in score.keys] == [(0, "G"), (8, "C"), (16, "G")]
    assert [mark.label for mark in score.sections] == ["B", "A", "B"]
    assert score.parts[0].pedal == ((0, 2 * 1920), (16 * 1920, 18 * 1920))
    assert [note.pitch for note in score.parts[3].notes] == [note.pitch for note in QUARTET.parts[3].notes] * 1 + [
        note.pitch for note in QUARTET.parts[3].notes[32:]
    ]
    with pytest.raises(InvalidBrief, match="bars 1 to 16"):
        propose("in the order 9-24, 1-8", QUARTET)


def test_instruments_and_titles_change_no_note():
    work = propose("replace the first violin with a flute, call it 'Evening'", QUARTET).perform()[0]
    assert [part.name for part in work.score.parts] == ["Flute", "Violin II", "Viola", "Cello"]
    assert (work.score.parts[0].program, work.score.title) == (73, "Evening")
    assert [part.notes for part in work.score.parts] == [part.notes for part in QUARTET.parts]
    assert not work.origin.ai_generated
    assert [part.name for part in propose("不要鼓", BAND).perform()[0].score.parts] == ["Melody", "Guitar", "Bass"]


def test_parts_rest_in_some_bars_and_are_else_what_they_were():
    proposal = propose("第2小节的大提琴休止", QUARTET)
    assert proposal.explained("zh") == ["第 2 小节的大提琴休止", "其余部分逐音保持不变"]
    score = proposal.perform()[0].score
    assert [part.notes for part in score.parts[:3]] == [part.notes for part in QUARTET.parts[:3]]
    kept = tuple(note for note in QUARTET.parts[3].notes if not 1920 <= note.start < 3840)
    assert score.parts[3].notes == kept
    assert score.end == QUARTET.end
    here = propose("no drums here", BAND, {"bars": "8"}).perform()[0].score  # also where the piece would end sooner
    assert here.end == BAND.end
    assert not [note for note in here.parts[3].notes if note.start >= 7 * 1920]


def test_explanations_are_in_both_languages():
    proposal = propose("make bars 5 to 8 calmer, keep the bass", QUARTET)
    assert proposal.explanation[0] == "compose anew bars 5-8 of Violin I, Violin II, Viola"
    assert proposal.explained("zh")[0] == "重写第 5-8 小节的第一小提琴、第二小提琴、中提琴"
    assert propose("eight more bars and an ending", QUARTET).explanation == [
        "continue the piece", "8 bars are added", "style quartet", "it comes to an end",
    ]  # fmt: skip


@pytest.fixture
def band(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    firmus.write(BAND, tmp_path / "band.mid")
    return tmp_path


def test_on_the_command_line_it_is_shown_and_done_once_it_is_agreed_to(band, capsys):
    words = ["ask", "band.mid", "第二句旋律低一点", "--seed", "3", "--formats", "mid", "--out", "lower"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "compose anew bars 5-8 of Melody" in said.out
    assert "--yes" in said.err
    assert not (band / "lower").exists()
    assert main([*words, "--yes"]) == 0
    assert (band / "lower" / "piece.mid").is_file()
    assert main(["ask", "band.mid", "tempo 90", "--yes", "--formats", "mid", "--out", "slow"]) == 0
    assert firmus.read(band / "slow" / "piece.mid").tempi[0].bpm == pytest.approx(90)


def test_on_the_command_line_a_question_is_one_line(band, capsys):
    assert main(["ask", "band.mid", "louder"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["ask", "band.mid", "much", "sadder"]) == 2
    assert "quotation marks" in capsys.readouterr().err
    assert main(["ask", "a sad piece for piano, 4 bars", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["brief"] == {"bars": 4, "mood": "sad", "style": "piano"}


def test_in_python_here_means_what_is_selected():
    assert firmus.ask("calmer here", QUARTET, bars="3-4", parts=["Cello"]).brief.parts == ("Cello",)
