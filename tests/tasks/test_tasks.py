"""Composing with the shipped model: what is asked is obeyed, what is given stays."""

import pytest

import firmus
from firmus import Brief, Chord, Key, Meter, Note, Part, Score
from firmus.errors import InvalidBrief
from firmus.tasks import compose as composing
from firmus.timing import bars, seconds


def lines():
    """Two parts of twelve bars, 3/4, with a pickup of one beat: typed in by us."""
    top = [
        (0, 480, 67),
        *((480 + bar * 1440 + beat * 480, 480, 67 + (bar + beat) % 5) for bar in range(12) for beat in range(3)),
    ]
    low = [(480 + bar * 1440, 1440, 48 + bar % 4) for bar in range(12)]
    return Score(
        (Part("Oben", tuple(Note(*each) for each in top), 68), Part("Unten", tuple(Note(*each) for each in low), 70)),
        meters=(Meter(0, 3, 4),),
        keys=(Key(0, "G"),),
        chords=(Chord(480, "G"), Chord(480 + 1440, "D", "7")),
        pickup=480,
        title="Ländler",
    )


def heard(score):
    return [[(note.start, note.duration, note.pitch) for note in part.notes] for part in score.parts]


def test_a_strict_key_has_no_other_note():
    work = firmus.compose(style="chorale", key="F minor", bars=6, seed=4, temperature=1.4)
    scale = Key.parse("F minor").scale
    assert all(note.pitch % 12 in scale for part in work.score.parts for note in part.notes)
    assert work.score.keys[0].text == "F minor"


def test_strict_chords_rule_every_beat():
    work = firmus.compose(style="chorale", chords="Am F C,G E7", meter="4/4", pickup=0, bars=8, seed=2, temperature=1.3)
    assert work.score.keys[0].signature == 0  # no key was asked for: that of the chords
    assert [chord.text for chord in work.score.chords[:5]] == ["Am", "F", "C", "G", "E7"]
    for beat in range(8 * 4):
        at = beat * 480
        chord = [each for each in work.score.chords if each.start <= at][-1]
        sounding = [note.pitch % 12 for part in work.score.parts for note in part.notes if note.start <= at < note.end]
        assert set(sounding) <= set(chord.pitch_classes)


def test_the_length_in_seconds_is_met():
    work = firmus.compose(style="folk", seconds=21, seed=1)
    assert seconds(work.score, work.score.end) == pytest.approx(21, abs=0.01)


def test_instruments_and_ranges_are_those_asked_for():
    work = firmus.compose(style="folk", parts="flute", ranges={"Flute": "C5-C6"}, bars=4, seed=1)
    part = work.score.parts[0]
    assert (part.name, part.program) == ("Flute", 73)
    assert all(72 <= note.pitch <= 84 for note in part.notes)


@pytest.mark.parametrize(
    ("wanted", "parts", "first", "stop"),
    [("3-4", (), 480 + 2 * 1440, 480 + 4 * 1440), ("12-", ("2",), 480 + 11 * 1440, 10**9), ("0", ("oben",), 0, 480)],
)
def test_infilling_leaves_everything_else(wanted, parts, first, stop):
    source = lines()
    made = firmus.infill(source, bars=wanted, parts=parts, seed=3).score
    for place, (before, after) in enumerate(zip(source.parts, made.parts, strict=True)):
        opened = not parts or (parts in (("oben",), (str(place + 1),)) and (parts != ("oben",) or place == 0))
        kept = [note for note in before.notes if not (opened and first <= note.start < stop)]
        assert [note for note in after.notes if not (opened and first <= note.start < stop)] == kept
        assert (after.name, after.program) == (before.name, before.program)
    for name in ("meters", "tempi", "keys", "chords", "pickup", "title"):
        assert getattr(made, name) == getattr(source, name)


def test_continuing_keeps_the_piece_and_its_meter():
    source = lines()
    made = firmus.extend(source, bars=5, seed=8).score
    assert len(bars(made)) == len(bars(source)) + 5
    assert [each[: len(before.notes)] for each, before in zip(heard(made), source.parts, strict=True)] == heard(source)


