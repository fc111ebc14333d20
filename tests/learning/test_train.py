"""Training end to end on a small folder: prepare, train, resume, export, compose."""

import json
import subprocess
import sys
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from firmus import formats
from firmus.errors import RecipeError
from firmus.formats import midi
from firmus.learning import prepare, recipe, run, train
from firmus.learning.corpus import load
from firmus.learning.versions import fingerprint
from firmus.runtime.listener import Listener
from firmus.runtime.weights import read_card
from firmus.score import Key, Meter, Note, Part, Score

RECIPE = """
name = "tiny"
representation = "events"
model = "transformer"
description = "For a test."
styles = ["folk"]
[data]
sets = []
[network]
width = 64
layers = 1
key_heads = 1
dropout = 0.0
[training]
steps = 30
length = 128
batch_tokens = 512
learning_rate = 3e-3
warmup = 5
checkpoint_minutes = 60
"""


def tune(seed, bars=8):
    """A random tune: steps in G major, mostly eighths."""
    generator = np.random.default_rng(seed)
    scale = [55, 57, 59, 60, 62, 64, 66, 67, 69, 71, 72, 74, 76, 78, 79]
    place, start, notes = 7, 0, []
    while start < bars * 1920:
        duration = int(generator.choice([240, 480]))
        duration = min(duration, bars * 1920 - start)
        notes.append(Note(start, duration, scale[place]))
        place = int(np.clip(place + generator.integers(-2, 3), 0, len(scale) - 1))
        start += duration
    return Score((Part("Tune", tuple(notes), 73),), meters=(Meter(0, 4, 4),), keys=(Key(0, "G"),))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    music = tmp_path / "music"
    music.mkdir()
    for seed in range(24):
        formats.write(tune(seed), music / f"tune{seed:02}.mid")
    formats.write(tune(3).transposed(5), music / "tune03-in-c.mid")  # the same tune again, in another key
    (music / "noise.mid").write_bytes(b"MThd no music")
    with zipfile.ZipFile(music / "more.zip", "w") as archive:
        archive.writestr("in/tune99.mid", midi.write(tune(99)))
    with tarfile.open(music / "more.tar.gz", "w:gz") as archive:
        archive.add(music / "tune00.mid", "copy.mid")
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return tmp_path


