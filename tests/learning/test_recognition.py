"""From features to a trained classifier: on two synthetic styles."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from firmus.analysis.traits import instruments, traits
from firmus.errors import RecipeError
from firmus.learning import excerpts, feature_dataset, recipe, recognition
from firmus.learning.labels import Labels
from firmus.learning.recipe import load
from firmus.runtime import listener as loaded
from firmus.runtime.recognition import recognise
from firmus.score import Meter, Note, Part, Score

RECIPE = recipe.parse("""
name = "recogniser"
representation = "traits"
model = "classifier"
[network]
hidden = [16]
[training]
steps = 300
batch_windows = 64
learning_rate = 1e-2
""")


def waltz(seed):
    generator = np.random.default_rng(seed)
    upper = tuple(Note(1440 * i, 1440, int(60 + generator.choice([0, 4, 5, 7, 9]))) for i in range(24))
    lower = tuple(Note(480 * i, 480, 48 + (0, 4, 7)[i % 3]) for i in range(72))
    return Score((Part("", upper, 40), Part("", lower)), (Meter(0, 3, 4),))


def run(seed):
    generator = np.random.default_rng(seed)
    pitches = 60 + np.array([0, 2, 4, 5, 7, 9, 11, 12])[np.abs(generator.integers(-1, 2, 256).cumsum()) % 8]
    return Score((Part("", tuple(Note(120 * i, 120, int(each)) for i, each in enumerate(pitches)), 73),))


@pytest.fixture(scope="module")
def task():
    """Sixty pieces: waltzes, runs and noise, two thirds to learn from."""

    def noise(number):
        return excerpts.noise("random", np.random.default_rng(number), Score())

    makers = {"waltz": waltz, "run": run, "noise": noise}
    facts = [(style, number) for style in makers for number in range(24)]
    splits = tuple("train" if number < 12 else "valid" if number < 18 else "test" for _, number in facts)
    return recognition.classification_task(
        feature_dataset.FeatureDataset(
            np.stack([traits(makers[style](number)) for style, number in facts]), np.arange(len(facts)),
            np.array(["whole"] * len(facts)), tuple("noise" if style == "noise" else "jsb" for style, _ in facts),
            tuple(f"{style} {number}" for style, number in facts), ("",) * len(facts), splits,
            tuple(
                Labels(style, "dance" * (style != "noise"), "C. Our Own" * (style == "waltz"), str(number))
                for style, number in facts
            ),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(task, tmp_path_factory):
    """The weights, exported where they can be named."""
    folder = tmp_path_factory.mktemp("weights")
    network = recognition.fit(RECIPE, task, 0.0, lambda line: None)
    recognition.calibrate(network, task)
    card = recognition.export(network, RECIPE, task, folder / "recogniser", {"command": "here"})
    return folder, card


def test_classes_are_those_with_pieces_enough(task):
    assert task.classes == {"style": ("noise", "run", "waltz"), "genre": ("dance",), "composer": ("", "C. Our Own")}
    assert task.targets.shape == (72, 3)
    assert set(task.targets[:, 1].tolist()) == {-1, 0}


def test_separable_styles_are_learnt_and_measured(trained, task):
    folder, card = trained
    metrics = card.facts["metrics"]["test"]
    assert metrics["style"]["accuracy"] == 1.0
    assert metrics["style"]["pieces"] == 12
    assert card.kind == "listener"
    assert card.tasks == ("analyse",)
    assert card.styles == ("run", "waltz")
    assert card.facts["seen"]["composer"] == {"noise": [], "run": [], "waltz": ["C. Our Own"]}
    assert json.loads((folder / "recogniser" / "card.json").read_text())["classes"]["style"][0] == "noise"


def test_what_was_learnt_is_recognised_and_nothing_else(trained, monkeypatch):
    monkeypatch.setenv("FIRMUS_WEIGHTS", str(trained[0]))
    loaded.load.cache_clear()
    try:
        recognised = recognise(waltz(99))
        assert recognised.style.name == "waltz"
        assert recognised.composer.name == "C. Our Own"
        assert recognised.style.confidence > 0.6
        assert recognise(excerpts.noise("random", np.random.default_rng(77), Score())).style is None
        wrong = replace(waltz(98), parts=tuple(replace(part, program=99) for part in waltz(98).parts))
        assert recognise(wrong).style.name == "waltz"
    finally:
        loaded.load.cache_clear()


def test_minutes_bound_the_whole_run(task, tmp_path, monkeypatch):
    monkeypatch.setattr(feature_dataset, "gather", lambda *_: task.dataset)
    lines = []

    def train(minutes):
        return recognition.run(RECIPE, tmp_path, tmp_path / "run", "firmus train", minutes, lines.append, map)

    with pytest.raises(RecipeError, match=r"minutes 1e-06: .* allow more"):
        train(1e-6)
    assert not (tmp_path / "run").exists()
    weights = train(1e4)
    assert {path.name for path in weights.iterdir()} == {"model.onnx", "card.json"}
    assert any(line.startswith("step 300: ") for line in lines)


def test_while_it_learns_instruments_are_taken_away_or_swapped(task):
    network = recognition.fit(RECIPE, task, 0.0, lambda line: None, absent=0.5, wrong=0.5)
    values, _ = task.tensors("train")
    assert torch.equal(network.disguised(values), values)
    network.train()
    seen, columns = network.disguised(values).numpy(), instruments()
    assert np.array_equal(seen[:, ~columns], values.numpy()[:, ~columns])
    bare = (seen[:, columns] == 0).all(axis=1)
    assert 0.2 < bare.mean() < 0.8
    assert {row.tobytes() for row in seen[~bare][:, columns]} <= {row.tobytes() for row in values.numpy()[:, columns]}


def test_datasets_are_written_and_read(task, tmp_path):
    feature_dataset.save(task.dataset, tmp_path / "x.npz")
    dataset = feature_dataset.load(tmp_path / "x.npz")
    assert np.array_equal(dataset.values, task.dataset.values)
    assert dataset.labels == task.dataset.labels
    assert dataset.splits == task.dataset.splits


def test_splits_are_the_same_in_every_run_and_keep_what_is_published():
    sides = [feature_dataset.split_by_hash(f"work {number}") for number in range(2000)]
    assert sides == [feature_dataset.split_by_hash(f"work {number}") for number in range(2000)]
    assert 0.1 < sides.count("test") / 2000 < 0.2
    assert "test" not in {feature_dataset.split_by_hash(f"work {number}", never_test=True) for number in range(200)}


def test_files_of_a_work_and_versions_of_a_tune_are_in_one_split():
    def one(name, score, work, split=""):
        document = recognition.feature_dataset.Document(name, b"", "folk", "", split)
        rows = [("whole", traits(score))]
        return "ryan", feature_dataset._ReadPiece(
            name, document, Labels("folk", work=work), rows, feature_dataset.fingerprint(score)
        )

    read = []
    for number in range(30):
        score = run(number)
        read += [one(f"{number} a", score, f"work {number}"), one(f"{number} b", waltz(number), f"work {number}")]
        varied = replace(score, parts=(replace(score.parts[0], notes=score.parts[0].notes[:150]),)).transposed(3)
        read.append(one(f"{number} c", varied, f"other {number}"))
    dataset = feature_dataset._assemble(read, lambda line: None)
    music = [place for place, name in enumerate(dataset.sets) if name == "ryan"]
    sides = {}
    for place in music:
        sides.setdefault(dataset.names[place].split()[0], set()).add(dataset.splits[place])
    assert all(len(each) == 1 for each in sides.values())
    assert {side for each in sides.values() for side in each} == {"train", "valid", "test"}
    assert {dataset.splits[place] for place, name in enumerate(dataset.names) if name.startswith("walk")} == {"test"}


def test_a_classifier_does_not_learn_from_a_folder(tmp_path):
    from firmus.learning import run as runs

    (tmp_path / "r.toml").write_text('name = "x"\nrepresentation = "traits"\nmodel = "classifier"\n')
    with pytest.raises(RecipeError, match="labelled sets"):
        runs.run(tmp_path / "r.toml", tmp_path, tmp_path)


def test_the_recipe_is_read():
    from pathlib import Path

    chosen = load(Path(__file__).parent.parent.parent / "recipes" / "recogniser.toml")
    assert chosen.model == "classifier"
    assert "jsb" in chosen.data.sets
