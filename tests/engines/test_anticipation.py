"""The Anticipatory Music Transformer from a folder: a tiny one, made here, played by the real code."""

import json
import shutil
import socket
import sys

import pytest

import borrowed
import firmus
from firmus import Brief, Key, Meter, Note, Part, Score, formats
from firmus.cli import main
from firmus.errors import InvalidBrief, ModelError
from firmus.runtime import weights
from firmus.service.workers.handlers import JobSpec, check
from firmus.timing import bars

PITCHES = [60, 62, 64, 65, 67, 69, 71, 72]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return borrowed.anticipation(tmp_path_factory.mktemp("models") / "tiny-amt")


@pytest.fixture
def duo():
    """Eight bars of 4/4 at 90: a flute and a cello."""
    flute = tuple(Note(480 * place, 480, 72 + PITCHES[place % 8] - 60) for place in range(32))
    cello = tuple(Note(960 * place, 960, 36 + PITCHES[place % 5] - 60) for place in range(16))
    return Score(
        (Part("Flute", flute, 73), Part("Cello", cello, 42)), (Meter(0, 4, 4),), (firmus.Tempo(0, 90),), title="Duo"
    )


def notes_of(score):
    return [sorted((note.start, note.duration, note.pitch) for note in part.notes) for part in score.parts]


def test_it_composes_what_is_asked_and_the_same_for_the_same_seed(folder):
    asked = {"seconds": 12, "key": "G minor", "parts": ["violin", "drums"], "ranges": {"violin": "G3-G5"}}
    one, other = (firmus.compose(model=str(folder), seed=5, **asked) for _ in range(2))
    assert one.as_dict() == other.as_dict()
    assert notes_of(one.score) != notes_of(firmus.compose(model=str(folder), seed=6, **asked).score)
    assert one.score.end == 12 * 960
    parts = {part.name: part for part in one.score.parts}
    assert set(parts) == {"Violin", "Drums"}
    assert len(parts["Violin"].notes) > 3
    assert {note.pitch % 12 for note in parts["Violin"].notes} <= set(Key.parse("G minor").scale)
    assert all(55 <= note.pitch <= 79 for note in parts["Violin"].notes)
    assert all(note.end <= one.score.end for part in one.score.parts for note in part.notes)


def test_its_origin_says_what_made_it_and_not_where_it_lies(folder):
    origin = firmus.compose(model=str(folder), seconds=4, seed=1).origin
    assert origin.model == "tiny-amt"
    assert origin.brief == {"model": "tiny-amt", "seconds": 4, "seed": 1}
    assert len(origin.weights) == 64
    assert origin.measured["engine"] == {"architecture": "gpt2", "licence": ""}
    assert str(folder.parent) not in json.dumps(origin.measured)


def test_continuing_leaves_the_piece_and_goes_on_with_its_instruments(folder, duo):
    work = firmus.extend(duo, model=str(folder), bars=4, seed=2)
    score = work.score
    assert len(bars(score)) == 12
    for before, after in zip(duo.parts, score.parts, strict=True):
        assert after.notes[: len(before.notes)] == before.notes
        assert all(note.start >= 8 * 1920 and note.end <= 12 * 1920 for note in after.notes[len(before.notes) :])
    assert len(score.parts[0].notes) + len(score.parts[1].notes) > 48
    assert work.origin.composed == ((8 * 1920, 12 * 1920, 0), (8 * 1920, 12 * 1920, 1))


def test_filling_in_leaves_all_that_is_given(folder, duo):
    work = firmus.infill(duo, model=str(folder), bars="3-4,7", parts=["cello"], seed=2)
    assert work.score.parts[0] == duo.parts[0]
    spans = [(2 * 1920, 4 * 1920), (6 * 1920, 7 * 1920)]

    def outside(part):
        return [note for note in part.notes if not any(first <= note.start < last for first, last in spans)]

    assert outside(work.score.parts[1]) == outside(duo.parts[1])
    new = [note for note in work.score.parts[1].notes if note not in outside(duo.parts[1])]
    assert new
    assert all(any(first <= note.start and note.end <= last for first, last in spans) for note in new)
    low, high = min(36, *(note.pitch for note in duo.parts[1].notes)), max(note.pitch for note in duo.parts[1].notes)
    assert all(low - 4 <= note.pitch <= high + 4 for note in new)


