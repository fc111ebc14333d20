"""Recommending: how soon a listener whose taste is hidden gets music that they like, beside simpler ways and libraries.

    python benchmarks/recommend.py learn [--data ../shared/data]
    python benchmarks/recommend.py measure [--listeners 30] [--references]
    python benchmarks/recommend.py compose [--listeners 12] [--rounds 10]

``learn`` measures the character of a sample of nine sets, writes ``assets/tables/character.json``, and keeps the sample
in ``cache/recommend.npz``; the other two use it.

``measure``: listeners of three kinds, none of which says its taste: one likes some composers and collections and
dislikes others; one likes some intervals and rhythms of melodies (a linear function of 16 principal components of
`firmus.analysis.similarity`, which the recommender does not see); one has an ideal in five numbers of the character
(the recommender is linear: it cannot know an ideal). To each a share of chance is added, which stays. Half of the
pieces are held out. In each of 200 rounds one piece of the other half is proposed, never twice, and answered with
like, finish, skip or dislike, with noise. Measured are on the held-out half NDCG@10 (gain: the utility, 0 to 3) and
recall@10 (how many of ten are among the 50 best), and the regret: over all rounds, what the best piece left would
have been worth more, in standard deviations of the utility. *Popularity* goes by the mean rating of 60 other
listeners of the same kinds. With ``--references`` also LinUCB of mabwiser 2.7 on the same numbers, and alternating
least squares of implicit 0.7 on the ratings of the 60 others, which are installed for this alone. *drift*: after 100
rounds the taste is another one; told is the NDCG@10 after 200, with and without forgetting.

``compose``: each round a listener of the third kind, with an ideal in the music that is composed, gets one piece as
``firmus recommend --compose`` makes it (folk tunes, eight bars, quick), and rates it. Beside it the same listener gets
pieces whose controls are drawn without their ratings. Told are the mean utility of the first and last three rounds,
and the rise over that of the other, with 95 % bootstrap intervals over listeners.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from firmus import formats
from firmus.analysis import similarity
from firmus.analysis.character import WORDS, character, measure
from firmus.errors import FirmusError
from firmus.learning.sources import source
from firmus.retrieval import bandit, query, taste
from firmus.score import Score
from firmus.tasks.recommend import composing

SETS = {"mutopia": 2, "openhymnal": 2, "leadsheets": 1, "polish": 30, "lieder": 10, "anthology": 1, "freedoom": 3,
        "simutrans": 2, "easyrpg": 1}  # of so many pieces one is taken  # fmt: skip
TABLE = Path(__file__).parent.parent / "src" / "firmus" / "assets" / "tables" / "character.json"
SAMPLE = Path("cache/recommend.npz")
LARGEST = 300_000  # bytes of a file
ROUNDS, OTHERS, AT = 200, 60, (3, 20, 50, 200)
CHANCE, NOISE = 0.3, 0.4


class Sample(NamedTuple):
    """Pieces: character (P, C), melody (P, 256) and collection (P,)."""

    values: np.ndarray
    melodies: np.ndarray
    groups: np.ndarray


def learn(data: Path) -> None:
    """Measure a sample, and write the table."""
    rows, melodies, groups = [], [], []
    for name, step in SETS.items():
        taken = 0
        for document in source(name).read(data):
            if crc32(document.name.encode()) % step or len(document.data) > LARGEST:
                continue
            try:
                score = formats.read_all(document.data, trusted=True)[0]
                melody = similarity.point(query.whole(score))
            except FirmusError:
                continue
            taken += 1
            rows.append(measure(score))
            melodies.append(melody)
            groups.append(f"{name} {collection(document.name)}")
        print(f"{name}: {taken}", flush=True)
    values = np.array(rows)
    table = {name: [round(float(values[:, at].mean()), 4), round(float(values[:, at].std()), 4)]
             for at, name in enumerate(WORDS)}  # fmt: skip
    about = f"mean and standard deviation in {len(values)} pieces of {', '.join(SETS)}: benchmarks/recommend.py learn"
    TABLE.write_text(json.dumps({"about": about, "numbers": table}, indent=1) + "\n", encoding="utf-8")
    SAMPLE.parent.mkdir(exist_ok=True)
    np.savez(SAMPLE, values=values, melodies=np.array(melodies), groups=np.array(groups))


def collection(name: str) -> str:
    """The folder that a piece is in: mostly its composer."""
    parts = [each for each in Path(name).parts[:-1] if each not in ("ftp", "scores", "mutmidi", "dataset", "Complete")]
    return parts[0] if parts else ""


def sample() -> Sample:
    """The sample, in standard deviations."""
    with np.load(SAMPLE) as kept:
        table = json.loads(TABLE.read_text(encoding="utf-8"))["numbers"]
        mean, deviation = np.array([table[name] for name in WORDS]).T
        return Sample(np.clip((kept["values"] - mean) / deviation, -3, 3), kept["melodies"], kept["groups"])


def utility(music: Sample, kind: int, generator: np.random.Generator) -> np.ndarray:
    """What each piece (P,) is worth to a listener of a kind, with a mean of 0 and a deviation of 1 before chance."""
    if kind == 0:
        names, place, count = np.unique(music.groups, return_inverse=True, return_counts=True)
        chosen = generator.choice(np.flatnonzero(count >= 8), 8, replace=False)
        worth = generator.normal(0, 0.25, len(names))
        worth[chosen[:4]] += 1.5
        worth[chosen[4:]] -= 1.5
        found = worth[place]
    elif kind == 1:
        centred = music.melodies - music.melodies.mean(0)
        left, _, _ = np.linalg.svd(centred, full_matrices=False)
        found = left[:, :16] @ generator.standard_normal(16)
    else:
        found = ideal(music.values, generator)(music.values)
    found = (found - found.mean()) / found.std()
    return found + CHANCE * generator.standard_normal(len(found))


def ideal(values: np.ndarray, generator: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """A taste for what lies near an ideal in five of the numbers that vary."""
    varied = np.flatnonzero(values.std(0) > 0.2)
    chosen = generator.choice(varied, 5, replace=False)
    scale, middle = values[:, chosen].std(0), values[:, chosen].mean(0)
    where, weight = generator.standard_normal(5), generator.uniform(0.3, 1, 5)
    return lambda each: -(weight * ((each[:, chosen] - middle) / scale - where) ** 2).sum(1)


def answer(worth: float, generator: np.random.Generator) -> str:
    """What a listener does with a piece."""
    felt = worth + NOISE * generator.standard_normal()
    return "like" if felt > 1 else "finish" if felt > 0 else "skip" if felt > -0.8 else "dislike"


def quality(scores: np.ndarray, worth: np.ndarray) -> tuple[float, float]:
    """NDCG@10 and recall@10 of the 50 best."""
    gain, discount = np.clip(worth + 1, 0, 3), 1 / np.log2(np.arange(2, 12))
    order = np.argsort(-scores, kind="stable")[:10]
    ndcg = (gain[order] * discount).sum() / (np.sort(gain)[::-1][:10] * discount).sum()
    return float(ndcg), len(set(order.tolist()) & set(np.argsort(-worth)[:50].tolist())) / 10


class Firmus:
    """The recommender, as `firmus.tasks.recommend` uses it."""

    def __init__(self, music: Sample, half_life: float = taste.HALF_LIFE) -> None:
        self.values, self.half_life = music.values, half_life
        self.shown: list[int] = []
        self.ratings: list[float] = []

    def posterior(self) -> bandit.Posterior:
        """What the ratings so far say."""
        age = np.arange(len(self.ratings))[::-1]
        return bandit.learn(self.values[self.shown], np.array(self.ratings), 0.5 ** (age / self.half_life))

    def propose(self, free: np.ndarray) -> int:
        """The next piece."""
        if len(self.shown) < 3:
            return int(free[bandit.spread(self.values[free], 3)[len(self.shown)]])
        return int(free[np.argmax(self.posterior().bound(self.values[free]))])

    def rated(self, piece: int, rating: float) -> None:
        """Take a rating."""
        self.shown.append(piece)
        self.ratings.append(rating)

    def scores(self) -> np.ndarray:
        """How much each piece is expected to be liked."""
        return self.posterior().expected(self.values)


class Fixed:
    """One order for everybody: random, or by the mean rating of others."""

    def __init__(self, order: np.ndarray) -> None:
        self.order = order

    def propose(self, free: np.ndarray) -> int:
        """The next piece."""
        return int(free[np.argmax(self.order[free])])

    def rated(self, piece: int, rating: float) -> None:
        """It learns nothing."""

    def scores(self) -> np.ndarray:
        """How much each piece is expected to be liked."""
        return self.order


class Mabwiser(Firmus):
    """LinUCB of mabwiser: one arm, which is to propose, in the context of each piece's numbers."""

    def __init__(self, music: Sample) -> None:
        super().__init__(music)
        from mabwiser.mab import MAB, LearningPolicy

        self.policy = MAB([1], LearningPolicy.LinUCB(alpha=0.3, l2_lambda=0.2 * bandit.NOISE))
        self.scaled = self.values / np.sqrt(self.values.shape[1])

    def propose(self, free: np.ndarray) -> int:
        """The next piece."""
        if len(self.shown) < 3:
            return super().propose(free)
        return int(free[np.argmax(self.scores()[free])])

    def rated(self, piece: int, rating: float) -> None:
        """Take a rating."""
        first = not self.shown
        super().rated(piece, rating)
        (self.policy.fit if first else self.policy.partial_fit)([1], [rating], self.scaled[[piece]])

    def scores(self) -> np.ndarray:
        """How much each piece is expected to be liked."""
        found = self.policy.predict_expectations(self.scaled)
        return np.array([each[1] for each in found])


