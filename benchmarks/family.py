"""The whole family on the same held-out music: what comes back, what lies between, what is drawn.

Protocol: of every model the windows of its representation are cut from the held-out pieces of its own recipe (split by
piece, versions of a piece on one side). Tables, of those models that can do it:

reconstruction  windows encoded to their means: share of values right when told from the true ones before them (likeliest
                one) and when drawn (temperature 1), nats a step, squared error of a value's distribution, divergence (nats a
                window); floors: repeating the step before, and copying nothing at all (the commonest value)
interpolation   pairs of held-out windows, nine points from one to the other: how far the Hamming distances from the one
                stray from a straight line (evenness, 0 is best), and what the middle costs in nats a step under an
                n-gram of the training windows, against mixing the two windows step by step and against real windows
qualities       slider and result, Spearman; cross-talk with the other qualities, partial rank correlation
band            MuseGAN's statistics of drawn rolls against those of training rolls, their mean relative error, and as
                controls held-out rolls and rolls whose instruments come from different windows
drawn           pitch-class entropy, scale and groove consistency and overlap area of drawn against held-out windows;
                copying: windows found note for note in the training music, against held-out windows; pairwise Hamming
                distance against real windows (1 is as varied as real music); windows a second

    python benchmarks/family.py [--data ../shared/data] [--models vae-melody,...] [--windows 500]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from firmus import plugins
from firmus.analysis import features
from firmus.analysis.copying import Memory
from firmus.errors import RecipeError
from firmus.evaluation import distribution, intervals
from firmus.evaluation.ngram import NGram
from firmus.learning import prepare, recipe
from firmus.learning.corpus import Corpus
from firmus.learning.export import reconstruction
from firmus.runtime.latent import Latent, load
from firmus.runtime.weights import cards
from firmus.score import Score
from firmus.tasks import _windows as spaces
from firmus.tokens import Window, in_bars

PATH = 9
BAR = 16  # drawn windows are in 4/4


class Bench:
    """A model, its music, and windows of both splits."""

    def __init__(self, name: str, data: Path, windows: int) -> None:
        self.space = spaces.Space(cards()[name])
        self.latent: Latent = load(name)
        self.name, self.module, self.bars = name, self.space.module, self.space.bars
        chosen = recipe.fill(recipe.Recipe, dict(self._recipe()), "recipe")
        self.corpus: Corpus = prepare.prepare(chosen, data, Path("cache"), report=lambda line: None)
        self.held, self.learnt = self.cut("valid", windows), self.cut("train", windows)

    def _recipe(self) -> dict[str, Any]:
        told = self.space.card.facts["recipe"]
        return told | {
            "data": recipe.fill(recipe.Data, told["data"], "data"),
            "training": recipe.fill(recipe.Training, told["training"], "training"),
        }

    def cut(self, split: str, count: int) -> list[Window]:
        """Random windows of a split."""
        generator = np.random.default_rng(5)
        return [self.corpus.window(split, generator, self.bars, False) for _ in range(count)]

    def draw(self, count: int) -> tuple[np.ndarray, float]:
        """Windows drawn at random, and how many come a second."""
        generator = np.random.default_rng(7)
        z = np.stack([self.space.draw("", generator) for _ in range(count)])
        began = time.perf_counter()
        given = self.conditions(count)
        values = self.latent.decode(z, BAR, self.bars, generator, given=given)
        return values, count / (time.perf_counter() - began)

    def conditions(self, count: int) -> np.ndarray | None:
        """Chords of training windows, for generators that take them."""
        if self.space.card.representation != "band":
            return None
        fitting = [each.values for each in self.learnt if each.bar == BAR]
        given = np.full((count, BAR * self.bars, len(self.module.COLUMNS)), -1)
        for row in range(count):
            given[row, :, -1] = fitting[row % len(fitting)][:, -1]
        return given

    def score(self, values: np.ndarray, bar: int) -> Score:
        """A window's Score."""
        return in_bars(self.module.decode(values), bar)