def test_accompanying_adds_other_instruments(folder, duo):
    work = firmus.accompany(duo, model=str(folder), parts=["flute"], seed=3, key="C major")
    melody, *others = work.score.parts
    assert melody == duo.parts[0]
    assert others
    assert all(part.is_drums or part.program != 73 for part in others)
    assert all(note.end <= work.score.end for part in others for note in part.notes)


def test_what_is_told_ahead_is_listened_to(folder, duo):
    """The same seed and another given part make other notes."""
    other = Score((duo.parts[0].__class__("Flute", duo.parts[0].notes[::2], 73), duo.parts[1]), duo.meters, duo.tempi)
    one, two = (firmus.infill(each, model=str(folder), bars="3-4", parts=["cello"], seed=2) for each in (duo, other))
    assert notes_of(one.score)[1] != notes_of(two.score)[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": "folk"}, "style folk"), ({"bars": 8}, "say seconds"), ({"mood": "calm"}, "mood calm"),
        ({"tempo": 90}, "say seconds"), ({"chords": "C F"}, "chords C F"), ({"loose": ["key"]}, "loose key"),
        ({"form": "AABA"}, "form AABA"), ({"density": 0.4}, "density 0.4"), ({"parts": ["kazooo"]}, "kazooo"),
        ({"ranges": {"flute": "C4-C5"}}, "among the parts"),
        ({"parts": ["flute"], "ranges": {"flute": "61-61"}, "key": "C"}, "no note is left"),
    ],
)  # fmt: skip
def test_what_it_cannot_be_asked_is_refused(folder, options, message):
    with pytest.raises(InvalidBrief, match=message) as caught:
        firmus.compose(model=str(folder), seconds=None if "bars" in options else 3, **options)
    assert "\n" not in str(caught.value)


def test_what_it_does_not_do_is_refused(folder, duo):
    with pytest.raises(InvalidBrief, match="does not vary"):
        firmus.vary(duo, model=str(folder))


def test_several_come_least_surprising_first(folder):
    works = firmus.compose(model=str(folder), seconds=3, count=3, seed=1)
    surprises = [work.origin.measured["surprise"] for work in works]
    assert surprises == sorted(surprises)
    assert sorted(work.origin.seed for work in works) == [1, 2, 3]


def test_nothing_goes_over_a_network(folder, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    firmus.compose(model=str(folder), seconds=2, seed=1)


def test_the_command_line_lists_it_and_takes_name_or_folder(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(folder.parent))
    assert main(["models"]) == 0
    assert "tiny-amt: Any instruments" in capsys.readouterr().out
    assert main(["compose", "--model", "tiny-amt", "--seconds", "4", "--seed", "1", "--out", "one"]) == 0
    assert main(["compose", "--model", str(folder), "--seconds", "4", "--seed", "1", "--out", "two"]) == 0
    first, second = (formats.read(tmp_path / name / "piece.mid") for name in ("one", "two"))
    assert first == second
    assert (tmp_path / "one" / "piece.json").read_bytes() == (tmp_path / "two" / "piece.json").read_bytes()


def test_a_service_takes_names_and_no_paths(folder, monkeypatch):
    with pytest.raises(ModelError, match="unknown model"):
        check(JobSpec("compose", Brief(model=str(folder), seconds=3)))
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(folder.parent))
    check(JobSpec("compose", Brief(model="tiny-amt", seconds=3)))


# -- folders that are something else ----------------------------------------------------------------------------


def copied(folder, target, **config):
    shutil.copytree(folder, target)
    values = json.loads((target / "config.json").read_text(encoding="utf-8")) | config
    (target / "config.json").write_text(json.dumps(values), encoding="utf-8")
    return target


