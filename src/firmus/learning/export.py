"""From a trained network to shipped weights: ONNX, eight bits a weight, with a card that says everything.

Quantising: every constant matrix of a ``MatMul`` becomes a ``MatMulNBits`` of eight bits, in blocks of 64
inputs with a scale each (symmetric: q = round(w / scale) + 128, scale = max|w| / 127). Embeddings stay as they
are. The keys and values that a stepper keeps are in eight bits too, with a scale for each channel.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from firmus import plugins
from firmus.formats import save
from firmus.learning.corpus import Corpus
from firmus.learning.recipe import Recipe
from firmus.learning.sources import SOURCES
from firmus.models._graph import FUSED, eight_bit_cache
from firmus.runtime.scorer import Scorer
from firmus.runtime.stepper import Stepper
from firmus.runtime.weights import Card, read_card
from firmus.tokens import _vocabulary as v

BLOCK = 64
TEMPERATURES = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6)
TASKS = {"events": ("compose", "continue", "infill", "harmonise", "accompany", "vary"), "grid": ()}


def quantise(model: Any) -> Any:
    """Replace constant matrices by eight-bit ones; the model is changed in place and returned."""
    constants = {each.name: each for each in model.graph.initializer}
    for node in model.graph.node:
        weight = constants.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is None or numpy_helper.to_array(weight).shape[0] % BLOCK:
            continue
        matrix = numpy_helper.to_array(weight)
        inputs, outputs = matrix.shape
        packed, scales = pack(matrix)
        model.graph.initializer.remove(weight)
        names = [f"{weight.name}.packed", f"{weight.name}.scales"]
        model.graph.initializer.extend(
            [numpy_helper.from_array(packed, names[0]), numpy_helper.from_array(scales, names[1])]
        )
        changed = helper.make_node(
            "MatMulNBits", [node.input[0], *names], list(node.output), domain=FUSED, name=node.name,
            K=inputs, N=outputs, bits=8, block_size=BLOCK, accuracy_level=4,
        )  # fmt: skip
        node.CopyFrom(changed)
    return model


def pack(matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Eight-bit blocks (N, K / 64, 64) and scales (N · K / 64,) of a matrix (K, N).

    Examples
    --------
    >>> packed, scales = pack(np.linspace(-1, 1, 128, dtype=np.float32).reshape(64, 2))
    >>> packed.shape, scales.shape, int(packed.min()), int(packed.max())
    ((2, 1, 64), (2,), 1, 255)
    """
    blocks = matrix.T.reshape(matrix.shape[1], -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=-1, keepdims=True) / 127, 1e-12)
    packed = np.clip(np.round(blocks / scales) + 128, 0, 255).astype(np.uint8)
    return packed, scales.reshape(-1).astype(np.float32)


def export(network: torch.nn.Module, recipe: Recipe, corpus: Corpus, folder: Path, *, training: dict[str, Any]) -> Card:
    """Write ``model.onnx`` and ``card.json``, with the likelihood before and after quantising.

    Parameters
    ----------
    network : torch.nn.Module
        With the weights to be shipped.
    recipe, corpus
        What it was trained with.
    folder : Path
        Of the model.
    training : dict
        What the card is to say of the training (steps, minutes, tokens, loss curve).
    """
    module = plugins.load("firmus.models", recipe.model)
    plain = module.graph(network)
    folder.mkdir(parents=True, exist_ok=True)
    losses: dict[str, float] = {}
    for name, graph in (("float32", plain), ("int8", quantise(onnx.ModelProto.FromString(plain.SerializeToString())))):
        data = graph.SerializeToString()
        save(data, folder / "model.onnx")
        _write_card(network, recipe, corpus, folder, data, training | {"validation_nats_per_token": dict(losses)})
        losses[name] = _measured(read_card(folder / "card.json"), corpus)
    if read_card(folder / "card.json").kind == "stepper":
        data = _with_small_cache(graph, read_card(folder / "card.json"), corpus).SerializeToString()
        save(data, folder / "model.onnx")
        _write_card(network, recipe, corpus, folder, data, training | {"validation_nats_per_token": dict(losses)})
        losses["int8, cache too"] = _measured(read_card(folder / "card.json"), corpus)
    if read_card(folder / "card.json").kind == "scorer":
        training = training | {"temperature": calibrated(Scorer(read_card(folder / "card.json")), corpus)}
    training = training | {"validation_nats_per_token": losses}
    _write_card(network, recipe, corpus, folder, data, training)
    return read_card(folder / "card.json")


def _with_small_cache(graph: Any, card: Card, corpus: Corpus) -> Any:
    """The graph, keeping its keys and values in eight bits, each channel by its peak in training music."""
    return eight_bit_cache(graph, cache_peaks(Stepper(card), corpus))


