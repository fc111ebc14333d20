"""Brief, Origin and Work."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

import firmus
from firmus.brief_fields import bar_numbers, chord_bars, mood, pitch_range
from firmus.errors import FirmusError, FormatError, InvalidBrief
from firmus.work import Brief, Work
from strategies import briefs


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(briefs())
def test_a_brief_is_valid_or_refused(options):
    try:
        brief = Brief.of(**options)
    except FirmusError:
        return  # and any other error fails the test
    kept = {name: getattr(brief, name) for name in options}
    assert all(value == options[name] or name in ("parts", "loose") for name, value in kept.items())
    given_fields = {name: value for name, value in kept.items() if value != getattr(Brief(), name)}
    assert brief.as_dict() == given_fields
    json.dumps(brief.as_dict())


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(briefs())
def test_what_is_asked_is_obeyed_or_refused(options):
    try:
        brief = Brief.of(**{**options, "bars": 2, "style": options.get("style") or "folk"})
        score = firmus.compose(brief).score
    except FirmusError:
        return
    if brief.key:
        assert score.keys[0] == firmus.Key.parse(brief.key)
        if brief.is_strict("key"):
            allowed = set(score.keys[0].scale)
            assert {note.pitch % 12 for part in score.parts for note in part.notes} <= allowed
    if brief.meter:
        assert score.meters[0].text == brief.meter
    if brief.tempo:
        assert score.tempi[0].bpm == brief.tempo
    assert score.end == 2 * score.meters[0].bar


@pytest.mark.parametrize(
    ("read", "text"),
    [(bar_numbers, "0x9"), (bar_numbers, "5-3"), (bar_numbers, ""), (chord_bars, ""), (chord_bars, "Am Q"),
     (pitch_range, "C4"), (pitch_range, "C9-C2"), (pitch_range, "x-y"), (mood, "angri"), (mood, "3,0")],
)  # fmt: skip
def test_small_languages_refuse_what_they_do_not_know(read, text):
    with pytest.raises(InvalidBrief) as caught:
        read(text)
    assert (text.split() or [""])[-1].split(",")[0] in str(caught.value)


def test_the_wire_form_of_a_work_reads_back_as_its_score(tmp_path):
    work = firmus.compose(style="folk", bars=2, seed=1)
    path = tmp_path / "piece.json"
    path.write_text(json.dumps(work.as_dict()))
    assert firmus.read(path) == work.score


def test_a_work_is_read_from_what_it_saved_and_nothing_else_is_taken_for_one(tmp_path):
    work = firmus.compose(style="folk", bars=2, key="D", seed=4)
    work.save(tmp_path / "piece")
    assert Work.load(tmp_path / "piece") == work
    assert Work.load(tmp_path / "piece" / "piece.json") == work
    document = json.loads((tmp_path / "piece" / "piece.json").read_text())
    assert document["origin"]["rules"]["scale"] == [1, 2, 4, 6, 7, 9, 11]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match=r"no piece\.json"):
        Work.load(tmp_path / "empty")
    with pytest.raises(FormatError, match="no work of Firmus"):
        Work.load(tmp_path / "piece" / "piece.mid")
    for name, value in (("composed", [[0, 480, 7]]), ("brief", {"colour": "red"}), ("composed", 3), ("mood", 1)):
        spoilt = {**document, "origin": {**document["origin"], name: value}}
        (tmp_path / "spoilt.json").write_text(json.dumps(spoilt))
        with pytest.raises(FormatError, match="origin is missing or damaged"):
            Work.load(tmp_path / "spoilt.json")
    (tmp_path / "score.json").write_text(json.dumps(document["score"]))
    with pytest.raises(FormatError, match="no work of Firmus"):
        Work.load(tmp_path / "score.json")
