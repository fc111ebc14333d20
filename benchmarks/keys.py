"""How often `firmus.analysis.keys.estimate` finds the written key.

    python benchmarks/keys.py [FOLDER ...]

Reads every music file in the folders that has one written key and at least eight notes (without a folder: the
folk tunes that come with music21) and prints, a folder a line: pieces, per cent with the very key, per cent with
its signature, mean confidence. Many files call a minor or modal piece by its relative major, so the second figure
is a floor and the third says more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from firmus.analysis.keys import estimate
from firmus.errors import FirmusError
from firmus.formats import extensions, read_all
from firmus.score import Key, Score


def tunes(folder: Path) -> Iterator[Score]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in extensions() and path.suffix != ".json":
            try:
                yield from read_all(path, trusted=True)
            except FirmusError:
                continue


def folders() -> list[Path]:
    if sys.argv[1:]:
        return [Path(name) for name in sys.argv[1:]]
    from music21 import corpus

    root = corpus.getCorePaths()[0].parents[1]
    return [root / name for name in ("ryansMammoth", "oneills1850", "airdsAirs")]


def signature(key: Key) -> int:
    return (key.signature + 6) % 12


def main() -> None:
    for folder in folders():
        pieces, right, related, confidence = 0, 0, 0, 0.0
        for score in tunes(folder):
            found = estimate(score) if len(score.keys) == 1 and sum(len(p.notes) for p in score.parts) >= 8 else None
            if found is None:
                continue
            written = score.keys[0]
            pieces += 1
            related += signature(found.key) == signature(written)
            right += found.key.pitch_class == written.pitch_class and found.key.mode == written.mode
            confidence += found.confidence
        if pieces:
            shares = (100 * right / pieces, 100 * related / pieces, confidence / pieces)
            print(
                f"{folder.name:20} {pieces:6} pieces  key {shares[0]:5.1f} %  signature {shares[1]:5.1f} %  "
                f"mean confidence {shares[2]:.2f}"
            )


if __name__ == "__main__":
    main()
