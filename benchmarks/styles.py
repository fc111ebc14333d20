"""Held-out music of each style: how surprised a model is by it, beside the best n-gram.

Protocol: of each style, up to so many held-out pieces (split "valid" of the music the model was trained with), one
stretch of each: the whole piece, or as many bars from a random one on as the model's length holds. Style,
instruments, meters, keys, tempi and the number of bars are given to the model, chords and sections read off the
notes are left out, and every token of the music is counted, all at full context within the stretch. The model runs
as shipped, eight bits a weight. The floor is an interpolated n-gram (modified Kneser-Ney) over the very same tokens,
learnt from the training pieces in several keys, mixed with one learnt from all styles; its order and the share of
the mixture are the best for the held-out stretches themselves, which favours it. It does not see what is given.
Intervals: 95 %, bootstrap over pieces. No published likelihood is on these tokens or this music.

    python benchmarks/styles.py [--data ../shared/data] [--model composer] [--pieces 20] [--styles folk,hymn]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmus.evaluation import intervals, likelihood
from firmus.evaluation.likelihood import Window
from firmus.evaluation.ngram import NGram
from firmus.learning.corpus import Corpus, Piece, load
from firmus.learning.prepare import prepare
from firmus.learning.recipe import Data, Recipe, Training
from firmus.runtime import stepper
from firmus.runtime.weights import Card, card
from firmus.tokens import Prepared, events
from firmus.tokens.events import vocabulary

SHARES = (1.0, 0.8, 0.6, 0.4)  # of the style's own n-gram in the mixture


def style_of(prepared: Prepared) -> str:
    """Style of a prepared piece."""
    styles = prepared["head"][vocabulary.FAMILY_OF[prepared["head"]] == vocabulary.FAMILY["STYLE"]]
    return vocabulary.STYLES[int(styles[0]) - vocabulary.STYLE] if len(styles) else ""


def music_of(model: Card, data: Path, prepared: Path | None) -> Corpus:
    """The music a model was trained with, in the same split."""
    if prepared:
        return load(prepared)
    facts = model.facts["recipe"]
    sets, length = tuple(facts["data"]["sets"]), model.shape["length"]
    recipe = Recipe(model.name, model.representation, facts["model"], Data(sets), training=Training(length=length))
    return prepare(recipe, data, Path("cache"))


def tokens_for_counting(pieces: list[Piece], most: int, generator: np.random.Generator) -> list[NDArray[np.int64]]:
    """Music of the pieces, each in as many keys as there is room for, the written one first."""
    music = [likelihood.window(events.bare(piece.prepared)).music for piece in pieces]
    keys = int(np.clip(most // max(1, sum(len(each) for each in music)), 1, 12))
    found = []
    for piece, encoded in zip(pieces, music, strict=True):
        low, high = (int(each) for each in piece.prepared["range"])
        shifts = [shift for shift in range(max(-5, -low), min(6, 127 - high) + 1) if shift] if low <= high else []
        chosen = generator.permutation(shifts)[: keys - 1].astype(int).tolist()
        found += [encoded, *(vocabulary.transposition(shift)[encoded] for shift in chosen)]
    drawn = generator.permutation(len(found))
    sizes = np.cumsum([len(found[index]) for index in drawn])
    return [found[index] for index in drawn[: max(1, int((sizes <= most).sum()))]]


def floor(
    own: list[NDArray[np.int64]], wider: list[NDArray[np.float64]], windows: list[Window], orders: list[int]
) -> tuple[str, list[float]]:
    """The best n-gram of the orders and shares tried: what it is, and the nats of each stretch."""
    music = [each.music for each in windows]
    best: tuple[float, str, list[float]] = (np.inf, "", [])
    for order in orders:
        nats = NGram(own, order, vocabulary.VOCABULARY).nats(music)
        for share in SHARES:
            mixed = [
                -np.log(share * np.exp(-one) + (1 - share) * np.exp(-other))
                for one, other in zip(nats, wider, strict=True)
            ]
            sums = [float(each.sum()) for each in mixed]
            best = min(best, (sum(sums), f"order {order}, {100 * share:.0f} % its own", sums))
    return best[1], best[2]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--prepared", type=Path, help="prepared music (a file of cache/) instead of --data")
    options.add_argument("--model", default="composer")
    options.add_argument("--styles", default="", help="all of the model's unless given")
    options.add_argument("--pieces", type=int, default=20, help="of each style, at most")
    options.add_argument("--tokens", type=int, default=4_000_000, help="that an n-gram learns from, at most")
    options.add_argument("--orders", default="8,16", help="of the n-gram; longer ones find more that recurs")
    asked = options.parse_args()
    model = card(asked.model)
    corpus, runtime = music_of(model, asked.data, asked.prepared), stepper.load(asked.model)
    generator, orders = np.random.default_rng(0), [int(each) for each in asked.orders.split(",")]
    wide = NGram(tokens_for_counting(corpus.pieces("train"), asked.tokens, generator), 8, vocabulary.VOCABULARY)
    print("| style | stretches | bars | notes | n-gram, nats/note | Firmus, nats/note | 95 % interval |"
          " n-gram, bits/bar | Firmus, bits/bar | below the n-gram | 95 % interval | n-gram |")  # fmt: skip
    print("|-|-:|-:|-:|-:|-:|-|-:|-:|-:|-|-|", flush=True)
    for style in asked.styles.split(",") if asked.styles else model.styles:
        pieces = [piece for piece in corpus.pieces("valid") if style_of(piece.prepared) == style]
        windows: list[Window] = []
        for index in generator.permutation(len(pieces)).tolist():
            piece = events.bare(pieces[index].prepared, model.facts)
            drawn = likelihood.draw_window(piece, model.shape["length"], generator)
            if drawn and drawn.notes and len(windows) < asked.pieces:
                windows.append(drawn)
        if not windows:
            print(f"| {style} | 0 | | | | | | | | | no piece of it is held out | |", flush=True)
            continue
        train = [piece for piece in corpus.pieces("train") if style_of(piece.prepared) == style]
        wider = wide.nats([each.music for each in windows])
        kind, counted = floor(tokens_for_counting(train, asked.tokens, generator), wider, windows, orders)
        began = time.perf_counter()
        ours = [float(nats.sum()) for nats in likelihood.nats(runtime, windows)]
        speed = sum(len(each.music) for each in windows) / (time.perf_counter() - began)
        print(row(style, windows, counted, ours, kind) + f" <!-- {speed:.0f} tokens/s -->", flush=True)


def row(style: str, windows: list[Window], counted: list[float], ours: list[float], kind: str) -> str:
    notes, bars = [each.notes for each in windows], [each.bars for each in windows]
    mean, low, high = intervals.ratio(ours, notes)
    share, least, most = intervals.ratio(ours, counted)
    bits = [sum(nats) / np.log(2) / sum(bars) for nats in (counted, ours)]
    return (
        f"| {style} | {len(windows)} | {sum(bars):,} | {sum(notes):,} | {sum(counted) / sum(notes):.3f} | {mean:.3f} | "
        f"{low:.3f} to {high:.3f} | {bits[0]:.1f} | {bits[1]:.1f} | {100 * (1 - share):.1f} % | "
        f"{100 * (1 - most):.1f} to {100 * (1 - least):.1f} % | {kind} |"
    )


if __name__ == "__main__":
    main()
