"""Checking: passages with bars on both sides, engraved; strict composing; what is given is not judged."""

import json
from dataclasses import replace

import pytest

import firmus
from firmus import formats
from firmus.composing import originality
from firmus.errors import FormatError, InvalidBrief
from firmus.rights.collection import shipped
from firmus.rights.originality import COPIES, VERDICTS
from firmus.score import Key, Note, Part, Score

PITCHES = [
    67,
    71,
    74,
    71,
    72,
    69,
    66,
    69,
    71,
    67,
    64,
    67,
    69,
    66,
    62,
    73,
    76,
    61,
    70,
    64,
    75,
    63,
    72,
    60,
    68,
    65,
    77,
    59,
]


def tune(pitches=PITCHES, key=0, title="Tune <b>"):
    notes = tuple(Note(480 * i, 480, pitch + key) for i, pitch in enumerate(pitches))
    return Score((Part("Flute", notes, 73),), keys=(Key(0, "G"),), title=title)


@pytest.fixture
def folder(tmp_path):
    for key, name in ((5, "one"), (0, "two")):
        formats.write(tune(PITCHES if key else PITCHES[::-1], key, f"{name} <i>"), tmp_path / f"{name}.musicxml")
    return tmp_path


def test_a_copy_is_shown_side_by_side(folder, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("FIRMUS_CACHE", str(tmp_path_factory.mktemp("cache")))
    report = firmus.check(tune(), against=folder)
    document = report.as_dict()
    match = document["matches"][0]
    assert (document["verdict"], document["longest_run"], document["coverage"]) == (COPIES, len(PITCHES), 1.0)
    assert match["source"] == {"title": "one <i>", "composer": "", "origin": "one.musicxml", "licence": ""}
    assert match["bars"] == match["other_bars"] == (1, 7) or (match["bars"][0], match["other_bars"][0]) == (1, 1)
    assert document["people"] == {}  # no baseline is known of a folder
    assert "copyright" in document["limits"]
    page = report.html()
    pair = page.partition('<div class="pair">')[2].partition('<div class="pair">')[0]
    assert [half.count("<svg") > 0 for half in pair.split("</h3>")[1:]] == [True, True]  # these bars, here and there
    assert "Tune &lt;b&gt;" in page
    assert "one &lt;i&gt;" in page
    assert "<i>" not in page
    assert "抄袭" in report.html("zh")
    assert json.loads(json.dumps(document))["matches"]


def test_the_training_music_is_what_it_is_compared_with():
    report = firmus.check(tune())
    document = report.as_dict()
    assert document["pieces"] == len(shipped().sources)
    assert document["people"]["run"]["pieces"] > 500
    assert document["verdict"] in VERDICTS
    assert "<svg" in report.html() or not document["matches"]


def test_refusals_say_what_is_wrong(tmp_path):
    drums = Score((replace(tune().parts[0], is_drums=True),))
    with pytest.raises(InvalidBrief, match="drums alone"):
        firmus.check(drums)
    with pytest.raises(InvalidBrief, match="did you mean 'folk'"):
        firmus.check(tune(), style="folks")
    with pytest.raises(FormatError, match="no such folder"):
        firmus.check(tune(), against=tmp_path / "nowhere")


def test_a_work_bears_its_originality_unless_that_is_off():
    work = firmus.compose(style="folk", bars=4, seed=1, effort="quick")
    found = work.origin.measured["originality"]
    assert found["verdict"] in VERDICTS
    assert found["pieces"] == len(shipped().sources)
    assert (
        "originality"
        not in firmus.compose(style="folk", bars=4, seed=1, effort="quick", original="off").origin.measured
    )
    latent = firmus.compose(model="vae-melody", seed=1, bars=4, meter="4/4")
    assert latent.origin.measured["originality"]["verdict"] in VERDICTS


def test_what_is_given_is_not_judged():
    given = tune(PITCHES[:16], title="Given")
    work = firmus.harmonise(given, seed=2, effort="quick")
    assert originality.judged(work).origin.measured["originality"] == work.origin.measured["originality"]
    composed = originality._composed(work)
    assert not composed.parts[0].notes
    assert all(part.notes for part in composed.parts[1:])


def test_strict_composes_again_until_nothing_is_copied(monkeypatch):
    """Seed 1 is made a copy: its own notes are what it is compared with."""
    made = firmus.compose(style="folk", bars=8, seed=1, effort="quick", key="G")
    judge = originality.judge
    monkeypatch.setattr(
        originality, "judge", lambda score, **rest: replace(
            judge(score, **rest), verdict=COPIES if score.parts[0].notes == made.score.parts[0].notes else "original"
        )
    )  # fmt: skip
    strict = firmus.compose(style="folk", bars=8, seed=1, effort="quick", key="G", original="strict")
    assert strict.origin.seed == 2
    assert strict.score.parts[0].notes != made.score.parts[0].notes
    monkeypatch.setattr(originality, "judge", lambda score, **rest: replace(judge(score, **rest), verdict=COPIES))
    with pytest.raises(InvalidBrief, match="in 8 attempts"):
        firmus.compose(style="folk", bars=2, seed=1, effort="quick", original="strict")


@pytest.mark.parametrize(
    ("options", "said"),
    [({"original": "strictly"}, "did you mean 'strict'"), ({"original": "guard", "model": "vae-melody"}, "at once")],
)
def test_original_is_obeyed_or_refused(options, said):
    with pytest.raises(InvalidBrief, match=said):
        firmus.compose(bars=4, seed=1, **options)
