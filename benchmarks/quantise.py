"""Quantising what was played in: whether the beats are found, and the composer knows the music again.

Written pieces are played by a simulated player: the tempo wanders by some percent, each onset misses its place by some
milliseconds, and the file says 120 quarter notes a minute whatever is played. Of each the columns say whether the beat
is that of the piece (1), half or double (2), or another (0); the share of onsets, as places in the piece's beat, that
are right where it is 1 or 2; and the composer's nats a note of the piece as written, as played and as quantised.

    python benchmarks/quantise.py FOLDER --pieces 40 --nats
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from firmus import formats, timing
from firmus.analysis import quantisation
from firmus.errors import FirmusError
from firmus.evaluation import likelihood
from firmus.runtime import stepper
from firmus.score import TICKS_PER_QUARTER, Score, Tempo
from firmus.tokens import events

BARS = 24


def played(score: Score, generator: np.random.Generator, drift: float, jitter: float) -> Score:
    """A Score as a player might play it in, in ticks of a clock at 120."""
    quarters = score.end // TICKS_PER_QUARTER + 2
    walk = np.cumsum(generator.normal(size=quarters) * drift / 4)
    pace = 60 / generator.uniform(65, 140) * np.exp(np.clip(walk, -0.12, 0.12))
    at = np.concatenate([[0.3], 0.3 + np.cumsum(pace)])
    beats = np.arange(len(at)) * TICKS_PER_QUARTER
    parts = []
    for part in score.parts:
        starts = (
            np.interp([note.start for note in part.notes], beats, at) + generator.normal(size=len(part.notes)) * jitter
        )
        ends = np.interp([note.end for note in part.notes], beats, at) - generator.uniform(0, 0.06, len(part.notes))
        notes = [
            replace(note, start=max(round(a * 960), 0), duration=max(round((b - a) * 960), 30))
            for note, a, b in zip(part.notes, starts, ends, strict=True)
        ]
        parts.append(replace(part, notes=tuple(notes)))
    return Score(tuple(parts), tempi=(Tempo(0, 120.0),))


def level(score: Score, quantised: Score) -> tuple[int, float]:
    """Whether the beat is that of the piece, and the share of onsets that are right."""
    ratio = quantised.end / score.end
    kind = next((kind for kind, factor in ((1, 1.0), (2, 0.5), (2, 2.0)) if abs(ratio / factor - 1) < 0.06), 0)
    if not kind:
        return 0, 0.0
    factor = min((0.5, 1.0, 2.0), key=lambda each: abs(ratio / each - 1))
    rights, total = 0, 0
    for part, other in zip(score.parts, quantised.parts, strict=True):
        if len(part.notes) != len(other.notes):
            continue
        want = np.array([note.start for note in part.notes]) * factor
        have = np.array([note.start for note in other.notes])
        shift = np.bincount(np.clip(have - want + 4800, 0, 9600).astype(int)).argmax() - 4800
        rights += int(np.count_nonzero(np.abs(have - want - shift) < 11))
        total += len(want)
    return kind, rights / max(total, 1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pieces", type=int, default=40)
    parser.add_argument("--drift", type=float, default=0.02, help="wandering of the tempo from beat to beat, a share")
    parser.add_argument("--jitter", type=float, default=0.015, help="seconds, standard deviation of an onset")
    parser.add_argument("--nats", action="store_true", help="also measure the composer's nats a note")
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    files = sorted(path for path in options.folder.rglob("*") if path.suffix in (".mid", ".mxl", ".abc"))
    generator.shuffle(files)  # type: ignore[arg-type]
    rows = []
    for path in files:
        if len(rows) == options.pieces:
            break
        try:
            score = excerpt(formats.read(path))
        except FirmusError:
            continue
        if score is None:
            continue
        take = played(score, generator, options.drift, options.jitter)
        if not quantisation.is_played(take):
            print("not seen as played:", path.name)
        try:
            result = quantisation.quantise(take)
            kind, onsets = level(score, result.score)
        except FirmusError as error:
            result, kind, onsets = None, 0, 0.0
            print(path.name, error)
        nats = [float("nan")] * 3
        if options.nats and result:
            nats = [nats_of(each) for each in (score, take, result.score)]
        rows.append((kind, onsets, *nats, is_same_meter(score, result)))
        print(f"{path.name[:40]:42}{kind}  {onsets:.2f}  " + "  ".join(f"{each:5.2f}" for each in nats), flush=True)
    table = np.array(rows, float)
    right = table[:, 0] > 0
    print(f"pieces {len(rows)}, level 1: {np.mean(table[:, 0] == 1):.2f}, 1 or 2: {right.mean():.2f}")
    print(f"onsets right (level 1 or 2): {table[right, 1].mean():.3f}; meter right: {table[:, 5].mean():.2f}")
    if options.nats:
        print("nats a note, written, played, quantised:", np.nanmean(table[:, 2:5], axis=0).round(2))


def excerpt(score: Score) -> Score | None:
    """The first bars of a piece that is written on the grid, has notes enough and begins with one."""
    bars = timing.bars(score)
    if len(bars) < 12 or score.pickup or quantisation.is_played(score) or len(score.meters) > 1:
        return None
    stop = bars[min(BARS, len(bars)) - 1].end
    parts = tuple(
        replace(part, notes=tuple(note for note in part.notes if note.end <= stop), pedal=()) for part in score.parts
    )
    parts = tuple(part for part in parts if part.notes)
    starts = [note.start for part in parts for note in part.notes]
    if len(starts) < 60 or min(starts) > 0 or any(part.is_drums for part in parts):
        return None
    return Score(parts, meters=score.meters, keys=score.keys[:1], tempi=score.tempi[:1])


def is_same_meter(score: Score, result: quantisation.Quantised | None) -> bool:
    """Whether the meter is that of the piece, 2/4 and 4/4 alike."""
    same = {"2/4": "4/4", "2/2": "4/4", "4/4": "4/4"}
    texts = [same.get(each.meters[0].text, each.meters[0].text) for each in (score, result.score)] if result else [0, 1]
    return texts[0] == texts[1]


def nats_of(score: Score) -> float:
    """Nats a note of the composer, as music for piano."""
    prepared = events.bare(events.prepare(score, "piano"))
    drawn = likelihood.draw_window(prepared, 1500, np.random.default_rng(0))
    if drawn is None:
        return float("nan")
    return float(likelihood.nats(stepper.load("composer"), [drawn])[0].sum()) / drawn.notes


if __name__ == "__main__":
    main()
