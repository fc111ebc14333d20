"""Explaining: each note has its surprise, its rules, what it came from, and who else has it."""

import json
from dataclasses import replace

import pytest

import firmus
from firmus import formats
from firmus.errors import FirmusError, FormatError, InvalidBrief, ModelError
from firmus.render.roll import svg as plain_roll
from firmus.score import Key, Note, Part, Score
from firmus.tasks.explain.explainer import explain, read
from firmus.tasks.explain.explanation import UNLIKELY

PITCHES = [67, 71, 74, 71, 72, 69, 66, 69, 71, 67, 64, 67, 69, 66, 62, 62] * 2
TUNE = Score(
    (Part("Fiddle", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(PITCHES)), 40),), keys=(Key(0, "G"),)
)


@pytest.fixture(scope="module")
def chorale():
    return firmus.compose(style="chorale", bars=2, key="E major", ranges={"alto": "E4-G#4"}, seed=1)


@pytest.fixture(scope="module")
def explanation(chorale):
    return explain(chorale)


def test_every_composed_note_is_explained_in_its_place(chorale, explanation):
    parts = chorale.score.parts
    assert {(note.part, note.index) for note in explanation.notes} == {
        (place, index) for place, part in enumerate(parts) for index in range(len(part.notes))
    }
    first = next(note for note in explanation.notes if (note.part, note.index) == (0, 0))
    assert (first.bar, first.beat) == (1, 1.0)
    for note in explanation.notes:
        assert note.bits == pytest.approx(note.when_bits + note.pitch_bits + note.length_bits)
        assert 0 <= note.left <= 1
        assert {"range", "key"} <= set(note.rules) | ({"range"} if note.part != 1 else set())
    assert sorted(note.rank for note in explanation.notes) == list(range(1, len(explanation.notes) + 1))
    assert max(explanation.notes, key=lambda note: note.bits).rank == 1
    assert 0 < explanation.rules["range"] < 1
    assert 0 < explanation.rules["key"] < 1
    assert "ending" in explanation.rules  # no chords were asked for: those rules are the cadence's
    assert explanation.unknown.keys() == {"nearest"}


def test_what_a_note_came_from_stood_before_it_or_was_given(explanation):
    order = {(note.part, note.index): place for place, note in enumerate(explanation.notes)}
    for place, note in enumerate(explanation.notes):
        assert note.bars_before is not None
        assert note.notes_before is not None
        for each in note.notes_before:
            assert order[each.part, each.index] < place
            assert abs(each.bits) >= 0.05
        strengths = [abs(each.bits) for each in note.bars_before]
        assert strengths == sorted(strengths, reverse=True)
    assert not explanation.notes[0].bars_before
    assert any(note.bars_before for note in explanation.notes)


def test_only_what_was_composed_is_explained():
    work = firmus.infill(firmus.compose(style="folk", bars=4, seed=2).score, bars="3", seed=1)
    found = explain(work, most=0)
    assert {note.bar for note in found.notes} == {3}
    with pytest.raises(InvalidBrief, match="given, not composed"):
        explain(work, note="bar 1 beat 1")
    with pytest.raises(InvalidBrief, match="none of these notes was composed"):
        explain(work, bars="1")
    light = explain(work, most=1).focus.bars_before
    assert {each.bar for each in light} & {1, 2, 4}  # what stands after is given, and was read


def test_a_wrong_note_surprises_more_than_the_one_it_replaces():
    work = firmus.compose(style="folk", bars=4, key="C major", meter="4/4", seed=6)
    part = work.score.parts[0]
    at = len(part.notes) // 2
    wrong = replace(part.notes[at], pitch=part.notes[at].pitch + 13)
    notes = (*part.notes[:at], wrong, *part.notes[at + 1 :])
    spoilt = replace(work, score=replace(work.score, parts=(replace(part, notes=notes),)))
    before, after = explain(work, most=0), explain(spoilt, most=0)
    assert after.notes[at].pitch_bits > max(before.notes[at].pitch_bits + 3, UNLIKELY)
    assert after.unlikely[0].index == at
    assert after.notes[at].rules["key"] < 0.5  # the rules would have forbidden it: what they take is not this note's
    assert not before.unlikely


