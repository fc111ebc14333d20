"""The whole family on the same held-out music: what comes back, what lies between, what is drawn.

Protocol: of every model the windows of its representation are cut from the held-out pieces of its own recipe (split by
piece, versions of a piece on one side). Tables, of those models that can do it:

steppers        held-out pieces of all styles told token by token: nats a token; tokens a second, one sequence
reconstruction  windows encoded to their means: share of values right when told from the true ones before them (the
                likeliest one) and when drawn (temperature 1; of what makes all at once the likeliest), nats a step,
                squared error of a value's distribution, divergence (nats a window); floors: repeating the step before,
                and the commonest value
interpolation   pairs of held-out windows, nine points from one to the other: how far the Hamming distances from the
                one stray from a straight line (evenness, 0 is best), and what the middle costs in nats a step under an
                n-gram of the training windows, against mixing the two windows step by step and against real windows
qualities       slider and result, Spearman; cross-talk with the other qualities, partial rank correlation; from
                held-out windows, or from random points where there is no encoder
codes           what InfoGAN's codes do to qualities that it was never told of: Spearman; share of variance (η²)
band            MuseGAN's statistics of drawn rolls against those of training rolls, their mean relative error, and as
                controls other training rolls, held-out rolls and rolls whose instruments come from different windows;
                variety: mean Jaccard distance of the strokes of pairs, against training rolls; of those that encode,
                what comes back of held-out rolls
drawn           pitch-class entropy, scale and groove consistency and overlap area of drawn against held-out windows;
                copying: windows found note for note in the training music, against held-out windows; pairwise Hamming
                distance against real windows (1 is as varied as real music); windows a second

    python benchmarks/family.py [--data ../shared/data] [--models vae-melody,...] [--windows 500]
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from firmus.analysis import features
from firmus.analysis.copying import Memory
from firmus.composing.latent import latent_space as spaces
from firmus.errors import RecipeError
from firmus.evaluation import distribution, intervals, likelihood, rolls
from firmus.evaluation.ngram import NGram
from firmus.learning import prepare, recipe
from firmus.learning.corpus import Corpus
from firmus.learning.export import reconstruction
from firmus.runtime import stepper
from firmus.runtime.latent import Latent, load
from firmus.runtime.weights import cards
from firmus.score import Score
from firmus.tokens import Window, events, in_bars

PATH = 9
MUSEGAN = ("empty bars", "pitch classes", "qualified notes", "drum patterns", "tonal distance")
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
        trained_by = self.space.card.facts["recipe"]
        return trained_by | {
            "data": recipe.fill(recipe.Data, trained_by["data"], "data"),
            "training": recipe.fill(recipe.Training, trained_by["training"], "training"),
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


def heading(title: str, columns: str) -> None:
    """Print the head of a table; of its columns, ``~`` is a space."""
    names = [name.replace("~", " ") for name in columns.split()]
    print(f"\n### {title}\n\n| {' | '.join(names)} |\n|-|{'-|' * (len(names) - 1)}", flush=True)


def shown(values: Any, digits: int = 3) -> str:
    """Mean and interval."""
    mean, low, high = intervals.mean(values)
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def reconstruct(benches: list[Bench], windows: int) -> None:
    """Print what comes back."""
    heading("Reconstruction", "model told drawn nats~a~step squared~error divergence repeat commonest")
    for bench in benches:
        if bench.latent.can_encode and not bench.latent.is_autoregressive:
            print(f"| {bench.name} | | {shown(again(bench))} | | | | | |", flush=True)
        if not (bench.latent.can_encode and bench.latent.is_autoregressive):
            continue
        found = reconstruction(bench.latent, bench.corpus, windows)
        values = [each.values for each in bench.held]
        repeat = np.mean([(each[1:] == each[:-1]).mean() for each in values])
        flat = np.concatenate(values)
        common = np.mean([(column == np.bincount(column).argmax()).mean() for column in flat.T])
        accuracies = " | ".join(
            shown(found[name]) for name in ("accuracy_told", "accuracy_drawn", "nats_per_step", "squared_error")
        )
        print(
            f"| {bench.name} | {accuracies} | {found['divergence'].mean():.1f} | {repeat:.3f} | {common:.3f} |",
            flush=True,
        )


def again(bench: Bench) -> list[float]:
    """Share of values that come back, of each held-out window, by what makes them all at once."""
    found = []
    for window in bench.held:
        bars = len(window.values) // window.bar
        mean, _ = bench.latent.encode(window.values[None, : bars * window.bar], window.bar)
        values = bench.latent.decode(mean, window.bar, bars, np.random.default_rng(0))[0]
        found.append(float((values == window.values[: len(values)]).mean()))
    return found


def interpolate(benches: list[Bench], pairs: int) -> None:
    """Print what lies between."""
    heading("Interpolation", "model strays~from~a~line nats~a~step,~middle mixing real~windows")
    for bench in benches:
        if not bench.latent.can_encode:
            continue
        generator = np.random.default_rng(11)
        ngram = NGram([each.values.reshape(-1) for each in bench.cut("train", 20_000)], 8, bench.module.VOCABULARY)
        held = [each for each in bench.held if each.bar == BAR]
        strays, middle, mixed, real = [], [], [], []
        for _ in range(pairs):
            one, other = (held[int(place)].values for place in generator.choice(len(held), 2, replace=False))
            ends = [bench.latent.encode(each[None], BAR)[0][0] for each in (one, other)]
            points = np.stack([spaces.between(ends[0], ends[1], share) for share in np.linspace(0, 1, PATH)])
            decoded = bench.latent.decode(points, BAR, bench.bars, generator, 0.0)
            distances = np.array([(each != decoded[0]).mean() for each in decoded])
            if distances[-1]:
                strays.append(np.abs(distances / distances[-1] - np.linspace(0, 1, PATH)).mean())
            mixture = np.where(generator.random((len(one), 1)) < 0.5, one, other)
            for target, values in ((middle, decoded[PATH // 2]), (mixed, mixture), (real, one)):
                target.append(ngram.nats([values.reshape(-1)])[0].sum() / len(values))
        print(f"| {bench.name} | {shown(strays)} | {shown(middle)} | {shown(mixed)} | {shown(real)} |", flush=True)


def sliders(benches: list[Bench], count: int) -> None:
    """Print what the sliders do."""
    heading("Qualities", "model quality Spearman cross-talk")
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
            if bench.latent.can_encode:
                z, _ = bench.latent.encode(window.values[None], BAR)
            else:
                z = generator.standard_normal((1, bench.latent.size)).astype(np.float32)
            decode = partial(bench.latent.decode, bar=BAR, bars=bench.bars, generator=generator, temperature=0.5)
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


def codes(benches: list[Bench], count: int) -> None:
    """Print what the codes of an InfoGAN turned out to control."""
    heading("Codes", "model code density register syncopation")
    for bench in benches:
        kinds = bench.space.card.facts.get("codes")
        if not kinds:
            continue
        generator = np.random.default_rng(19)
        z = generator.standard_normal((count, bench.latent.size)).astype(np.float32)
        values = bench.latent.decode(z, BAR, bench.bars, generator)
        found = [features.qualities(bench.score(each, BAR)) for each in values]
        heard = {name: np.array([each.get(name, np.nan) for each in found]) for name in features.QUALITIES}
        first = kinds["categorical"]
        for code in range(first, first + kinds["continuous"]):
            row = [f"{stats.spearmanr(z[:, code], each, nan_policy='omit').statistic:+.2f}" for each in heard.values()]
            print(f"| {bench.name} | slider {code - first + 1} | {' | '.join(row)} |")
        category = z[:, :first].argmax(1)
        row = [f"η² {_between(each, category):.2f}" for each in heard.values()]
        print(f"| {bench.name} | {first} kinds | {' | '.join(row)} |", flush=True)


def _between(values: np.ndarray, groups: np.ndarray) -> float:
    """Share of the variance that lies between groups."""
    known = ~np.isnan(values)
    values, groups = values[known], groups[known]
    means = np.array([values[groups == group].mean() for group in groups])
    return float(means.var() / values.var())


def steppers(names: list[str], data: Path, pieces: int) -> None:
    """Print how well the models that go token by token tell held-out pieces."""
    heading("Steppers", "model weights,~M minutes nats~a~token tokens/s")
    for name, model in cards().items():
        if name not in names or model.kind != "stepper" or model.representation != "events":
            continue
        sets = tuple(model.facts["recipe"]["data"]["sets"])
        length = model.shape["length"]
        asked = recipe.Recipe(name, "events", model.facts["recipe"]["model"], recipe.Data(sets))
        corpus = prepare.prepare(asked, data, Path("cache"), report=lambda line: None)
        generator, runtime = np.random.default_rng(23), stepper.load(name)
        held = corpus.pieces("valid")
        drawn = [
            likelihood.draw_window(events.bare(held[int(place)].prepared, model.facts), length, generator)
            for place in generator.permutation(len(held))[:pieces]
        ]
        windows = [each for each in drawn if each and each.notes]
        nats = [each.mean() for each in likelihood.nats(runtime, windows)]
        story = max((each.example for each in windows), key=lambda each: len(each.tokens))
        state, count = runtime.start(), min(400, len(story.tokens))
        began = time.perf_counter()
        for place in range(count):
            runtime.step(story.tokens[place : place + 1], story.slots[place : place + 1], state)
        pace = count / (time.perf_counter() - began)
        minutes = model.facts["training"]["minutes"]
        weights = model.facts["parameters"] / 1e6
        print(f"| {name} | {weights:.2f} | {minutes:.0f} | {shown(nats)} | {pace:.0f} |", flush=True)


def _partial(wish: np.ndarray, result: np.ndarray, held: np.ndarray) -> float:
    """Rank correlation of a wish with a result, that result's own wish held."""
    a, b, c = (stats.rankdata(each) for each in (wish, result, held))
    ab, ac, bc = (np.corrcoef(x, y)[0, 1] for x, y in ((a, b), (a, c), (b, c)))
    return float((ab - ac * bc) / np.sqrt((1 - ac**2) * (1 - bc**2)))