def test_varying_composes_about_the_share_asked_for():
    source = lines()
    work = firmus.vary(source, amount=0.25, seed=5)
    opened = sum(stop - start for start, stop, _ in work.origin.composed)
    assert opened / (2 * source.end) == pytest.approx(0.25, abs=0.05)
    assert heard(work.score) != heard(source)


def test_chords_of_a_gap_begin_with_the_gap():
    source = lines()
    score = firmus.infill(source, bars="5-6", chords="C F", seed=2).score
    assert [(chord.start, chord.text) for chord in score.chords[2:]] == [(480 + 4 * 1440, "C"), (480 + 5 * 1440, "F")]


def test_every_work_says_that_a_machine_composed():
    assert firmus.infill(lines(), bars="3", seed=3).score.composer == "Firmus (AI-generated)"
    assert firmus.vary(firmus.compose(style="folk", bars=2, seed=1).score, seed=1).score.composer.count("AI") == 1


def test_the_origin_tells_where_a_work_came_from():
    work = firmus.infill(lines(), bars="3", seed=3)
    assert work.origin.task == "infill"
    assert work.origin.composed == ((480 + 2 * 1440, 480 + 3 * 1440, 0), (480 + 2 * 1440, 480 + 3 * 1440, 1))
    assert len(work.origin.source) == 64
    assert work.origin.ai_generated
    assert any("Open Hymnal" in credit for credit in work.origin.credits)


def test_works_are_ranked_and_each_has_its_own_seed():
    works = firmus.compose(style="folk", bars=4, count=3, seed=20)
    assert sorted(work.origin.seed for work in works) == [20, 21, 22]
    assert len({str(heard(work.score)) for work in works}) == 3


def test_what_is_finished_is_kept_when_interrupted():
    def stop_in_the_second(title, done, total):
        if "2/3" in title:
            raise KeyboardInterrupt

    works = composing.perform(composing.commission(Brief(style="folk", bars=2, count=3, seed=1)), stop_in_the_second)
    assert len(works) == 1


def test_a_long_piece_is_composed_to_its_last_bar():
    work = firmus.compose(style="chorale", bars=40, meter="4/4", seed=6)
    assert work.score.end == 40 * 1920
    for bar in bars(work.score):
        assert any(bar.start <= note.start < bar.end for part in work.score.parts for note in part.notes)


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"chords": "F#", "key": "Eb major"}, "hardly a note"),
        ({"source": lines()}, "a plan, which has no notes"),
        ({"bars": True}, "bars"),
        ({"amount": 0.5}, "only vary"),
        ({"parts": "violin,violin,viola,cello,flute"}, "at most 4"),
        ({"sytle": "folk"}, "did you mean 'style'"),
    ],
)
def test_contradictions_are_refused(options, hint):
    brief_of = {"style": "chorale", **options}
    with pytest.raises(InvalidBrief, match=hint):
        composing.commission(Brief.of(**brief_of))


def test_drums_alone_are_titled_without_a_key():
    assert firmus.compose(style="drums", bars=1, seed=1).score.title == "Groove"


def test_a_work_shows_itself():
    html = firmus.compose(style="folk", bars=2, seed=1)._repr_html_()
    assert "image/svg+xml" in html
    assert "<audio" in html


def test_the_public_names_are_complete():
    for name in firmus.__all__:
        assert getattr(firmus, name) is not None
    assert dir(firmus) == sorted(firmus.__all__)


def test_a_piece_closes_on_its_tonic_and_a_narrow_part_is_no_dead_end():
    work = firmus.compose(style="chorale", key="D major", bars=4, seed=9)
    assert {note.pitch % 12 for note in work.score.parts[-1].notes if note.end == work.score.end} == {2}
    narrow = firmus.compose(style="chorale", key="D major", bars=2, ranges={"alto": "G4-G4"}, seed=9)
    assert {note.pitch for note in narrow.score.parts[1].notes} == {67}