def test_in_a_repeat_the_first_time_is_found_and_named():
    found = explain(TUNE, style="folk", note="bar 6 beat 3", most=0)
    note = found.focus
    assert (note.bar, note.beat, note.name) == (6, 3.0, "F#4")
    assert found.chosen is not None
    bar, single = (
        next(each for each in some if each.bar < 6) for some in (note.bars_before, note.notes_before)
    )  # the strongest that stand in an earlier bar
    assert (bar.bar, bar.part, bar.index) == (2, 0, None)
    assert bar.bits > 1
    assert (single.bar, single.index) == (2, 6)
    assert [each.bars_before is None for each in found.notes].count(False) == 1
    assert "influences" not in found.unknown
    assert "rules" in found.unknown


def test_a_strangers_piece_gets_the_likeliest_style_or_the_one_that_is_said():
    found = explain(TUNE, most=0, bars="1-2")
    assert found.style in {"folk", "lead-sheet"}
    assert found.style in found.unknown["style"]
    assert {note.bar for note in found.notes} == {1, 2}
    assert "style" not in explain(TUNE, style="piano", most=0, bars="1").unknown


def test_a_form_brings_notes_back():
    work = firmus.compose(style="folk", form="A2B2A2", meter="4/4", key="D", pickup=0, seed=3)
    found = explain(work, most=0)
    back = {note.bar: note.returns for note in found.notes}
    assert {bar: back[bar] for bar in range(1, 7)} == {1: None, 2: None, 3: None, 4: None, 5: 1, 6: 2}
    work = firmus.compose(style="folk", form="A4B2A'4", meter="4/4", key="D", pickup=0, seed=3)
    back = {note.bar: note.returns for note in explain(work, most=0).notes}
    assert back[7] == 1
    assert {back[bar] for bar in (1, 5, 9, 10)} == {None}  # the end of a varied return is composed


def test_what_was_told_and_which_chords_were_rules():
    work = firmus.compose(style="lead-sheet", bars=4, chords="F Bb C7 F", key="F", density=0.8, seed=4)
    found = explain(work, most=2)
    measured = [note for note in found.notes if note.bars_before is not None]
    assert len(measured) == 2
    assert all(set(note.conditions) == {"key", "chords", "density"} for note in measured)
    assert all(note.conditions == {} for note in found.notes if note.bars_before is None)
    assert "measured of 2 notes" in found.unknown["influences"]
    assert found.focus.rank == 1
    assert "chords" in found.rules
    assert "ending" in found.rules


def test_a_work_is_the_same_after_it_was_saved_and_read(chorale, explanation, tmp_path):
    chorale.save(tmp_path / "piece")
    for path in (tmp_path / "piece", tmp_path / "piece" / "piece.json"):
        assert read(path) == chorale
        assert firmus.explain(path, most=0).rules == explanation.rules
    assert isinstance(read(tmp_path / "piece" / "piece.mid"), Score)
    assert "rules" in firmus.explain(tmp_path / "piece" / "piece.mid", most=0).unknown


def test_other_pieces_are_looked_through_and_the_piece_itself_is_not_found(tmp_path):
    notes = TUNE.parts[0].notes
    other = Score((Part("", tuple(replace(note, pitch=note.pitch + 2) for note in notes[4:13])),), title="Other")
    formats.write(TUNE, tmp_path / "same.mid")
    formats.write(other, tmp_path / "other.mid")
    (tmp_path / "notes.json").write_text("{}")
    found = explain(TUNE, style="folk", most=0, among=tmp_path)
    assert "nearest" not in found.unknown
    assert {run.piece for run in found.shared} == {"other.mid"}
    assert len(found.shared[0].indices) == 9
    assert found.shared[0].semitones == 2
    inside = [note for note in found.notes if note.shared]
    assert {note.index for note in inside} == set(range(4, 13)) | set(range(20, 29))
    with pytest.raises(FormatError, match="no music"):
        explain(TUNE, style="folk", most=0, among=tmp_path / "nowhere")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.mid").write_bytes(b"MThd")
    with pytest.raises(FormatError, match="none of its 1 files"):
        explain(TUNE, style="folk", most=0, among=tmp_path / "broken")


def test_an_index_may_be_given_in_place_of_a_folder():
    from firmus.analysis.shared_passages import SharedRun

    class Index:
        def shared(self, score):
            return [SharedRun(0, (0, 1, 2, 3, 4, 5), "from an index", 3, 0)]

    found = explain(TUNE, style="folk", most=0, bars="1-2", among=Index())
    assert found.notes[2].shared.piece == "from an index"
    assert found.notes[7].shared is None


