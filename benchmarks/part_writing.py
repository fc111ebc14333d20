"""How pieces in parts are led, and which harmony they have: parallels, crossings, clashes, falling fifths, cadences.

Of pieces composed with defaults (16 bars, consecutive seeds): shares as `firmus.analysis.voice_leading` counts them;
``clash`` is the share of beats on which two notes are a semitone apart (in any octave); ``falling fifths`` and ``V-I``
are shares of the changes of root of the recognised chords.

    python benchmarks/part_writing.py chorale hymn choir quartet --count 24
"""

from __future__ import annotations

import argparse
from itertools import combinations, pairwise

import numpy as np

import firmus
from firmus.analysis import chords, voice_leading
from firmus.pitch import NO_CHORD, pitch_class
from firmus.score import TICKS_PER_QUARTER, Score


def clashes(score: Score) -> float:
    """Share of the beats with three notes and more on which two are a semitone apart."""
    beats = []
    for tick in range(0, score.end, TICKS_PER_QUARTER):
        sounding = [note.pitch for part in score.parts for note in part.notes if note.start <= tick < note.end]
        if len(sounding) > 2:
            beats.append(any(abs(one - two) % 12 in (1, 11) for one, two in combinations(sounding, 2)))
    return float(np.mean(beats)) if beats else 0.0


def roots(score: Score) -> list[int]:
    """Steps above the tonic of the roots of the recognised chords."""
    tonic = score.keys[0].pitch_class
    return [(pitch_class(chord.root) - tonic) % 12 for chord in chords.recognise(score) if chord.root != NO_CHORD]


def main() -> None:
    """Print a row for each style."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("styles", nargs="+")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for style in options.styles:
        works = firmus.compose(style=style, bars=16, seed=options.seed, count=options.count)
        scores = [work.score for work in works] if isinstance(works, list) else [works.score]
        faults = [voice_leading.faults(score) for score in scores]
        changes = [pair for score in scores for pair in pairwise(roots(score)) if pair[0] != pair[1]]
        row = {name: np.mean([each[name] for each in faults]) for name in ("parallels", "crossings")}
        row["clash"] = np.mean([clashes(score) for score in scores])
        row["falling fifths"] = np.mean([(two - one) % 12 == 5 for one, two in changes])
        row["V-I"] = np.mean([pair == (7, 0) for pair in changes])
        print(f"{style:10}" + "  ".join(f"{name} {value:.3f}" for name, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
