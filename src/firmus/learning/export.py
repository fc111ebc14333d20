"""Export of a trained network: ONNX graphs, eight bits a weight, with a model card."""

from __future__ import annotations

import time
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from firmus import plugins
from firmus.formats import save
from firmus.learning import tones
from firmus.learning.card import write_card
from firmus.learning.corpus import Corpus
from firmus.learning.latent_directions import describe
from firmus.learning.quantising import eight_bit_cache, quantise
from firmus.learning.recipe import TONES, Recipe
from firmus.runtime.latent import Latent
from firmus.runtime.listener import Listener
from firmus.runtime.scorer import Scorer
from firmus.runtime.stepper import Stepper
from firmus.runtime.weights import Card

TEMPERATURES = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6)
WINDOWS = 256  # validation windows on which a latent model is evaluated


def export(network: torch.nn.Module, recipe: Recipe, corpus: Corpus, folder: Path, *, training: dict[str, Any]) -> Card:
    """Write the graphs and ``card.json``, with the validation metrics before and after quantising.

    Parameters
    ----------
    network : torch.nn.Module
        With the weights to be exported.
    recipe, corpus
        What it was trained with.
    folder : Path
        Of the model.
    training : dict
        Facts of the training for the card (steps, minutes, tokens, loss curve).
    """
    module = plugins.load("firmus.models", recipe.model)
    plain = module.graphs(network) if hasattr(module, "graphs") else {"model": module.graph(network)}
    packed = {name: quantise(onnx.ModelProto.FromString(each.SerializeToString())) for name, each in plain.items()}
    folder.mkdir(parents=True, exist_ok=True)
    metrics: dict[str, dict[str, float]] = {}

    def write(precision: str, graphs: dict[str, Any]) -> tuple[Card, dict[str, bytes]]:
        files = {name: graph.SerializeToString() for name, graph in graphs.items()}
        for name, data in files.items():
            save(data, folder / f"{name}.onnx")
        card = write_card(network, recipe, corpus, folder, files, {"training": training})
        for name, value in _validation_metrics(card, corpus).items():
            metrics.setdefault(name, {})[precision] = value
        return card, files

    write("float32", plain)
    card, files = write("int8", packed)
    if card.kind == "stepper" and (peaks := cache_peaks(Stepper(card), corpus)):
        card, files = write("int8, cache too", {"model": eight_bit_cache(packed["model"], peaks)})
    facts: dict[str, Any] = {"temperature": 1.0}
    if card.kind == "scorer":
        facts["temperature"] = best_temperature(Scorer(card), corpus)
    if card.kind == "latent":
        facts["space"] = describe(Latent(card), corpus)
    if card.representation == TONES:
        facts = tones.describe(card, corpus, network)
    return write_card(network, recipe, corpus, folder, files, facts | {"training": training | metrics})


def rehearse(network: torch.nn.Module, recipe: Recipe, corpus: Corpus) -> float:
    """Seconds that exporting takes: it is done once on a copy of the network, into a folder that is then removed."""
    began = time.monotonic()
    with TemporaryDirectory() as name, torch.random.fork_rng(devices=[]):
        export(deepcopy(network).cpu().eval(), recipe, corpus, Path(name), training={})
    return time.monotonic() - began


def cache_peaks(stepper: Stepper, corpus: Corpus, examples: int = 40) -> dict[str, NDArray[np.float32]]:
    """Largest magnitude of each channel (key heads, 64) of each key or value cache, over training examples."""
    generator = np.random.default_rng(5)
    length = stepper.card.shape["length"]
    peaks: dict[str, NDArray[np.float32]] = {}
    for _ in range(examples):
        example = corpus.example("train", generator, length, True)
        state = stepper.start(length)
        stepper.feed(example.tokens, example.slots, state)
        for name, buffer in state.buffers.items():
            if buffer.ndim == 4:  # not the state of a recurrent network
                peak = np.abs(buffer[0, :, : len(example.tokens)]).max(axis=1)
                peaks[name] = np.maximum(peaks.get(name, 0), peak)
    return peaks


