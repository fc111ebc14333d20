"""From a trained network to shipped weights: ONNX, eight bits a weight, with a card that says everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from firmus import plugins
from firmus.formats import save
from firmus.learning.card import write_card
from firmus.learning.corpus import Corpus
from firmus.learning.latent_directions import describe
from firmus.learning.quantising import eight_bit_cache, quantise
from firmus.learning.recipe import Recipe
from firmus.runtime.latent import Latent
from firmus.runtime.listener import Listener
from firmus.runtime.scorer import Scorer
from firmus.runtime.stepper import Stepper
from firmus.runtime.weights import Card

TEMPERATURES = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6)
WINDOWS = 256  # validation windows on which a latent model is measured


def export(network: torch.nn.Module, recipe: Recipe, corpus: Corpus, folder: Path, *, training: dict[str, Any]) -> Card:
    """Write the graphs and ``card.json``, with what was measured before and after quantising.

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
    plain = module.graphs(network) if module.KIND == "latent" else {"model": module.graph(network)}
    packed = {name: quantise(onnx.ModelProto.FromString(each.SerializeToString())) for name, each in plain.items()}
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, float]] = {}

    def write(kind: str, graphs: dict[str, Any]) -> tuple[Card, dict[str, bytes]]:
        files = {name: graph.SerializeToString() for name, graph in graphs.items()}
        for name, data in files.items():
            save(data, folder / f"{name}.onnx")
        card = write_card(network, recipe, corpus, folder, files, {"training": training})
        for measure, value in _measured(card, corpus).items():
            found.setdefault(measure, {})[kind] = value
        return card, files

    write("float32", plain)
    card, files = write("int8", packed)
    if card.kind == "stepper" and (peaks := cache_peaks(Stepper(card), corpus)):
        card, files = write("int8, cache too", {"model": eight_bit_cache(packed["model"], peaks)})
    facts: dict[str, Any] = {"temperature": 1.0}
    if card.kind == "scorer":
        facts["temperature"] = calibrated(Scorer(card), corpus)
    if card.kind == "latent":
        facts["space"] = describe(Latent(card), corpus)
    return write_card(network, recipe, corpus, folder, files, facts | {"training": training | found})


def cache_peaks(stepper: Stepper, corpus: Corpus, examples: int = 40) -> dict[str, NDArray[np.float32]]:
    """Largest magnitude of each channel (key heads, 64) of each cache of keys or values, over training examples."""
    generator = np.random.default_rng(5)
    length = stepper.card.shape["length"]
    peaks: dict[str, NDArray[np.float32]] = {}
    for _ in range(examples):
        drawn = corpus.example("train", generator, length, True)
        state = stepper.start(length)
        stepper.feed(drawn.tokens, drawn.slots, state)
        for name, buffer in state.buffers.items():
            if buffer.ndim == 4:  # not the state of a recurrent network
                peak = np.abs(buffer[0, :, : len(drawn.tokens)]).max(axis=1)
                peaks[name] = np.maximum(peaks.get(name, 0), peak)
    return peaks


def _measured(card: Card, corpus: Corpus) -> dict[str, float]:
    """What held-out music says of a model, through the runtime itself."""
    if card.kind == "stepper":
        return {"validation_nats_per_token": likelihood(Stepper(card), corpus)}
    if card.kind == "latent":
        latent = Latent(card)
        found = reconstruction(latent, corpus) if latent.can_encode and latent.is_autoregressive else {}
        return {f"validation_{name}": round(float(each.mean()), 4) for name, each in found.items()}
    if card.representation == "piano_frames":
        return {"validation_nats_per_frame": hearing(Listener(card), corpus)}
    scorer = Scorer(card)  # reads whole pieces
    pieces = corpus.pieces("valid" if corpus.pieces("valid") else "train")[:24]
    told = [scorer.nats(piece.prepared["raster"]) for piece in pieces]
    total = float(sum(each.sum() for each in told)) / max(sum(each.size for each in told), 1)
    return {"validation_nats_per_token": round(total, 4)}


def hearing(listener: Listener, corpus: Corpus, examples: int = 48, length: int = 320) -> float:
    """Cross-entropy of a transcriber's two heads, of all keys together, on held-out sound."""
    generator = np.random.default_rng(0)
    split = "valid" if corpus.pieces("valid") else "train"
    total = 0.0
    for _ in range(examples):
        drawn: Any = corpus.example(split, generator, length, False)
        told = listener.listen(levels=drawn.levels[None].astype(np.float32) / 255)
        for name, wanted in (("struck", drawn.keys > 1), ("sounding", drawn.keys > 0)):
            right = np.where(wanted, told[name][0], 1 - told[name][0])
            total -= float(np.log(np.maximum(right, 1e-7)).sum(axis=1).mean())
    return round(total / examples, 4)


def calibrated(scorer: Scorer, corpus: Corpus) -> float:
    """Temperature at which held-out pieces are least surprising; 1 where there are none."""
    pieces = corpus.pieces("valid")[:24]
    surprise = {
        temperature: sum(float(scorer.nats(piece.prepared["raster"], None, temperature).sum()) for piece in pieces)
        for temperature in TEMPERATURES
    }
    return min(surprise, key=surprise.__getitem__)


def reconstruction(latent: Latent, corpus: Corpus, windows: int = WINDOWS) -> dict[str, NDArray[np.float64]]:
    """How well held-out windows come back from where they lie; an array (N,) each.

    Returns
    -------
    dict
        ``nats_per_step``; ``squared_error`` of a value's distribution; ``accuracy_told`` and ``accuracy_drawn``, the
        share of values that are right when each is told from the true ones before it (its likeliest), and when all are
        drawn (temperature 1); ``divergence``, in nats a window.
    """
    generator = np.random.default_rng(0)
    split = "valid" if corpus.pieces("valid") else "train"
    by_bar: dict[int, list[NDArray[Any]]] = {}
    for _ in range(windows):
        window = corpus.window(split, generator, latent.card.shape["bars"], False)
        by_bar.setdefault(window.bar, []).append(window.values)
    found: dict[str, list[NDArray[np.float64]]] = {}
    for bar, some in by_bar.items():
        values = np.stack(some)
        mean, spread = latent.encode(values, bar)
        told = latent.read(mean, values, bar)
        again = latent.decode(mean, bar, values.shape[1] // bar, generator)
        for name, each in {
            "nats_per_step": told.nats.sum(axis=2).mean(axis=1),
            "squared_error": told.squared.mean(axis=(1, 2)),
            "accuracy_told": (told.likeliest == values).mean(axis=(1, 2)),
            "accuracy_drawn": (again == values).mean(axis=(1, 2)),
            "divergence": 0.5 * (mean**2 + spread**2 - 1 - 2 * np.log(spread)).sum(axis=1),
        }.items():
            found.setdefault(name, []).append(each)
    return {name: np.concatenate(each) for name, each in found.items()}


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