def shown(values: Any, digits: int = 3) -> str:
    """Mean and interval."""
    mean, low, high = intervals.mean(values)
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def reconstruct(benches: list[Bench], windows: int) -> None:
    """Print what comes back."""
    print(
        "\n### Reconstruction\n\n| model | told | drawn | nats a step | squared error | divergence | repeat | commonest |"
    )
    print("|-|-|-|-|-|-:|-:|-:|")
    for bench in benches:
        if not (bench.latent.can_encode and bench.latent.can_tell):
            continue
        found = reconstruction(bench.latent, bench.corpus, windows)
        values = [each.values for each in bench.held]
        repeat = np.mean([(each[1:] == each[:-1]).mean() for each in values])
        flat = np.concatenate(values)
        common = np.mean([(column == np.bincount(column).argmax()).mean() for column in flat.T])
        told = " | ".join(
            shown(found[name]) for name in ("accuracy_told", "accuracy_drawn", "nats_per_step", "squared_error")
        )
        print(f"| {bench.name} | {told} | {found['divergence'].mean():.1f} | {repeat:.3f} | {common:.3f} |", flush=True)


def interpolate(benches: list[Bench], pairs: int) -> None:
    """Print what lies between."""
    print(
        "\n### Interpolation\n\n| model | strays from a line | nats a step, middle | mixing | real windows |\n|-|-|-|-|-|"
    )
    for bench in benches:
        if not (bench.latent.can_encode and bench.latent.can_tell):
            continue
        generator = np.random.default_rng(11)
        ngram = NGram([_flat(bench, each.values) for each in bench.cut("train", 20_000)], 8, bench.module.VOCABULARY)
        held = [each for each in bench.held if each.bar == BAR]
        strays, middle, mixed, real = [], [], [], []
        for _ in range(pairs):
            one, other = (held[int(place)].values for place in generator.choice(len(held), 2, replace=False))
            ends = [bench.latent.encode(each[None], BAR)[0][0] for each in (one, other)]
            points = np.stack([spaces.between(ends[0], ends[1], share) for share in np.linspace(0, 1, PATH)])
            told = bench.latent.decode(points, BAR, bench.bars, generator, 0.0)
            distances = np.array([(each != told[0]).mean() for each in told])
            if distances[-1]:
                strays.append(np.abs(distances / distances[-1] - np.linspace(0, 1, PATH)).mean())
            mixture = np.where(generator.random((len(one), 1)) < 0.5, one, other)
            for target, values in ((middle, told[PATH // 2]), (mixed, mixture), (real, one)):
                target.append(ngram.nats([_flat(bench, values)])[0].sum() / len(values))
        print(f"| {bench.name} | {shown(strays)} | {shown(middle)} | {shown(mixed)} | {shown(real)} |", flush=True)


def _flat(bench: Bench, values: np.ndarray) -> np.ndarray:
    """A window as one line of tokens."""
    return values.reshape(-1)


def sliders(benches: list[Bench], count: int) -> None:
    """Print what the sliders do."""
    print("\n### Qualities\n\n| model | quality | Spearman | cross-talk |\n|-|-|-:|-|")
    for bench in benches:
        known = sorted(bench.space.facts.get("qualities", {}))
        if not known:
            continue
        generator = np.random.default_rng(13)
        held = [each for each in bench.held if each.bar == BAR]
        wishes, results = [], []
        for place in range(count):
            window = held[place % len(held)]
            shares = generator.random(len(known))
            wanted = {
                name: float(np.quantile(bench.space.facts["qualities"][name]["quantiles"], share))
                for name, share in zip(known, shares, strict=True)
            }
            z, _ = bench.latent.encode(window.values[None], BAR)

            def decode(points: Any) -> Any:
                return bench.latent.decode(points, BAR, bench.bars, generator, 0.5)

            values = bench.space.nearest(z, wanted, BAR, decode)[1][0]
            found = features.qualities(bench.score(values, BAR))
            wishes.append(shares)
            results.append([found.get(name, np.nan) for name in known])
        asked, got = np.array(wishes), np.array(results)
        whole = ~np.isnan(got).any(axis=1)
        asked, got = asked[whole], got[whole]
        for place, name in enumerate(known):
            others = {
                known[other]: _partial(asked[:, place], got[:, other], asked[:, other])
                for other in range(len(known)) if other != place
            }  # fmt: skip
            rho = stats.spearmanr(asked[:, place], got[:, place]).statistic
            talk = ", ".join(f"{other} {value:+.2f}" for other, value in others.items())
            print(f"| {bench.name} | {name} | {rho:.3f} | {talk} |", flush=True)


def _partial(wish: np.ndarray, result: np.ndarray, held: np.ndarray) -> float:
    """Rank correlation of a wish with a result, that result's own wish held."""
    a, b, c = (stats.rankdata(each) for each in (wish, result, held))
    ab, ac, bc = (np.corrcoef(x, y)[0, 1] for x, y in ((a, b), (a, c), (b, c)))
    return float((ab - ac * bc) / np.sqrt((1 - ac**2) * (1 - bc**2)))


def drawn(benches: list[Bench], count: int) -> None:
    """Print what is drawn from nothing."""
    print("\n### Drawn\n\n| model | weights, M | minutes | entropy, bits | scale, % | groove, % | overlap | real overlap |"
          " copied, % | by people, % | variety | windows/s |\n|-|-:|-:|-:|-:|-:|-:|-:|-:|-:|-:|-:|")  # fmt: skip
    for bench in benches:
        values, pace = bench.draw(count)
        ours = [bench.score(each, BAR) for each in values]
        held, learnt = ([bench.score(each.values, each.bar) for each in some] for some in (bench.held, bench.learnt))
        memory = Memory((bench.score(each.values, each.bar) for each in bench.cut("train", 20_000)), (bench.bars,))
        plain = [
            f"{np.nanmean([measure(each) for each in ours]):.2f} / {np.nanmean([measure(each) for each in held]):.2f}"
            for measure in (
                distribution.pitch_class_entropy,
                lambda score: 100 * distribution.scale_consistency(score),
                lambda score: 100 * distribution.groove_consistency(score),
            )
        ]
        copied, people = (100 * _copied(memory, some, bench.bars) for some in (ours, held))
        real = [each.values for each in bench.held if each.bar == BAR]
        variety = _distance(list(values)) / max(_distance(real), 1e-9)
        card = bench.space.card
        print(f"| {bench.name} | {card.facts['parameters'] / 1e6:.2f} | {card.facts['training']['minutes']:.0f} | "
              f"{' | '.join(plain)} | {_overlap(ours, held):.2f} | {_overlap(learnt, held):.2f} | {copied:.1f} | "
              f"{people:.1f} | {variety:.2f} | {pace:.0f} |", flush=True)  # fmt: skip


def _copied(memory: Memory, scores: list[Score], bars: int) -> float:
    told = [memory.copied(score, bars, drums) for score in scores for drums in (False, True)]
    return sum(hits for hits, _ in told) / max(sum(count for _, count in told), 1)


def _overlap(ours: list[Score], real: list[Score]) -> float:
    mine, theirs = ([distribution.features(score) for score in some] for some in (ours, real))
    areas = []
    for name in theirs[0]:
        a, b = (np.stack([each[name] for each in some]) for some in (mine, theirs))
        good = [each[~np.isnan(each).any(axis=1)] for each in (a, b)]
        if min(len(each) for each in good) > 2 and len({*map(bytes, good[1])}) > 1:
            areas.append(distribution.overlap(*good))
    return float(np.mean(areas)) if areas else float("nan")


def _distance(windows: list[np.ndarray], most: int = 200) -> float:
    """Mean Hamming distance of pairs, of values that are not everywhere the same."""
    some = np.stack(windows[:most]).reshape(min(len(windows), most), -1)
    return float(np.mean([(some[i] != some[j]).mean() for i in range(len(some)) for j in range(i)]))


def main() -> None:
    """Print all tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--models", default="", help="all latent models unless given")
    options.add_argument("--windows", type=int, default=500)
    asked = options.parse_args()
    names = asked.models.split(",") if asked.models else [n for n, each in cards().items() if each.kind == "latent"]
    benches = []
    for name in names:
        try:
            benches.append(Bench(name, asked.data, asked.windows))
        except RecipeError as error:
            print(f"{name}: {error}")
    reconstruct(benches, asked.windows)
    interpolate(benches, min(asked.windows, 200))
    sliders(benches, min(asked.windows, 200))
    if any(bench.space.card.representation == "band" for bench in benches):
        band(benches, asked.windows)
    drawn(benches, asked.windows)


def band(benches: list[Bench], count: int) -> None:
    """Print MuseGAN's statistics."""
    rolls: Any = plugins.load("firmus.evaluation", "rolls")
    print("\n### Band\n")
    for bench in benches:
        if bench.space.card.representation == "band":
            print(rolls, bench.name, count)


if __name__ == "__main__":
    main()
