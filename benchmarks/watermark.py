"""How surely the watermark of composed notes is found: by length, after alterations, and what it costs.

Protocol: new pieces of each style as `firmus compose` makes them, from seeds of their own, with and without the
watermark. Found at a rate of false positives means a p-value below it, under the public keys alone. Alterations:
transposed by 3 semitones, another tempo, 5 and 10 % of the notes edited (a third moved by one or two semitones, a third
removed, a third divided by a neighbour note), written as MIDI, read, written as MusicXML, read and written as MIDI, and
read and written as MusicXML by music21. False positives: pieces without the watermark, each under many random keys, and
any folder of real music under the public keys. Sameness: share of the runs of five intervals of a piece that stand in
another piece of the style, with and without: keys must not make pieces alike. Intervals: 95 %, Wilson for shares,
bootstrap for means.

Likelihood: mean negative log-likelihood (nats a token) that the Origin holds, of the same seeds with and without, under
keys of as many new installations, ten pieces each, composed once. Under the same few keys pieces are no independent
draws of the model, whose distribution is that over keys: the bootstrap is over installations.

    python benchmarks/watermark.py [--count 12] [--styles folk hymn] [--bars 4 8 16] [--real FOLDER]
    python benchmarks/watermark.py --installations 20 [--styles folk hymn] [--bars 16]
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import firmus
from firmus import formats
from firmus.errors import FirmusError
from firmus.evaluation.intervals import mean
from firmus.rights.keys import VARIABLE, watermark_keys
from firmus.rights.watermark import Evidence
from firmus.score import Note, Part, Score, Tempo
from firmus.work import Work

RATES = (1e-3, 1e-4)
DRAWS = 200  # of as many keys as there are, under which each piece without the watermark is looked at
SEED = 5000
ALTERED_BARS = 32


PUBLIC = watermark_keys("public")


def p(evidence: Evidence, keys: Sequence[bytes] = PUBLIC) -> float:
    """The p-value of a piece, times the keys that were tried."""
    return float(drawn(evidence, [keys])[0])


def drawn(evidence: Evidence, sets: Sequence[Sequence[bytes]]) -> NDArray[np.float64]:
    """The p-value of a piece under each of several sets of keys."""
    highest = [max(evidence.score(key) for key in keys) for keys in sets]
    return np.minimum(1, len(sets[0]) * np.array(evidence.p_values(highest)))


def edited(score: Score, share: float) -> Score:
    """A share of the notes moved, removed or divided."""
    generator = np.random.default_rng(0)

    def change(note: Note) -> list[Note]:
        if generator.random() >= share:
            return [note]
        step = int(generator.choice([-2, -1, 1, 2]))
        pitch = min(127, max(0, note.pitch + step))
        half = note.duration // 2
        kinds = ([replace(note, pitch=pitch)], [], [
            replace(note, duration=half),
            replace(note, start=note.start + half, duration=note.duration - half, pitch=pitch),
        ])  # fmt: skip
        return kinds[int(generator.integers(3))]

    def of_part(part: Part) -> Part:
        return part if part.is_drums else replace(part, notes=tuple(new for old in part.notes for new in change(old)))

    return replace(score, parts=tuple(of_part(part) for part in score.parts))


def through(score: Score, *endings: str) -> Score:
    """Written and read in one format after another."""
    for ending in endings:
        score = formats.read(formats.encoded(score, f"piece.{ending}"), trusted=True)
    return score


def through_music21(score: Score) -> Score:
    """MIDI, read by music21 and written by it as MusicXML."""
    from music21 import converter
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    stream = converter.parseData(formats.encoded(score, "piece.mid"), format="midi")
    return formats.read(io.BytesIO(GeneralObjectExporter(stream).parse()).read(), trusted=True)


ALTERATIONS: dict[str, Callable[[Score], Score]] = {
    "as composed": lambda score: score,
    "transposed by 3 semitones": lambda score: score.transposed(3),
    "at another tempo": lambda score: replace(score, tempi=(Tempo(0, 61.0),)),
    "5 % of the notes edited": lambda score: edited(score, 0.05),
    "10 % of the notes edited": lambda score: edited(score, 0.1),
    "MIDI, MusicXML, MIDI": lambda score: through(score, "mid", "musicxml", "mid"),
    "MIDI, music21, MusicXML": through_music21,
}


def share(found: int, every: int) -> str:
    """A share in percent, and its interval (E. B. Wilson, 1927)."""
    if not every:
        return "-"
    z, rate = 1.96, found / every
    middle, half = rate + z * z / (2 * every), z * np.sqrt(rate * (1 - rate) / every + (z / (2 * every)) ** 2)
    low, high = ((middle + sign * half) / (1 + z * z / every) for sign in (-1, 1))
    return f"{100 * rate:.3g} ({100 * max(low, 0):.3g} … {100 * min(high, 1):.3g})"


def composed(style: str, bars: int, count: int, watermark: str) -> list[Work]:
    """Works of a style, from the same seeds whatever the watermark."""
    works = firmus.compose(style=style, bars=bars, seed=SEED + bars, count=count, watermark=watermark)
    return sorted(works, key=lambda work: work.origin.seed)


def runs(score: Score) -> set[tuple[int, ...]]:
    """Runs of five intervals of each part."""
    found: set[tuple[int, ...]] = set()
    for part in score.parts:
        steps = [later.pitch - earlier.pitch for earlier, later in pairwise(part.notes)]
        found |= {tuple(steps[place : place + 5]) for place in range(len(steps) - 4)}
    return found


def sameness(works: list[Work]) -> float:
    """Mean share of a piece's runs that stand in another piece, over pairs, in percent."""
    every = [runs(work.score) for work in works]
    pairs = [(one, other) for one in every for other in every if one is not other and one]
    return 100 * float(np.mean([len(one & other) / len(one) for one, other in pairs]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--styles", nargs="+", default=["folk", "hymn", "chorale", "piano"])
    parser.add_argument("--bars", nargs="+", type=int, default=[4, 8, 16, 32, 64])
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--real", type=Path, help="a folder of music that people wrote")
    parser.add_argument("--installations", type=int, help="measures likelihood alone")
    asked = parser.parse_args()
    if asked.installations:
        print_likelihood(asked)
        return
    print("| style | bars | pieces | notes that count, median | nats to be expected, median | found at 1e-3, % |"
          " at 1e-4, % | median p |\n"
          "|-|-:|-:|-:|-:|-|-|-:|", flush=True)  # fmt: skip
    works: dict[tuple[str, int], list[Work]] = {}
    for style in asked.styles:
        for bars in asked.bars:
            works[style, bars] = composed(style, bars, asked.count, "public")
            evidences = [Evidence.of(work.score) for work in works[style, bars]]
            values = np.array([p(evidence) for evidence in evidences])
            found = " | ".join(share(int((values < rate).sum()), len(values)) for rate in RATES)
            counted = np.median([len(evidence.steps) for evidence in evidences])
            nats = np.median([evidence.nats() for evidence in evidences])
            print(f"| {style} | {bars} | {len(values)} | {counted:.0f} | {nats:.0f} | "
                  f"{found} | {np.median(values):.1e} |", flush=True)  # fmt: skip
    length = ALTERED_BARS if ALTERED_BARS in asked.bars else asked.bars[-1]
    print(f"\n| {length} bars | found at 1e-3, % | at 1e-4, % | median p |\n|-|-|-|-:|", flush=True)
    for name, alter in ALTERATIONS.items():
        values = np.array(
            [p(Evidence.of(alter(work.score))) for style in asked.styles for work in works[style, length]]
        )
        found = " | ".join(share(int((values < rate).sum()), len(values)) for rate in RATES)
        print(f"| {name} | {found} | {np.median(values):.1e} |", flush=True)
    print_costs(asked, works)


def print_costs(asked: argparse.Namespace, works: dict[tuple[str, int], list[Work]]) -> None:
    """Sameness with and without, and false positives."""
    bars = 16 if 16 in asked.bars else asked.bars[-1]
    print(f"\n| {bars} bars | runs shared without, % | with, % |\n|-|-:|-:|", flush=True)
    plain: list[Work] = []
    for style in asked.styles:
        off, on = composed(style, bars, asked.count, "off"), works[style, bars]
        plain += off
        print(f"| {style} | {sameness(off):.1f} | {sameness(on):.1f} |", flush=True)
    generator = np.random.default_rng(0)
    random = [[[generator.bytes(32) for _ in PUBLIC] for _ in range(DRAWS)] for _ in plain]
    values = np.concatenate([drawn(Evidence.of(work.score), sets) for work, sets in zip(plain, random, strict=True)])
    for rate in RATES:
        found = int((values < rate).sum())
        print(f"\nfalse positives at {rate:g}: {found} of {len(values):,}, {share(found, len(values))} %", flush=True)
    if asked.real:
        values = np.array([p(Evidence.of(score)) for score in real(asked.real)])
        for rate in RATES:
            found = int((values < rate).sum())
            print(f"real music at {rate:g}: {found} of {len(values):,}, {share(found, len(values))} %", flush=True)


def print_likelihood(asked: argparse.Namespace) -> None:
    """Likelihood with and without, under the keys of new installations."""
    print(
        "| style | bars | pieces | nats a token without | with | difference, 95 % interval |\n|-|-:|-:|-:|-:|-|",
        flush=True,
    )
    for style in asked.styles:
        for bars in asked.bars:
            nats = np.array([nats_of(style, bars, number) for number in range(asked.installations)])
            _, low, high = mean((nats[:, 1] - nats[:, 0]).mean(axis=1))
            without, with_it = nats.mean(axis=(0, 2))
            cells = f"{without:.3f} | {with_it:.3f} | {low:+.3f} … {high:+.3f}"
            print(f"| {style} | {bars} | {nats[:, 0].size} | {cells} |", flush=True)


def nats_of(style: str, bars: int, number: int) -> list[list[float]]:
    """Nats a token of ten pieces without the watermark, and with that of an installation of their own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = folder
        found = []
        for watermark in ("off", "private"):
            seed = SEED * (number + 1)
            works = firmus.compose(style=style, bars=bars, seed=seed, count=10, effort="quick", watermark=watermark)
            found.append(
                [work.origin.measured["surprise"] for work in sorted(works, key=lambda each: each.origin.seed)]
            )
    return found


def real(folder: Path) -> list[Score]:
    """Pieces of a folder that can be read."""
    scores = []
    for path in sorted(folder.rglob("*")):
        try:
            if path.suffix.lower() in formats.extensions():
                scores += formats.read_all(path)
        except FirmusError:
            continue
    return scores


if __name__ == "__main__":
    main()
