"""A collection of music to compare with: its index, and the title of each piece. One is shipped: the training music."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from firmus.analysis.fingerprints import Index, Melodies
from firmus.analysis.lines import Lines

SHIPPED = Path(__file__).parent.parent / "assets" / "originality"
TRAINING = "the training music of Firmus"
WINDOW = 11  # of so many n-grams in a row the shipped index keeps one


class Source(NamedTuple):
    """A piece of the collection: title and composer, ``""`` where unknown; the set, or the file, that it is from."""

    title: str
    composer: str
    origin: str


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Pieces to compare with.

    Parameters
    ----------
    index : Index
    sources : sequence of Source
        One a piece.
    name : str
        Of the whole.
    """

    index: Index
    sources: Sequence[Source]
    name: str

    @classmethod
    def of(cls, lines: Lines, sources: Sequence[Source], name: str, window: int = 1) -> Collection:
        """Index the lines of some pieces."""
        return cls(Index.of(lines, Melodies.of(lines), len(sources), window), sources, name)


def save(collection: Collection, folder: Path) -> None:
    """Write a collection into a folder: two arrays, which are memory-mapped, and a table of the pieces."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "words.npy", collection.index.words)
    np.save(folder / "bars.npy", collection.index.bars)
    table = {"name": collection.name, "starts": collection.index.starts.tolist(), "sources": collection.sources}
    (folder / "pieces.json.gz").write_bytes(gzip.compress(json.dumps(table, ensure_ascii=False).encode(), 9, mtime=0))


def load(folder: Path) -> Collection:
    """Read a collection; the inverse of `save`."""
    table = json.loads(gzip.decompress((folder / "pieces.json.gz").read_bytes()))
    mapped = (np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ("words", "bars"))
    words, bars = (each.view(np.ndarray) for each in mapped)  # of which a look-up costs less
    index = Index(words, bars, np.array(table["starts"], np.int64))
    return Collection(index, [Source(*each) for each in table["sources"]], table["name"])


@cache
def shipped() -> Collection:
    """The music that the shipped weights learnt from."""
    return load(SHIPPED)