def refused(folder):
    with pytest.raises(ModelError) as caught:
        firmus.compose(model=str(folder), seconds=2, seed=1)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_wrong_folders_are_refused_in_one_line(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "config.json is missing" in refused(tmp_path / "empty")
    assert "no such folder" in refused(tmp_path / "nowhere")
    assert "'llama'; gpt2, musicgen can be played" in refused(copied(folder, tmp_path / "llama", model_type="llama"))
    assert "50257 tokens" in refused(copied(folder, tmp_path / "words", vocab_size=50257))
    unwhole = copied(folder, tmp_path / "unwhole")
    (unwhole / "config.json").write_text("{", encoding="utf-8")
    assert "unreadable" in refused(unwhole)


def test_pickles_are_not_read(folder, tmp_path):
    pickled = copied(folder, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    assert "pytorch_model.bin is not read" in refused(pickled)
    (pickled / "pytorch_model.bin").unlink()
    assert "model.safetensors is missing" in refused(pickled)


def test_damaged_and_foreign_weights_are_refused(folder, tmp_path):
    cut = copied(folder, tmp_path / "cut")
    (cut / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:100_000])
    assert "cannot be read" in refused(cut)
    (cut / "model.safetensors").write_bytes(b"no table")
    assert "damaged" in refused(cut)
    assert "missing in the weights" in refused(copied(folder, tmp_path / "deeper", n_layer=3))
    assert "cannot be read" in refused(copied(folder, tmp_path / "wider", n_embd=32))


def test_without_the_extra_it_says_what_to_install(folder, monkeypatch):
    from firmus.engines import anticipation

    anticipation.load.cache_clear()
    monkeypatch.setitem(sys.modules, "transformers", None)
    assert refused(folder) == "this model needs transformers: pip install 'firmus[large]'"


def test_an_unknown_device_is_refused(folder, monkeypatch):
    from firmus.engines import anticipation

    anticipation.load.cache_clear()
    monkeypatch.setenv("FIRMUS_DEVICE", "abacus")
    assert "FIRMUS_DEVICE='abacus'" in refused(folder)


def test_what_cannot_be_played_hides_no_model_and_says_why_when_asked(folder, tmp_path, monkeypatch):
    copied(folder, tmp_path / "llama", model_type="llama")
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(tmp_path))
    assert "llama" not in weights.cards()
    assert "composer" in weights.cards()
    with pytest.raises(ModelError, match="its architecture is 'llama'"):
        weights.card("llama")


def test_a_licence_is_told_where_the_folder_says_one(folder, tmp_path):
    own = copied(folder, tmp_path / "own")
    (own / "README.md").write_text("---\ntags: music\nlicense: cc-by-nc-4.0\n---\nhello", encoding="utf-8")
    assert weights.find_card(str(own)).facts["licence"] == "cc-by-nc-4.0"


def test_the_service_composes_with_it(folder, tmp_path):
    """A job that takes it from the shelf, in a worker with bounded memory."""
    from serving import Server

    server = Server(tmp_path / "data", {"FIRMUS_WEIGHTS": str(folder.parent), "FIRMUS_THREADS": "1"})
    try:
        models = {each["name"]: each for each in server.client.get("/v1/models").json()["items"]}
        assert models["tiny-amt"]["kind"] == "engine"
        job = server.ask("compose", model="tiny-amt", seconds=4, seed=1)
        assert job["state"] == "succeeded", job["error"]
        work = server.client.get(f"/v1/works/{job['result']['works'][0]['id']}").json()
        (score,) = formats.read_all(server.client.get(work["links"]["json"]).content, trusted=True)
        assert score == firmus.compose(model=str(folder), seconds=4, seed=1).score
        refused = server.ask("compose", status=422, model=str(folder), seconds=4)
        assert "unknown model" in refused["detail"]
    finally:
        server.stop()
