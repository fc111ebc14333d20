"""Calibrate a style: how its parts move, as in real music of it (`firmus.runtime.calibration`).

Protocol: some times over, so many pieces of 16 bars are planned and composed (`--effort quick`, each time with other
seeds), and how often each part takes each step, has notes of each length and is which tone of the chord under it is
counted beside so many times four real pieces of the training split, as `benchmarks/music.py` takes them (their chords
as `firmus.analysis.chords` reads them). What is too frequent loses half of the logarithm of the ratio each time, in
nats; what is written is the mean of the second half of the times.

    python benchmarks/calibrate.py chorale [--rounds 6] [--count 32] [--prepared FILE]
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import firmus
from firmus.analysis import chords
from firmus.learning.real_music import BARS, comparable, excerpts
from firmus.pitch import NO_CHORD, pitch_class
from firmus.runtime import calibration
from firmus.runtime.calibration import LENGTHS, ROLES, SHAPES, STEPS, Calibration, calibrations, tone_of
from firmus.score import Chord, Part, Score
from firmus.timing import bars, beat
from firmus.tokens.events.vocabulary import UNIT
from music import corpus_and_styles, options

TABLE = Path(calibration.__file__).parents[1] / "assets" / "tables" / "calibration.json"
FIRST_SEED = 30001
RATE, MOST = 0.5, 3.0  # share of a correction that is taken; nats
RARE = 0.005  # share below which nothing is corrected much

Counts = dict[str, NDArray[np.float64]]
Piece = tuple[Score, Sequence[Chord]]


def counted(pieces: Sequence[Piece]) -> Counts:
    """Steps (3, 14), lengths (3, 10; the last: others) and tones (3, 2, 5) of some pieces."""
    steps, lengths = np.zeros((len(ROLES), STEPS)), np.zeros((len(ROLES), len(LENGTHS) + 1))
    tones = np.zeros((len(ROLES), *SHAPES["tones"]))
    for score, symbols in pieces:
        starts, bar_starts = [each.start for each in symbols], [bar.start for bar in bars(score)]
        for role, part in roles(score):
            onsets: dict[int, list[int]] = {}
            for note in part.notes:
                onsets.setdefault(note.start, []).append(note.pitch)
                length = (note.end - note.start) // UNIT
                lengths[role][LENGTHS.index(length) if length in LENGTHS else -1] += 1
                place = bisect_right(starts, note.start) - 1
                if place >= 0 and symbols[place].root != NO_CHORD:
                    within = note.start - bar_starts[bisect_right(bar_starts, note.start) - 1]
                    tone = tone_of(note.pitch - pitch_class(symbols[place].root), symbols[place].quality)
                    tones[role][int(within % beat(score.meters[0]) == 0)][tone] += 1
            for (_, left), (_, taken) in pairwise(sorted(onsets.items())):
                for pitch in taken:
                    steps[role][min(abs(pitch - min(left)), STEPS - 1)] += 1
    return {"steps": steps, "lengths": lengths, "tones": tones}


def roles(score: Score) -> list[tuple[int, Part]]:
    """Pitched parts that have notes, and their roles."""
    pitched = [part for part in score.parts if not part.is_drums]
    last = len(pitched) - 1
    return [(0 if place == 0 else 2 if place == last else 1, part) for place, part in enumerate(pitched) if part.notes]


def corrected(now: Calibration, ours: Counts, real: Counts) -> tuple[Calibration, dict[str, float]]:
    """A calibration corrected by what was counted; and by how much of the notes each kind was off."""
    tables, off = [], {}
    for kind, shape in SHAPES.items():
        one, other = (each[kind] / np.maximum(each[kind].sum(axis=-1, keepdims=True), 1) for each in (ours, real))
        off[kind] = float(np.abs(one - other).sum(axis=-1).mean() / 2)
        ratio = np.log((one + RARE) / (other + RARE))[..., : shape[-1]]
        tables.append(np.clip(getattr(now, kind) + RATE * ratio, -MOST, MOST))
    return Calibration(*tables), off


def composed(style: str, first: int, count: int) -> list[Piece]:
    """Pieces composed under plans, with the chords of these."""
    pieces = []
    for seed in range(first, first + count):
        plan = firmus.plan(style=style, bars=BARS, seed=seed).score
        work = firmus.compose(source=plan, style=style, seed=seed, effort="quick")
        pieces.append((comparable(style, work.score), plan.chords))
    return pieces


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("style")
    parser.add_argument("--rounds", type=int, default=6)
    asked = parser.parse_args()
    corpus, _ = corpus_and_styles(asked)
    found = excerpts(corpus.pieces("train"), asked.style, 4 * asked.count, np.random.default_rng(0))
    real = counted([(piece.beginning, chords.recognise(piece.beginning)) for piece in found])
    known, latest = calibrations(), []
    for turn in range(asked.rounds):
        ours = counted(composed(asked.style, FIRST_SEED + turn * asked.count, asked.count))
        known[asked.style], off = corrected(known.get(asked.style, Calibration.of({})), ours, real)
        latest.append(known[asked.style])
        print(f"{asked.style} {turn}: off by " + ", ".join(f"{kind} {each:.3f}" for kind, each in off.items()),
              flush=True)  # fmt: skip
    last = latest[len(latest) // 2 :]
    known[asked.style] = Calibration(*(np.mean([getattr(each, kind) for each in last], axis=0) for kind in SHAPES))
    lines = (f"  {json.dumps(style)}: {json.dumps(each.as_dict())}" for style, each in sorted(known.items()))
    TABLE.write_text('{"styles": {\n' + ",\n".join(lines) + "\n}}\n", "utf-8")


if __name__ == "__main__":
    main()