def cache_peaks(stepper: Stepper, corpus: Corpus, examples: int = 40) -> dict[str, NDArray[np.float32]]:
    """Largest magnitude of each channel (key heads, 64) of each cache over some training examples."""
    generator = np.random.default_rng(5)
    length = stepper.card.shape["length"]
    peaks: dict[str, NDArray[np.float32]] = {}
    for _ in range(examples):
        drawn = corpus.example("train", generator, length, True)
        state = stepper.start(length)
        stepper.feed(drawn.tokens, drawn.slots, state)
        for name, buffer in state.buffers.items():
            peak = np.abs(buffer[0, :, : len(drawn.tokens)]).max(axis=1)
            peaks[name] = np.maximum(peaks.get(name, 0), peak)
    return peaks


def _measured(card: Card, corpus: Corpus) -> float:
    """Mean nats per token of validation music, through the runtime itself; a scorer reads whole pieces."""
    if card.kind == "stepper":
        return likelihood(Stepper(card), corpus)
    scorer = Scorer(card)
    pieces = corpus.pieces("valid" if corpus.pieces("valid") else "train")[:24]
    told = [scorer.nats(piece.prepared["raster"]) for piece in pieces]
    return round(float(sum(each.sum() for each in told)) / max(sum(each.size for each in told), 1), 4)


def calibrated(scorer: Scorer, corpus: Corpus) -> float:
    """Temperature at which held-out pieces are least surprising; 1 where there are none."""
    pieces = corpus.pieces("valid")[:24]
    surprise = {
        temperature: sum(float(scorer.nats(piece.prepared["raster"], None, temperature).sum()) for piece in pieces)
        for temperature in TEMPERATURES
    }
    return min(surprise, key=surprise.__getitem__)


def likelihood(stepper: Stepper, corpus: Corpus, examples: int = 24, length: int = 512) -> float:
    """Mean nats per learnt token of a fixed draw of validation examples, through the runtime itself."""
    generator = np.random.default_rng(0)
    total = count = 0.0
    for _ in range(examples):
        drawn = corpus.example("valid" if corpus.pieces("valid") else "train", generator, length, False)
        state = stepper.start(length)
        for place in range(len(drawn.tokens) - 1):
            logits = stepper.feed(drawn.tokens[place : place + 1], drawn.slots[place : place + 1], state)
            if not drawn.given[place + 1]:
                total += nats(logits, int(drawn.tokens[place + 1]))
                count += 1
    return round(total / max(count, 1), 4)


def nats(logits: NDArray[np.float32], token: int) -> float:
    """Negative log-likelihood of a token."""
    top = float(logits.max())
    return top + float(np.log(np.exp(logits - top).sum())) - float(logits[token])


def _write_card(
    network: torch.nn.Module, recipe: Recipe, corpus: Corpus, folder: Path, data: bytes, training: dict[str, Any]
) -> None:
    config: Any = network.config
    shape: Any = network.shape
    module = plugins.load("firmus.models", recipe.model)
    used = sorted({piece.set for piece in corpus.all_pieces})
    licences = sorted({piece.licence for piece in corpus.all_pieces})
    sets = [
        {"name": name, "title": SOURCES[name].title, "credit": SOURCES[name].credit, "licence": SOURCES[name].licence}
        for name in used
        if name in SOURCES
    ]
    card = {
        "name": recipe.name,
        "title": module.TITLE,
        "description": recipe.description,
        "kind": module.KIND,
        "representation": recipe.representation,
        "styles": list(recipe.styles),
        "tasks": list(TASKS.get(recipe.representation, ())),
        "controls": _controls(corpus),
        "shape": {
            "layers": config.layers, "key_heads": config.key_heads, "vocabulary": shape.vocabulary,
            "length": recipe.training.length,
        },
        "digest": hashlib.sha256(data).hexdigest(),
        "parameters": sum(each.numel() for each in network.parameters()),
        "bytes": len(data),
        "data": sets,
        "pieces": {split: len(corpus.pieces(split)) for split in ("train", "valid")},
        "programs": sorted(_programs(corpus)),
        "scales": corpus.scales,
        "piece_licences": licences,
        "recipe": recipe.as_dict(),
        "temperature": training.get("temperature", 1.0),
        "training": training,
    }  # fmt: skip
    save((json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode(), folder / "card.json")


def _controls(corpus: Corpus) -> list[str]:
    """What the network has learnt to be asked for."""
    if corpus.representation != "events":
        return []
    has_chords = any(piece.prepared["lane"][0] for piece in corpus.pieces("train"))
    measured = sorted({name for scale in corpus.scales.values() for name in scale})
    return ["style", "key", "meter", "tempo", *(["chords", "sections"] if has_chords else []), *measured]


def _programs(corpus: Corpus) -> set[int]:
    """General MIDI programs that the network has met."""
    if corpus.representation != "events":
        return set()
    tokens = {int(token) for piece in corpus.pieces("train") for token in piece.prepared["programs"]}
    return {token - v.PROGRAM for token in tokens if token != v.DRUMS}