def test_its_values_are_json_and_its_pictures_are_whole(explanation):
    from xml.etree import ElementTree

    found = json.loads(json.dumps(explanation.as_dict()))
    assert found["notes"][0].keys() == {
        "id", "part", "bar", "beat", "name", "bits", "when_bits", "pitch_bits", "length_bits", "rank", "chance",
        "likelier", "rules", "left", "told", "returns", "reads_from", "bars_before", "notes_before", "shared",
    }  # fmt: skip
    maps = explanation.maps("zh")
    assert set(maps) == {"roll", "score", "influences"}
    for drawn in maps.values():
        ElementTree.fromstring(drawn)
    assert maps["roll"].count('class="note"') == plain_roll(explanation.score).count('class="note"')


def test_parts_of_one_name_are_told_apart():
    notes = tuple(Note(480 * i, 480, 60 + i) for i in range(4))
    score = Score((Part("Violin", notes), Part("Violin", notes), Part("", notes)))
    assert explain(score, style="quartet", most=0).part_names == ("Violin (1)", "Violin (2)", "3")


def test_drums_alone_and_a_piece_longer_than_the_model_reads_are_explained():
    strokes = tuple(Note(240 * i, 120, (36, 42, 38, 42)[i % 4]) for i in range(32))
    found = explain(Score((Part("Kit", strokes, is_drums=True),)), most=1)
    assert {note.name for note in found.notes} == {"Bass Drum", "Snare", "Closed Hi-hat"}
    assert found.focus.bars_before is not None
    long = Score((Part("", tuple(Note(240 * i, 240, 60 + (i * i) % 12) for i in range(600))),))
    found = explain(long, style="folk", note="bar 70 beat 1", most=0)
    assert found.focus.reads_from > 1
    assert "before" in found.unknown
    assert all(each.bar >= found.focus.reads_from for each in found.focus.bars_before)


def test_one_note_has_its_surprise_and_nothing_before_it():
    found = explain(Score((Part("", (Note(0, 480, 60),)),)))
    assert found.notes[0].bars_before == ()
    assert found.notes[0].rank == 1


def test_what_a_latent_model_made_is_read_by_another():
    work = firmus.vary(TUNE, model="vae-melody", seed=1)
    found = explain(work, most=0)
    assert found.model == "composer"
    assert {"model", "rules"} <= set(found.unknown)


@pytest.mark.parametrize(
    ("source", "options", "error", "said"),
    [
        (Score(), {}, InvalidBrief, "no notes"),
        (Score((Part(),)), {}, InvalidBrief, "no notes"),
        (TUNE, {"model": "vae-melody"}, ModelError, "a latent of melody"),
        (TUNE, {"model": "chorale-grid"}, ModelError, "a scorer of grid"),
        (TUNE, {"model": "compose"}, ModelError, "did you mean 'composer'"),
        (TUNE, {"style": "tango"}, InvalidBrief, "unknown style"),
        (TUNE, {"key": "C"}, InvalidBrief, "explain takes"),
        (TUNE, {"bars": "12"}, InvalidBrief, "bars 1 to 8"),
        (TUNE, {"parts": "alto"}, InvalidBrief, "no part 'alto'"),
        (TUNE, {"note": "somewhere"}, InvalidBrief, "bar 7 beat 2 alto"),
        (TUNE, {"note": "bar 12 beat 1"}, InvalidBrief, "bars 1 to 8"),
        (TUNE, {"note": "bar 1 beat 5"}, InvalidBrief, "before 5"),
        (TUNE, {"note": "bar 1 beat 1 C4"}, InvalidBrief, "no such note"),
        (TUNE, {"note": "bar 1 beat 1", "bars": "2"}, InvalidBrief, "leave bars and parts out"),
        (Score(TUNE.parts * 33), {}, FirmusError, "32 at most"),
        (Score(TUNE.parts * 2), {"note": "bar 1 beat 1"}, InvalidBrief, "must name a part"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_one_line(source, options, error, said):
    with pytest.raises(error, match=said) as caught:
        explain(source, most=0, **options)
    assert "\n" not in str(caught.value)


def test_other_weights_or_another_model_than_composed_it_are_said(chorale):
    stale = replace(chorale, origin=replace(chorale.origin, weights="0" * 64))
    assert "other weights" in explain(stale, most=0, bars="1").unknown["model"]
    unruled = replace(chorale, origin=replace(chorale.origin, rules={}))
    assert explain(unruled, most=0, bars="1").rules == {}
    damaged = replace(chorale, origin=replace(chorale.origin, rules={"scale": 3}))
    with pytest.raises(FormatError, match="rules are damaged"):
        explain(damaged, most=0)


def test_a_style_is_not_asked_of_a_work(chorale):
    with pytest.raises(InvalidBrief, match="says itself"):
        explain(chorale, style="folk")
