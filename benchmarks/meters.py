"""Meters: the estimate from the notes alone, against the written meter, on held-out pieces of every set.

Protocol: pieces in one of the meters that are known (2/2 counts as 4/4), of which one in five is held out by the name
of its file; 2/4 and 4/4 count as one, for which of them is written is a matter of notation (`strict`: they do not).
Whole pieces, and excerpts of four bars. `--learn` learns the discriminants of `firmus.analysis.meters` from the others
and writes them: a softmax over standardised evidence, each set weighted by the root of its size, of pieces as they are
and cut to 4 to 16 bars; the scale is chosen on held-out pieces so that confidence is true (C. Guo et al. 2017).

    python benchmarks/meters.py [--data ../shared/data] [--learn] [--without mutopia]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np

from firmus import formats
from firmus.analysis import meters
from firmus.errors import FirmusError
from firmus.evaluation import intervals
from firmus.learning import chorales, sources
from firmus.score import Score

SETS = (
    "ryan", "oneills", "aird", "openhymnal", "leadsheets", "lieder", "mutopia", "jsb", "simutrans", "freedoom",
)  # fmt: skip
NAMES = tuple(meters.WEIGHTS)
TABLE = Path(__file__).parent.parent / "src" / "firmus" / "assets" / "tables" / "meters.json"
HELD = 5
STEPS, RATE, DECAY = 400, 0.02, 1e-3


def pieces(data: Path, name: str) -> Iterator[tuple[Score, int, bool]]:
    """Scores of a set in one known meter, its number, and whether they are held out."""
    for document in sources.source(name).read(data):
        try:
            raster = document.name.endswith(".raster")
            scores = [chorales.from_raster(document.data)] if raster else formats.read_all(document.data, trusted=True)
        except FirmusError:
            continue
        for number, score in enumerate(scores):
            written = {"2/2": "4/4"}.get(score.meters[0].text, score.meters[0].text)
            if len({each.text for each in score.meters}) == 1 and written in NAMES:
                held = crc32(f"{document.name} {number}".encode()) % HELD == 0
                yield score, NAMES.index(written), held


def excerpt(score: Score, bars: int, generator: np.random.Generator) -> Score:
    """So many bars from somewhere."""
    bar = score.meters[0].bar
    first = score.pickup + bar * int(generator.integers(max((score.end - score.pickup) // bar - bars, 0) + 1))
    parts = tuple(
        replace(part, notes=tuple(
            replace(note, start=note.start - first) for note in part.notes if first <= note.start < first + bars * bar
        ))
        for part in score.parts
    )  # fmt: skip
    return Score(parts, meters=score.meters[:1])


def gather(data: Path) -> dict[str, np.ndarray]:
    """Evidence of every piece, and of an excerpt of it."""
    generator = np.random.default_rng(0)
    rows: dict[str, list] = {name: [] for name in ("whole", "four", "cut", "meter", "set", "held")}
    for name in SETS:
        for score, meter, held in pieces(data, name):
            lengths = {"four": 4, "cut": int(generator.integers(4, 17))}
            by_kind = {"whole": meters.features(score)}
            by_kind |= {kind: meters.features(excerpt(score, bars, generator)) for kind, bars in lengths.items()}
            if by_kind["whole"] is None:
                continue
            for kind, evidence in by_kind.items():
                rows[kind].append(np.full(len(by_kind["whole"]), np.nan) if evidence is None else evidence)
            for kind, value in (("meter", meter), ("set", name), ("held", held)):
                rows[kind].append(value)
        print(f"{name}: {sum(each == name for each in rows['set'])} pieces", flush=True)
    return {name: np.array(values) for name, values in rows.items()}


def learn(rows: dict[str, np.ndarray], sets: list[str]) -> None:
    """Learn the discriminants from the pieces of some sets that are not held out, and write them."""
    import torch

    torch.manual_seed(0)
    own = ~rows["held"] & np.isin(rows["set"], sets)
    evidence, meter, where = (
        np.concatenate([one, other]) for one, other in (
            (rows["whole"][own], rows["cut"][own]), (rows["meter"][own],) * 2, (rows["set"][own],) * 2,
        )
    )  # fmt: skip
    known = ~np.isnan(evidence[:, 0])
    evidence, meter, where = evidence[known], meter[known], where[known]
    middle, spread = evidence.mean(0), evidence.std(0) + 1e-6
    x = torch.tensor(np.clip((evidence - middle) / spread, -4, 4)).float()
    y = torch.tensor(meter)
    weight = np.array([1 / np.sqrt((where == name).sum()) for name in where])
    weights = torch.tensor(weight / weight.mean()).float()
    net = torch.nn.Linear(x.shape[1], len(NAMES))
    optimiser = torch.optim.Adam(net.parameters(), RATE, weight_decay=DECAY)
    for _ in range(STEPS):
        loss = (torch.nn.functional.cross_entropy(net(x), y, reduction="none") * weights).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    table = np.concatenate([net.weight.detach().numpy(), net.bias.detach().numpy()[:, None]], axis=1)
    table *= _scale(rows, table, middle, spread)
    text = {
        "what": "linear discriminants of meters, see firmus.analysis.meters; made by benchmarks/meters.py --learn",
        "learnt_from": [f"{each.title} ({each.credit}; {each.licence})" for each in map(sources.source, sets)],
        "meters": NAMES, "middle": [round(float(each), 5) for each in middle],
        "spread": [round(float(each), 5) for each in spread],
        "weights": [[round(float(each), 4) for each in row] for row in table],
    }  # fmt: skip
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(json.dumps(text, ensure_ascii=False) + "\n", encoding="utf-8")
    meters._table.cache_clear()


def _scale(rows: dict[str, np.ndarray], table: np.ndarray, middle: np.ndarray, spread: np.ndarray) -> float:
    """The scale of marks under which held-out excerpts and pieces are likeliest."""
    best, least = 1.0, np.inf
    for scale in np.geomspace(0.2, 2, 24):
        nats = []
        for kind in ("whole", "four"):
            held = rows["held"] & ~np.isnan(rows[kind][:, 0])
            inputs = np.clip((rows[kind][held] - middle) / spread, -4, 4)
            marks = scale * np.column_stack([inputs, np.ones(len(inputs))]) @ table.T
            chances = marks - np.logaddexp.reduce(marks, axis=1, keepdims=True)
            nats.append(-chances[np.arange(len(inputs)), rows["meter"][held]].mean())
        if sum(nats) < least:
            best, least = float(scale), sum(nats)
    return best


def show(rows: dict[str, np.ndarray], sets: list[str]) -> None:
    """Print how often the estimate is what was written."""
    weights, middle, spread = meters._table()
    print("| held-out pieces | pieces | whole | strict | confidence | four bars | confidence |\n|-|-:|-|-|-:|-|-:|")
    common = (NAMES.index("2/4"), NAMES.index("4/4"))
    groups = [(name, rows["set"] == name) for name in sets]
    groups += [(name, rows["meter"] == number) for number, name in enumerate(NAMES)]
    for name, inside in [*groups, ("all", np.isin(rows["set"], sets))]:
        cells = [name]
        for kind in ("whole", "four"):
            held = rows["held"] & inside & np.isin(rows["set"], sets) & ~np.isnan(rows[kind][:, 0])
            inputs = np.clip((rows[kind][held] - middle) / spread, -4, 4)
            marks = np.column_stack([inputs, np.ones(len(inputs))]) @ weights.T
            chances = np.exp(marks - np.logaddexp.reduce(marks, axis=1, keepdims=True))
            best, truth = marks.argmax(axis=1), rows["meter"][held]
            good = (best == truth) | (np.isin(best, common) & np.isin(truth, common))
            if not len(truth):
                continue
            if kind == "whole":
                cells.append(str(len(truth)))
            cells.append("{:.3f} ({:.3f} to {:.3f})".format(*intervals.mean(good)))
            if kind == "whole":
                cells.append(f"{(best == truth).mean():.3f}")
            cells.append(f"{chances.max(axis=1).mean():.3f}")
        print(f"| {' | '.join(cells)} |")
    held = rows["held"] & np.isin(rows["set"], sets)
    first = len(meters.LINES) * meters.LAGS
    best, truth = rows["whole"][held, first : first + 2 * len(NAMES) : 2].argmax(axis=1), rows["meter"][held]
    good = (best == truth) | (np.isin(best, common) & np.isin(truth, common))
    whole = "{:.3f} ({:.3f} to {:.3f})".format(*intervals.mean(good))
    print(f"| *all, by the weights of places alone* | {len(truth)} | {whole} | {(best == truth).mean():.3f} | | | |")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--learn", action="store_true", help="learn the discriminants and write them")
    options.add_argument("--without", default="", help="a set that is not learnt from and alone is measured")
    asked = options.parse_args()
    rows = gather(asked.data)
    if asked.learn:
        learn(rows, [name for name in SETS if name != asked.without])
    show(rows, [asked.without] if asked.without else list(SETS))


if __name__ == "__main__":
    main()