def band(benches: list[Bench], count: int) -> None:
    """Print MuseGAN's statistics: errors against training windows, and how unlike each other windows are."""
    painters = [bench for bench in benches if bench.space.card.representation == "band"]
    if not painters:
        return
    heading("Band", " ".join(["rolls", *(f"{kind},~%".replace(" ", "~") for kind in MUSEGAN), "mean,~% variety"]))
    generator = np.random.default_rng(17)
    learnt, other, held = (
        np.stack([each.values for each in some if each.bar == BAR][:count])
        for some in (painters[0].learnt, painters[0].cut("train", 2 * count)[count:], painters[0].held)
    )
    mixed = other.copy()
    for part in range(rolls.PARTS):
        cells = slice(part * rolls.PITCHES, (part + 1) * rolls.PITCHES)
        mixed[..., cells] = other[generator.permutation(len(other))][..., cells]
    rows = {"other training windows": other, "held-out windows": held, "held-out, instruments mixed": mixed}
    for bench in painters:
        rows |= {bench.name: bench.draw(count)[0]}
        if bench.latent.can_encode:
            z, _ = bench.latent.encode(held, BAR)
            rows |= {f"{bench.name}, of held-out windows": bench.latent.decode(z, BAR, bench.bars, generator)}
    real = rolls.pairwise_distance(learnt, generator)
    for name, values in rows.items():
        errors = rolls.errors(values, learnt)
        kinds = [
            100 * np.nanmean([value for of, value in errors.items() if of.startswith(f"{kind},")]) for kind in MUSEGAN
        ]
        variety = rolls.pairwise_distance(values, generator) / real
        shown_kinds = " | ".join(f"{each:.0f}" for each in kinds)
        print(f"| {name} | {shown_kinds} | {np.mean(kinds):.1f} | {variety:.2f} |", flush=True)


def drawn(benches: list[Bench], count: int) -> None:
    """Print what is drawn from nothing."""
    heading("Drawn", "model weights,~M minutes entropy,~bits scale,~% groove,~% overlap real~overlap copied,~% "
            "by~people,~% variety windows/s")  # fmt: skip
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
    counts = [memory.copied(score, bars, drums) for score in scores for drums in (False, True)]
    return sum(hits for hits, _ in counts) / max(sum(count for _, count in counts), 1)


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
    options.add_argument("--models", default="", help="all models unless given")
    options.add_argument("--windows", type=int, default=500)
    asked = options.parse_args()
    names = asked.models.split(",") if asked.models else list(cards())
    benches = []
    for name in names:
        if name in cards() and cards()[name].kind != "latent":
            continue
        try:
            benches.append(Bench(name, asked.data, asked.windows))
        except RecipeError as error:
            print(f"{name}: {error}")
    steppers(names, asked.data, asked.windows // 2)
    reconstruct(benches, asked.windows)
    interpolate(benches, min(asked.windows, 200))
    sliders(benches, min(asked.windows, 200))
    codes(benches, 4 * asked.windows)
    band(benches, asked.windows)
    drawn(benches, asked.windows)


if __name__ == "__main__":
    main()
