"""Model cards: the metadata of trained weights, written beside them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from firmus import plugins
from firmus.formats import save
from firmus.learning.corpus import Corpus
from firmus.learning.recipe import TONES, Recipe
from firmus.learning.sources import SOURCES
from firmus.runtime.weights import Card, read_card
from firmus.tokens.events import vocabulary
from firmus.tokens.events.part_order import OUTER_FIRST

TASKS = {
    "events": ("compose", "continue", "infill", "harmonise", "accompany", "vary"),
    "grid": (),
    "piano_frames": ("analyse", "transcribe"),
}


def write_card(
    network: Any, recipe: Recipe, corpus: Corpus, folder: Path, files: dict[str, bytes], facts: dict[str, Any]
) -> Card:
    """Write ``card.json`` beside the graphs, and read it back.

    Parameters
    ----------
    network : torch.nn.Module
    recipe, corpus
        What it was trained with.
    folder : Path
    files : dict of bytes
        The graphs as written, by name.
    facts : dict
        Further entries of the card: ``training`` (steps, minutes, tokens, loss curve), metrics.
    """
    module = plugins.load("firmus.models", recipe.model)
    used = sorted({piece.set for piece in corpus.all_pieces})
    licences = sorted({piece.licence for piece in corpus.all_pieces})
    sets = [
        {"name": name, "title": SOURCES[name].title, "credit": SOURCES[name].credit, "licence": SOURCES[name].licence}
        for name in used
        if name in SOURCES
    ]
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    latent = module.facts(network) | {"graphs": digests} if hasattr(module, "graphs") else {}
    card = {
        "name": recipe.name,
        "title": module.TITLE,
        "description": recipe.description,
        "kind": module.KIND,
        "representation": recipe.representation,
        "styles": list(recipe.styles),
        "tasks": _tasks(recipe, files, latent.get("conditioned", False)),
        "controls": _controls(corpus),
        "shape": _shape(module, network, recipe),
        "digest": _digest(digests),
        "parameters": sum(each.numel() for each in network.parameters()),
        "bytes": sum(len(data) for data in files.values()),
        "data": sets,
        "pieces": {split: len(corpus.pieces(split)) for split in ("train", "valid")},
        "programs": sorted(_programs(corpus)),
        "scales": corpus.scales,
        "piece_licences": licences,
        "recipe": recipe.as_dict(),
        **(_events_facts(corpus) if recipe.representation == "events" else {}),
        **latent,
        **facts,
    }
    save((json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode(), folder / "card.json")
    return read_card(folder / "card.json")


def _events_facts(corpus: Corpus) -> dict[str, Any]:
    """How events are encoded, and the genres that can be asked for."""
    return {"encoding": "compact", "part_order": OUTER_FIRST, "genres": _genres(corpus)}


def _digest(digests: dict[str, str]) -> str:
    """Digest of one graph, or of the digests of several, in the order of their names."""
    if len(digests) == 1:
        return next(iter(digests.values()))
    return hashlib.sha256("".join(digests[name] for name in sorted(digests)).encode()).hexdigest()


def _shape(module: Any, network: Any, recipe: Recipe) -> dict[str, int]:
    """Sizes that the runtime needs."""
    if module.KIND == "instrument":
        return module.sizes(network)
    if module.KIND == "latent":
        return {"latent": network.config.latent, "bars": recipe.data.bars}
    return {"vocabulary": network.shape.vocabulary, "length": recipe.training.length}


def _tasks(recipe: Recipe, files: dict[str, bytes], is_conditioned: bool) -> list[str]:
    """Tasks of the model; it is conditioned where given parts are an input."""
    if recipe.representation == TONES:
        return []
    if "model" in files:
        return list(TASKS.get(recipe.representation, ()))
    tasks = ["compose"]
    if "encode" in files:
        tasks += ["vary", "interpolate"]
    if recipe.representation == "groove":
        tasks.append("humanise")
    if is_conditioned:
        tasks.append("accompany")
    return tasks


def _controls(corpus: Corpus) -> list[str]:
    """Controls on which the network is conditioned."""
    if corpus.representation != "events":
        return []
    has_chords = any(piece.prepared["lane"][0] for piece in corpus.pieces("train"))
    measured = sorted({name for scale in corpus.scales.values() for name in scale})
    of_chords = ["chords", "sections", "plan"] if has_chords else []
    return ["style", *(["genre"] if _genres(corpus) else []), "key", "meter", "tempo", *of_chords, *measured]


def _genres(corpus: Corpus) -> list[str]:
    """Genres of the training pieces, in the order of the vocabulary."""
    tokens = {int(token) for piece in corpus.pieces("train") for token in piece.prepared["genre"]}
    return [vocabulary.GENRES[token - vocabulary.GENRE] for token in sorted(tokens)]


def _programs(corpus: Corpus) -> set[int]:
    """General MIDI programs in the training pieces."""
    if corpus.representation != "events":
        return set()
    tokens = {int(token) for piece in corpus.pieces("train") for token in piece.prepared["programs"]}
    return {token - vocabulary.PROGRAM for token in tokens if token != vocabulary.DRUMS}
