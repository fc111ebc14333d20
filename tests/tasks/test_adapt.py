import json
import subprocess
import sys

import numpy as np
import pytest

import firmus
from firmus import formats
from firmus.errors import FirmusError, ModelError
from firmus.learning import adapting
from firmus.runtime import stepper, weights
from firmus.score import Key, Note, Part, Score
from firmus.tasks.adapt import adaptation

STEPS = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)


def piece(seed, notes=48):
    """A tune of our own of a style that folk tunes hardly have: each note is played twice."""
    generator = np.random.default_rng(seed)
    places = np.clip(4 + np.cumsum(generator.integers(-2, 3, notes // 2)), 0, 9).tolist()
    made = tuple(Note(480 * i, 480, 60 + STEPS[places[i // 2]]) for i in range(notes))
    return Score((Part("Melody", made, 73),), keys=(Key(0, "C"),), title=f"No. {seed}")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("adapted")
    (root / "music").mkdir()
    for seed in range(8):
        formats.write(piece(seed), root / "music" / f"{seed}.mid")
    return firmus.adapt(root / "music", style="folk", out=root / "models" / "chords"), root


@pytest.fixture
def model(made, monkeypatch):
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(made[1] / "models"))
    return "chords"


def test_unseen_pieces_of_the_style_become_likelier(made, model):
    facts, root = made
    assert facts["after"] < 0.9 * facts["before"]
    assert (root / "models" / "chords" / "adapter.npz").stat().st_size == facts["bytes"] < 1e6
    plain, adapted = stepper.load("composer"), stepper.load(model)
    unseen = [adaptation.read(each, piece(99), "folk") for each in (plain, adapted)]
    assert adapting.nats(unseen[1]) < 0.9 * adapting.nats(unseen[0])


def test_what_is_composed_has_the_style(model):
    """Notes are repeated more often than in folk tunes."""
    repeated = []
    for name in ("composer", model):
        works = [firmus.compose(style="folk", bars=4, seed=seed, model=name, effort="quick") for seed in (1, 2, 3)]
        pitches = [note.pitch for work in works for note in work.score.parts[0].notes]
        repeated.append((np.diff(pitches) == 0).mean())
    assert repeated[1] > repeated[0] + 0.1


def test_the_same_seed_gives_the_same_piece_and_says_which_model(model):
    one, two = (firmus.compose(style="folk", bars=2, seed=4, model=model) for _ in range(2))
    assert one.score == two.score
    assert one.origin.model == "chords"
    assert one.origin.weights == weights.card("chords").digest != weights.card("composer").digest


def test_a_row_has_the_same_bits_alone_and_beside_others(model):
    network = stepper.load(model)
    generator = np.random.default_rng(1)
    logits = generator.standard_normal((4, network.vocabulary)).astype(np.float32)
    together = network.adapter(logits)
    assert all((network.adapter(logits[row : row + 1])[0] == together[row]).all() for row in range(4))
    others = np.setdiff1d(np.arange(network.vocabulary), network.adapter.tokens)
    assert (together[:, others] == logits[:, others]).all()
    assert not (together == logits).all()


def test_the_card_names_the_pieces_and_the_model_that_is_adapted(model):
    card = weights.card(model)
    assert card.facts["base"] == "composer"
    assert "No. 3" in card.facts["data"][-1]["credit"]


def test_an_adapter_to_other_weights_and_a_damaged_one_are_refused(made, tmp_path, monkeypatch):
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(tmp_path))
    source = made[1] / "models" / "chords"
    document = json.loads((source / "card.json").read_text())
    for name, digest, data in (
        ("other", "0" * 64, (source / "adapter.npz").read_bytes()),
        ("cut", document["base_digest"], (source / "adapter.npz").read_bytes()[:900]),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.json").write_text(json.dumps(document | {"name": name, "base_digest": digest}))
        (tmp_path / name / "adapter.npz").write_bytes(data)
    with pytest.raises(ModelError, match="adapts another version of 'composer'"):
        stepper.load("other")
    with pytest.raises(ModelError, match=r"cut/adapter.npz is unreadable"):
        stepper.load("cut")


@pytest.mark.parametrize(
    ("music", "options", "message"),
    [
        ({f"{seed}.mid": piece(seed) for seed in range(3)}, {}, "has 3 pieces .* and 0 shorter ones: give 5 to 20"),
        ({f"{seed}.mid": piece(seed, 4) for seed in range(6)}, {}, "has 0 pieces .* and 6 shorter ones: give 5 to 20"),
        ({f"{seed}.mid": piece(seed) for seed in range(21)}, {}, "has 21 pieces"),
        ({}, {}, "has 0 pieces"),
        ({}, {"style": "polka"}, "unknown style 'polka'"),
        ({}, {"model": "recogniser"}, "cannot be adapted"),
    ],
)
def test_what_cannot_be_adapted_to_is_refused_in_one_line(tmp_path, music, options, message):
    for name, score in music.items():
        formats.write(score, tmp_path / name)
    with pytest.raises(FirmusError, match=message):
        firmus.adapt(tmp_path, out=tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def test_files_of_other_types_are_passed_over_and_a_broken_one_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no music")
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    with pytest.raises(FirmusError, match=r"broken\.mid"):
        firmus.adapt(tmp_path)


def test_the_command_says_what_was_gained_and_how_to_compose(made, tmp_path):
    command = [sys.executable, "-m", "firmus", "adapt", str(made[1] / "music"), "--style", "folk", "--out"]
    done = subprocess.run([*command, str(tmp_path / "mine")], capture_output=True, text=True, check=False)
    assert "8 pieces, style folk" in done.stdout
    assert f"FIRMUS_WEIGHTS={tmp_path} firmus compose --model mine --style folk" in done.stdout
    again = subprocess.run([*command, str(tmp_path / "mine")], capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "--force" in again.stderr
