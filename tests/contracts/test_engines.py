"""What every engine promises; a new file in the folder is tested without a line here."""

import json
import subprocess
import sys

import pytest

from firmus import plugins
from firmus.errors import ModelError
from firmus.runtime import external, weights
from firmus.runtime.model_cache import ModelLoader
from firmus.tasks import verbs

ENGINES = plugins.names("firmus.engines")
engines = pytest.mark.parametrize("name", ENGINES)
HEAVY = ("torch", "transformers", "tokenizers", "safetensors", "huggingface_hub")


@engines
def test_it_says_what_it_plays_and_does(name):
    module = plugins.load("firmus.engines", name)
    assert module.ARCHITECTURES
    assert set(module.TASKS) <= {*verbs(), "sound"}
    assert module.CONTROLS
    assert isinstance(module.load, ModelLoader)
    for heading in ("What it is", "Paper", "Conventions"):
        assert heading in module.__doc__


def test_no_two_play_one_architecture():
    every = [each for name in ENGINES for each in plugins.load("firmus.engines", name).ARCHITECTURES]
    assert len(every) == len(set(every))


@engines
def test_an_empty_config_is_refused_in_one_line(name, tmp_path):
    for architecture in plugins.load("firmus.engines", name).ARCHITECTURES:
        (tmp_path / "config.json").write_text(json.dumps({"model_type": architecture}), encoding="utf-8")
        table = b"{}"
        (tmp_path / "model.safetensors").write_bytes(len(table).to_bytes(8, "little") + table)
        with pytest.raises(ModelError) as caught:
            external.facts(tmp_path)
        assert "\n" not in str(caught.value)


def test_listing_models_imports_nothing_heavy(tmp_path):
    """Also where there are such folders: they are told by their files alone."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "config.json").write_text('{"model_type": "gpt2"}', encoding="utf-8")
    code = f"import sys; from firmus.runtime.weights import cards; cards(); print(set({HEAVY}) & set(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", code], env={"FIRMUS_WEIGHTS": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "set()\n"


def test_a_card_is_read_anew_when_it_has_changed(tmp_path):
    text = (weights.SHIPPED / "composer" / "card.json").read_text(encoding="utf-8")
    path = tmp_path / "card.json"
    path.write_text(text, encoding="utf-8")
    assert weights.read_card(path).name == "composer"
    path.write_text(text.replace('"composer"', '"another one"', 1), encoding="utf-8")
    assert weights.read_card(path).name == "another one"