def test_a_folder_is_learnt_from_resumed_exported_and_composed_with(folder, monkeypatch):
    lines = []
    first = run.run(Path("tiny.toml"), folder, folder / "music", minutes=None, report=lines.append)
    text = "\n".join(lines)
    assert "27 of 28 pieces" in text
    assert "unreadable" in text
    assert "2 copies left out" in text
    assert "notes/s" in text
    assert {path.name for path in Path("runs/tiny").iterdir()} == {"checkpoint", "log.jsonl", "loss.svg", "weights"}
    log = [json.loads(line) for line in Path("runs/tiny/log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] == 30
    assert log[-1]["train"] < np.log(1400)
    card = json.loads((first / "card.json").read_text())
    digest = card["digest"]
    assert card["training"]["steps"] == 30
    assert (card["encoding"], card["part_order"], card["genres"]) == ("compact", "melody, bass, drums, others", [])
    assert set(card["training"]["validation_nats_per_token"]) == {"float32", "int8", "int8, cache too"}

    lines.clear()
    again = run.run(Path("tiny.toml"), folder, folder / "music", report=lines.append)
    assert "resumed at step 30" in "\n".join(lines)
    assert again == first == Path("runs/tiny/weights/tiny")
    assert read_card(again / "card.json").digest == digest

    monkeypatch.setenv("FIRMUS_WEIGHTS", str(folder / "runs" / "tiny" / "weights"))
    import firmus

    work = firmus.compose(model="tiny", style="folk", bars=2, seed=1)
    assert work.origin.model == "tiny"
    assert work.score.end == 2 * work.score.meters[0].bar


def test_training_begins_from_exported_weights(folder, monkeypatch):
    (folder / "tiny.toml").write_text(RECIPE)
    first = run.run(folder / "tiny.toml", folder, folder / "music", folder / "first", report=print)
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(first.parent))
    lines = []
    short = RECIPE.replace("steps = 30", "steps = 1").replace('name = "tiny"', 'name = "again"')
    (folder / "again.toml").write_text(short.replace("learning_rate = 3e-3", "learning_rate = 1e-9"))
    again = run.run(folder / "again.toml", folder, folder / "music", folder / "again", report=print, pretrained="tiny")
    facts = [json.loads((each / "card.json").read_text()) for each in (first, again)]
    figures = [each["training"]["validation_nats_per_token"]["float32"] for each in facts]
    assert figures[0] == pytest.approx(figures[1], abs=0.02)
    assert facts[1]["training"]["from"] == {"name": "tiny", "digest": facts[0]["digest"]}
    assert facts[1]["training"]["command"].endswith("--from tiny")
    (folder / "wide.toml").write_text(short.replace("width = 64", "width = 128"))
    with pytest.raises(RecipeError, match=r"--from tiny: .* in the weights; \[network\] must be the same"):
        run.run(folder / "wide.toml", folder, folder / "music", folder / "wide", report=lines.append, pretrained="tiny")


def test_training_goes_on_where_it_was_cut_off(folder):
    chosen = recipe.parse(RECIPE)
    corpus = prepare.prepare(chosen, folder, folder / "cache", user_folder=folder / "music", report=lambda line: None)
    short = recipe.parse(RECIPE.replace("steps = 30", "steps = 12"))
    _, state = train.train(short, corpus, folder / "run", report=lambda line: None)
    assert state.step == 12
    _, state = train.train(chosen, corpus, folder / "run", report=lambda line: None)
    assert state.step == 30
    assert [entry["step"] for entry in state.log] == [12, 30]


def test_minutes_count_from_the_start_of_the_run(folder):
    chosen = recipe.parse(RECIPE)
    corpus = prepare.prepare(chosen, folder, folder / "cache", user_folder=folder / "music", report=lambda line: None)
    an_hour_ago = time.monotonic() - 3600
    with pytest.raises(RecipeError, match=r"minutes 50: preparing the music alone took 60\.\d: allow more; it is not"):
        train.train(chosen, corpus, folder / "run", minutes=50, began=an_hour_ago, report=lambda line: None)
    _, state = train.train(chosen, corpus, folder / "run", minutes=1e4, began=an_hour_ago, report=lambda line: None)
    assert state.minutes > 60
    assert 0 < state.export_minutes < 60


def test_the_export_is_part_of_the_minutes(folder, monkeypatch):
    chosen = recipe.parse(RECIPE)
    corpus = prepare.prepare(chosen, folder, folder / "cache", user_folder=folder / "music", report=lambda line: None)
    monkeypatch.setattr(train.export, "rehearse", lambda *_: 60 * 200.0)
    with pytest.raises(RecipeError, match=r"minutes 150: preparing the music took 0.*, and exporting takes 200\.0: "):
        train.train(chosen, corpus, folder / "run", minutes=150, report=lambda line: None)
    bounded = train.Run(chosen, corpus, folder / "run", 500, time.monotonic(), lambda line: None)
    assert bounded.limit == 300
    unbounded = train.Run(chosen, corpus, folder / "run", 0, time.monotonic(), lambda line: None)
    assert unbounded.limit == 0


def test_a_run_that_is_resumed_without_time_left_is_exported_as_it_stands(folder):
    corpus = None
    for steps, minutes in ((3, 1e4), (30, 1e-6)):
        chosen = recipe.parse(RECIPE.replace("steps = 30", f"steps = {steps}"))
        corpus = corpus or prepare.prepare(
            chosen, folder, folder / "cache", user_folder=folder / "music", report=lambda line: None
        )
        _, state = train.train(chosen, corpus, folder / "run", minutes=minutes, report=lambda line: None)
        assert state.step == 3


def test_the_number_of_threads_changes_no_batch_and_no_random_number(folder, monkeypatch):
    chosen = recipe.parse(RECIPE.replace("steps = 30", "steps = 3"))
    corpus = prepare.prepare(chosen, folder, folder / "cache", user_folder=folder / "music", report=lambda line: None)
    monkeypatch.setenv("FIRMUS_THREADS", "1")
    _, fixed = train.train(chosen, corpus, folder / "fixed", report=lambda line: None)
    monkeypatch.delenv("FIRMUS_THREADS")
    monkeypatch.setattr(train.threads, "MOST", 2)
    monkeypatch.setattr(train.threads, "fastest", lambda most, seconds: {2: seconds(2) + 1e9, 1: seconds(1)})
    lines = []
    _, measured = train.train(chosen, corpus, folder / "measured", minutes=1e4, report=lines.append)
    assert any(line.startswith("threads: 1 (") for line in lines)
    assert [entry["train"] for entry in measured.log] == [entry["train"] for entry in fixed.log]


def test_the_loss_falls(folder):
    chosen = recipe.parse(RECIPE.replace("steps = 30", "steps = 80"))
    corpus = prepare.prepare(chosen, folder, folder / "cache", user_folder=folder / "music", report=lambda line: None)
    network, _ = train.train(chosen, corpus, folder / "run", report=lambda line: None)
    torch.manual_seed(0)
    before = train.validate(train.build(chosen).eval(), chosen, corpus)
    assert train.validate(network, chosen, corpus) < 0.6 * before


def test_two_processes_train_together(folder):
    script = (
        "from pathlib import Path; from firmus.learning import run; "
        "run.run(Path('tiny.toml'), Path('.'), Path('music'), Path('run2'), report=print)"
    )
    (folder / "go.py").write_text(f"if __name__ == '__main__':\n    {script}\n")
    words = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone", "go.py"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2 processes train together") == 1
    log = [json.loads(line) for line in (folder / "run2" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] == 30
    assert (folder / "run2" / "weights" / "tiny" / "card.json").exists()
    elsewhere = script.replace("Path('run2')", "Path('run2' if os.environ['RANK'] == '0' else 'nowhere')")
    (folder / "go.py").write_text(f"import os\nif __name__ == '__main__':\n    {elsewhere}\n")
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "nowhere stands at step 0 here, at step 30 on the first machine" in done.stderr


def test_a_corpus_is_the_same_from_the_cache(folder):
    chosen = recipe.parse(RECIPE)
    lines = []
    corpus = prepare.prepare(chosen, folder, folder / "cache", user_folder=folder / "music", report=lines.append)
    cached = prepare.prepare(chosen, folder, folder / "cache", user_folder=folder / "music", report=lines.append)
    assert lines[-1].startswith("prepared music from")
    for one, other in zip(corpus.all_pieces, cached.all_pieces, strict=True):
        assert (one.name, one.split, one.licence) == (other.name, other.split, other.licence)
        assert all((one.prepared[name] == other.prepared[name]).all() for name in one.prepared)
    assert load(next((folder / "cache").glob("*.npz"))).representation == "events"


def test_music_that_was_prepared_elsewhere_is_carried(folder):
    chosen = recipe.parse(RECIPE)
    corpus = prepare.prepare(chosen, folder, folder / "cache", user_folder=folder / "music")
    sets = replace(chosen, data=replace(chosen.data, sets=("lieder",)))
    lines = []
    carried = prepare.prepare(sets, folder / "no sets here", folder / "cache", report=lines.append)
    assert lines[-1].startswith("prepared music from tiny-")
    assert [piece.name for piece in carried.all_pieces] == [piece.name for piece in corpus.all_pieces]


def test_versions_of_a_tune_have_one_fingerprint_in_every_key():
    assert (fingerprint(tune(5)) == fingerprint(tune(5).transposed(-4))).all()
    assert len(np.intersect1d(fingerprint(tune(5)), fingerprint(tune(6)))) < 10


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (("width", "widht"), "did you mean 'width'"),
        (("steps", "stpes"), "did you mean 'steps'"),
        (('"events"', '"evnets"'), "did you mean 'events'"),
        (('"transformer"', '"transfomer"'), "did you mean 'transformer'"),
        (("width = 64", "width = 100"), "multiple of 64"),
        (("[data]", "[data"), "TOML"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_line(change, hint):
    with pytest.raises(RecipeError, match=hint) as caught:
        train.build(recipe.parse(RECIPE.replace(*change)))
    assert "\n" not in str(caught.value)


def test_an_empty_folder_is_refused(folder):
    (folder / "nothing").mkdir()
    with pytest.raises(RecipeError, match="no piece"):
        prepare.prepare(
            recipe.parse(RECIPE), folder, folder / "cache", user_folder=folder / "nothing", report=lambda line: None
        )


def test_the_tune_books_can_be_learnt_from(tmp_path):
    text = RECIPE.replace("sets = []", 'sets = ["ryan"]').replace('name = "tiny"', 'name = "ryan"')
    corpus = prepare.prepare(recipe.parse(text), tmp_path, tmp_path / "cache", report=lambda line: None)
    train_names = {piece.name for piece in corpus.pieces("train")}
    assert len(train_names) > 800
    assert len(corpus.pieces("valid")) > 20
    assert not train_names & {piece.name for piece in corpus.pieces("valid")}
    assert {piece.licence for piece in corpus.all_pieces} == {"public domain music"}


SOUND_RECIPE = """
name = "ears"
representation = "piano_frames"
model = "transcriber"
description = "For a test."
[network]
width = 16
[training]
steps = 6
length = 80
batch_windows = 2
warmup = 2
checkpoint_minutes = 60
"""


def test_a_transcriber_learns_from_a_folder_that_is_played_to_it(folder):
    (folder / "ears.toml").write_text(SOUND_RECIPE)
    lines = []
    weights = run.run(Path("ears.toml"), folder, folder / "music", report=lines.append)
    card = read_card(weights / "card.json")
    assert (card.kind, card.representation, card.tasks) == ("listener", "piano_frames", ("analyse", "transcribe"))
    assert set(card.facts["training"]["validation_nats_per_frame"]) == {"float32", "int8"}
    assert card.facts["training"]["tokens"] == 6 * 2 * 80
    assert any("frames of sound" in line for line in lines)
    outputs = Listener(card, threads=1).listen(levels=np.zeros((1, 20, 291), np.float32))
    assert outputs["struck"].shape == (1, 20, 88)
