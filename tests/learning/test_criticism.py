"""Training a critic: from prepared real pieces and composed ones to weights that tell them apart."""

import json
from dataclasses import replace

import numpy as np
import pytest

from firmus import formats
from firmus.errors import RecipeError
from firmus.learning import corpus, criticism, damage
from firmus.learning.recipe import parse
from firmus.runtime import critic
from firmus.runtime.weights import read_card
from firmus.score import Note, Part, Score
from firmus.tokens import events

RECIPE = """
name = "critic"
representation = "passages"
model = "classifier"

[data]
sets = ["ryan"]
composed = "{composed}"

[network]
hidden = [16]

[training]
steps = 200
batch_windows = 64
learning_rate = 5e-3
"""
SCALE = (0, 2, 4, 5, 7, 9, 11)


def tune(seed, step):
    """A walk over the scale: by steps, or by leaps."""
    generator = np.random.default_rng(seed)
    degrees = np.clip(generator.integers(-step, step + 1, 128).cumsum(), -7, 7).tolist()
    pitches = [72 + 12 * (degree // 7) + SCALE[degree % 7] for degree in degrees]
    return Score((Part("Fiddle", tuple(Note(240 * i, 240, pitch) for i, pitch in enumerate(pitches)), 40),))


def weights(folder):
    pieces = [
        corpus.Piece(
            f"tunes/{seed}", "ryan", "public domain", "valid" if seed % 4 == 3 else "train",
            events.prepare(tune(seed, 1), "folk"), 300, "folk",
        )
        for seed in range(32)
    ]  # fmt: skip
    (folder / "cache").mkdir()
    corpus.save(corpus.Corpus("events", pieces), folder / "cache" / "critic-x.npz")
    (folder / "composed" / "folk").mkdir(parents=True)
    for seed in range(100, 132):
        formats.save(formats.json.write(tune(seed, 6)), folder / "composed" / "folk" / f"{seed}.json")
    recipe = parse(RECIPE.format(composed=(folder / "composed").as_posix()))
    return criticism.run(
        recipe, folder / "nowhere", folder / "run", "firmus train critic.toml", None, lambda line: None, map
    )


def test_a_trained_critic_tells_what_it_has_learnt(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    card = read_card(weights(tmp_path) / "card.json")
    assert card.kind == "listener"
    assert card.styles == ("folk",)
    assert card.facts["pieces"] == {"composed": 32, "real": 32, "damaged": 32}
    assert card.facts["metrics"]["auc"]["composed"]["folk"] > 0.95
    assert card.facts["bytes"] < 600_000
    real, composed = tune(200, 1), tune(200, 6)
    judged = [critic.judge(each, "folk", model=card) for each in (real, composed)]
    assert judged[0].whole > judged[1].whole
    assert judged[0].rank > 0.9 > judged[1].rank
    assert critic.preferred([composed, real], "folk", 8, 12, model=card) == 1
    assert json.loads((card.folder / "card.json").read_text())["quantiles"]["folk"]


def test_without_composed_pieces_it_says_how_to_make_some(tmp_path):
    with pytest.raises(RecipeError, match=r"has no composed pieces.*firmus compose --style folk"):
        criticism.composed_pieces(tmp_path)


@pytest.mark.parametrize("kind", damage.KINDS)
def test_each_damage_changes_a_piece_and_keeps_its_parts(kind):
    bass = Part("Bass", tuple(Note(1920 * i, 1920, 43 + i % 5) for i in range(16)), 42)
    score = replace(tune(0, 2), parts=(*tune(0, 2).parts, bass))
    changed = kind(score, np.random.default_rng(0))
    assert changed != score
    assert [part.name for part in changed.parts] == ["Fiddle", "Bass"]
    assert all(part.notes for part in changed.parts)
    assert kind(score, np.random.default_rng(0)) == changed