class Implicit(Firmus):
    """Alternating least squares of implicit, fitted to what others liked; the listener is folded in."""

    def __init__(self, music: Sample, others: np.ndarray) -> None:
        super().__init__(music)
        import scipy.sparse
        from implicit.als import AlternatingLeastSquares

        self.sparse = scipy.sparse.csr_matrix
        self.model = AlternatingLeastSquares(factors=16, iterations=15, random_state=0, num_threads=1)
        self.model.fit(self.sparse(np.clip(others, 0, None).astype(np.float32)), show_progress=False)

    def propose(self, free: np.ndarray) -> int:
        """The next piece."""
        if len(self.shown) < 3:
            return super().propose(free)
        return int(free[np.argmax(self.scores()[free])])

    def scores(self) -> np.ndarray:
        """How much each piece is expected to be liked."""
        row = np.zeros((1, len(self.values)), np.float32)
        row[0, self.shown] = np.clip(self.ratings, 0, None)
        if not row.any():
            return np.zeros(len(self.values))
        return self.model.item_factors @ self.model.recalculate_user(0, self.sparse(row))


def simulate(player, worths: list[np.ndarray], held: np.ndarray, generator: np.random.Generator) -> list[float]:
    """NDCG and recall at each of `AT`, and the regret; the taste changes where there are several."""
    free, found, regret = np.flatnonzero(~held), [], 0.0
    for number in range(ROUNDS + 1):
        worth = worths[number * len(worths) // (ROUNDS + 1)]
        if number in AT:
            found += quality(player.scores()[held], worth[held])
        if number == ROUNDS:
            break
        piece = player.propose(free)
        regret += float(worth[free].max() - worth[piece])
        free = free[free != piece]
        player.rated(piece, taste.RATINGS[answer(worth[piece], generator)])
    return [*found, regret]


def compare(count: int, with_references: bool) -> None:
    """Simulate every way for every listener, and print the table."""
    music = sample()
    others = [utility(music, number % 3, np.random.default_rng(9000 + number)) for number in range(OTHERS)]
    noise = np.random.default_rng(1)
    heard = np.array([[taste.RATINGS[answer(each, noise)] for each in worth] for worth in others])
    heard *= noise.random(heard.shape) < 0.3  # each has rated three pieces in ten
    random = lambda seed: Fixed(np.random.default_rng(seed).random(len(music.values)))  # noqa: E731
    players: dict[str, Callable[[int], object]] = {
        "Firmus": lambda _: Firmus(music),
        "random": random,
        "popularity": lambda _: Fixed(heard.mean(0)),
    }
    if with_references:
        players |= {"mabwiser LinUCB": lambda _: Mabwiser(music), "implicit ALS": lambda _: Implicit(music, heard)}
    print(f"{len(music.values)} pieces, {3 * count} listeners, {ROUNDS} rounds")
    print(" | ".join(["way", *(f"NDCG@10 after {at}" for at in AT), *(f"recall@10 after {at}" for at in AT), "regret"]))
    for name, make in players.items():
        report(name, [run(music, make(seed), kind, seed) for kind in range(3) for seed in range(count)])
    for name, half in (("drift, half after 100", 100), ("drift, no forgetting", 1e9)):
        report(name, [run(music, Firmus(music, half), kind, seed, drift=True)
                      for kind in range(3) for seed in range(count)])  # fmt: skip


def run(music: Sample, player, kind: int, seed: int, drift: bool = False) -> list[float]:
    """One listener."""
    generator = np.random.default_rng((kind, seed))
    worths = [utility(music, kind, generator) for _ in range(1 + drift)]
    held = np.zeros(len(music.values), bool)
    held[generator.permutation(len(held))[: len(held) // 2]] = True
    return simulate(player, worths, held, generator)


def report(name: str, rows: list[list[float]]) -> None:
    """A row of the table: means, and of the regret the 95 % interval."""
    mean = np.mean(rows, 0)
    low, high = interval(np.array(rows)[:, -1])
    figures = [*(f"{each:.3f}" for each in mean[0:8:2]), *(f"{each:.2f}" for each in mean[1:8:2])]
    print(" | ".join([name, *figures, f"{mean[-1]:.0f} ({low:.0f} to {high:.0f})"]), flush=True)


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % bootstrap interval of a mean."""
    draws = np.random.default_rng(0).choice(values, (2000, len(values)))
    low, high = np.quantile(draws.mean(1), (0.025, 0.975))
    return float(low), float(high)


def compose(listeners: int, rounds: int) -> None:
    """Compose for listeners, round by round."""
    given = {"style": "folk", "bars": 8, "effort": "quick"}
    pool = [_free(given, seed) for seed in range(1, 41)]
    values = np.array([character(score) for score in pool])
    rises, gains = [], []
    for number in range(listeners):
        generator = np.random.default_rng(number)
        likes = ideal(values, generator)
        middle, scale = likes(values).mean(), likes(values).std()
        known, curve, other = taste.Taste(), [], []
        for turn in range(rounds):
            (work,) = composing.compose(known, 1, seed=1000 * number + turn, **given)
            apart = _free(given, 500_000 + 1000 * number + turn)
            worth, beside = [float((likes(character(each)[None])[0] - middle) / scale) for each in (work.score, apart)]
            known = known.rated(str(turn), answer(worth, generator), character(work.score))
            curve.append(worth)
            other.append(beside)
        rises.append(np.mean(curve[-3:]) - np.mean(curve[:3]))
        gains.append(np.mean(curve[-3:]) - np.mean(other))
        print(f"listener {number}: " + " ".join(f"{each:+.2f}" for each in curve), flush=True)
    for name, found in (("last three less first three", rises), ("last three less those without taste", gains)):
        print(f"{name}: {np.mean(found):+.2f} ({' to '.join(f'{each:+.2f}' for each in interval(np.array(found)))})")


def _free(given: dict, seed: int) -> Score:
    """A piece for nobody: controls drawn from the prior, none chosen among several."""
    (work,) = composing.compose(taste.Taste(), 1, seed=seed, tries=1, **given)
    return work.score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("learn", "measure", "compose"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--listeners", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--references", action="store_true")
    asked = parser.parse_args()
    if asked.what == "learn":
        learn(asked.data)
    elif asked.what == "measure":
        compare(asked.listeners, asked.references)
    else:
        compose(asked.listeners, asked.rounds)


if __name__ == "__main__":
    main()
