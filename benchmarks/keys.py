"""How often `firmus.analysis.keys.estimate` finds the written key.

    python benchmarks/keys.py [--sets aird,mutopia] [--data ../shared/data] [FOLDER ...]

Takes every tune of some sets (`firmus.learning.sources`; without any the folk tunes that come with music21) or of
folders that has one written key and at least eight notes, and prints, a set a line: pieces, per cent with the very key,
per cent with its signature, mean confidence. Many files call a minor or modal piece by its relative major, and MIDI
files say what their editor's program wrote, so the second figure is a floor and the third says more.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from firmus import formats
from firmus.analysis.keys import estimate
from firmus.errors import FirmusError
from firmus.learning.sources import Source, folder, source
from firmus.score import Key, Score

FOLK = "ryan,oneills,aird"


def tunes(chosen: Source, data: Path) -> Iterator[Score]:
    for document in chosen.read(data):
        try:
            yield from formats.read_all(document.data, trusted=True)
        except FirmusError:
            continue


def signature(key: Key) -> int:
    return (key.signature + 6) % 12


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folders", nargs="*", type=Path)
    options.add_argument("--sets", default="")
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = options.parse_args()
    names = (asked.sets or ("" if asked.folders else FOLK)).split(",")
    for chosen in [*(source(name) for name in names if name), *(folder(path) for path in asked.folders)]:
        pieces, right, related, confidence = 0, 0, 0, 0.0
        for score in tunes(chosen, asked.data):
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
                f"{chosen.name:20} {pieces:6} pieces  key {shares[0]:5.1f} %  signature {shares[1]:5.1f} %  "
                f"mean confidence {shares[2]:.2f}"
            )


if __name__ == "__main__":
    main()