def _validation_metrics(card: Card, corpus: Corpus) -> dict[str, float]:
    """Metrics of an exported model on held-out music, through the runtime."""
    if card.kind == "stepper":
        return {"validation_nats_per_token": nats_per_token(Stepper(card), corpus)}
    if card.kind == "latent":
        latent = Latent(card)
        arrays = reconstruction(latent, corpus) if latent.can_encode and latent.is_autoregressive else {}
        return {f"validation_{name}": round(float(each.mean()), 4) for name, each in arrays.items()}
    if card.representation == "piano_frames":
        return {"validation_nats_per_frame": transcription_loss(Listener(card), corpus)}
    if card.representation == TONES:
        return tones.held_out(card, corpus)
    scorer = Scorer(card)  # reads whole pieces
    pieces = corpus.pieces("valid" if corpus.pieces("valid") else "train")[:24]
    nats = [scorer.nats(piece.prepared["raster"]) for piece in pieces]
    total = float(sum(each.sum() for each in nats)) / max(sum(each.size for each in nats), 1)
    return {"validation_nats_per_token": round(total, 4)}


def transcription_loss(listener: Listener, corpus: Corpus, examples: int = 48, length: int = 320) -> float:
    """Cross-entropy of a transcriber's two heads, summed over all keys, on held-out sound; nats a frame."""
    generator = np.random.default_rng(0)
    split = "valid" if corpus.pieces("valid") else "train"
    total = 0.0
    for _ in range(examples):
        example: Any = corpus.example(split, generator, length, False)
        probabilities = listener.listen(levels=example.levels[None].astype(np.float32) / 255)
        for name, target in (("struck", example.keys > 1), ("sounding", example.keys > 0)):
            of_target = np.where(target, probabilities[name][0], 1 - probabilities[name][0])
            total -= float(np.log(np.maximum(of_target, 1e-7)).sum(axis=1).mean())
    return round(total / examples, 4)


def best_temperature(scorer: Scorer, corpus: Corpus) -> float:
    """Temperature of the lowest negative log-likelihood on held-out pieces; 1.0 where there are none."""
    pieces = corpus.pieces("valid")[:24]
    nats = {
        temperature: sum(float(scorer.nats(piece.prepared["raster"], None, temperature).sum()) for piece in pieces)
        for temperature in TEMPERATURES
    }
    return min(nats, key=nats.__getitem__)


def reconstruction(latent: Latent, corpus: Corpus, windows: int = WINDOWS) -> dict[str, NDArray[np.float64]]:
    """How well held-out windows are reconstructed from their encodings.

    Returns
    -------
    dict of array (N,)
        ``nats_per_step``; ``squared_error`` of a value's distribution; ``accuracy_told`` and ``accuracy_drawn``, the
        share of values that are right with teacher forcing (the likeliest) and when all are sampled (temperature 1);
        ``divergence``, in nats a window.
    """
    generator = np.random.default_rng(0)
    split = "valid" if corpus.pieces("valid") else "train"
    by_bar: dict[int, list[NDArray[Any]]] = {}
    for _ in range(windows):
        window = corpus.window(split, generator, latent.card.shape["bars"], False)
        by_bar.setdefault(window.bar, []).append(window.values)
    arrays: dict[str, list[NDArray[np.float64]]] = {}
    for bar, windows_of_bar in by_bar.items():
        values = np.stack(windows_of_bar)
        mean, spread = latent.encode(values, bar)
        scores = latent.read(mean, values, bar)
        decoded = latent.decode(mean, bar, values.shape[1] // bar, generator)
        for name, each in {
            "nats_per_step": scores.nats.sum(axis=2).mean(axis=1),
            "squared_error": scores.squared.mean(axis=(1, 2)),
            "accuracy_told": (scores.likeliest == values).mean(axis=(1, 2)),
            "accuracy_drawn": (decoded == values).mean(axis=(1, 2)),
            "divergence": 0.5 * (mean**2 + spread**2 - 1 - 2 * np.log(spread)).sum(axis=1),
        }.items():
            arrays.setdefault(name, []).append(each)
    return {name: np.concatenate(each) for name, each in arrays.items()}


def nats_per_token(stepper: Stepper, corpus: Corpus, examples: int = 24, length: int = 512) -> float:
    """Mean negative log-likelihood, in nats, of the predicted tokens of a fixed sample of validation examples."""
    generator = np.random.default_rng(0)
    total = count = 0.0
    for _ in range(examples):
        example = corpus.example("valid" if corpus.pieces("valid") else "train", generator, length, False)
        state = stepper.start(length)
        for index in range(len(example.tokens) - 1):
            logits = stepper.feed(example.tokens[index : index + 1], example.slots[index : index + 1], state)
            if not example.given[index + 1]:
                total += token_nats(logits, int(example.tokens[index + 1]))
                count += 1
    return round(total / max(count, 1), 4)


def token_nats(logits: NDArray[np.float32], token: int) -> float:
    """Negative log-likelihood of a token, in nats."""
    top = float(logits.max())
    return top + float(np.log(np.exp(logits - top).sum())) - float(logits[token])
