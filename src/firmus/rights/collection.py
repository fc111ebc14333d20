"""A collection of music to compare with: its melodies, and the title of each piece. One is shipped: the training music.

What is shipped keeps less of each melody than could be played: steps modulo four semitones, and ratios of lengths in
five classes. Where its notes stand is worked out from it once, and kept in the user's cache folder.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus import progress
from firmus.analysis.lines import Lines
from firmus.analysis.melodies import WHOLE, Melodies, Symbols
from firmus.analysis.melody_index import MelodyIndex
from firmus.analysis.seeds import Seeds
from firmus.analysis.surprise import Surprise
from firmus.caching import cache_folder, kept

SHIPPED = Path(__file__).parent.parent / "assets" / "originality"
TRAINING = "the training music of Firmus"
KEPT = 4  # semitones modulo which the shipped index keeps steps


class Source(NamedTuple):
    """A piece of the collection: title, composer, licence, ``""`` where unknown; the set, or the file, it is from."""

    title: str
    composer: str
    origin: str
    licence: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Pieces to compare with.

    Parameters
    ----------
    index : MelodyIndex
    bars : array (N,) of uint16
        Number of the bar in which each of its notes begins.
    sources : sequence of Source
        One a piece.
    name : str
        Of the whole.
    """

    index: MelodyIndex
    bars: NDArray[np.uint16]
    sources: Sequence[Source]
    name: str

    @classmethod
    def of(
        cls,
        lines: Lines,
        sources: Sequence[Source],
        name: str,
        modulus: int = WHOLE,
        surprise: Surprise | None = None,
    ) -> Collection:
        """Index the lines of some pieces; what is usual is as in the training music, unless it is said."""
        melodies = Melodies.of(lines)
        symbols = Symbols.of(melodies, modulus)
        of_line = np.searchsorted(lines.pieces, np.arange(len(sources) + 1))
        starts = np.searchsorted(melodies.lines, of_line).astype(np.int64)
        index = MelodyIndex(symbols, starts, Seeds.of(symbols), surprise or usual())
        return cls(index, melodies.bars, sources, name)


def save(collection: Collection, folder: Path) -> None:
    """Write a collection into a folder: its melodies, and a table of the pieces."""
    folder.mkdir(parents=True, exist_ok=True)
    symbols, surprise = collection.index.symbols, collection.index.surprise
    arrays = {
        "pitches": symbols.pitches,
        "rhythms": symbols.rhythms,
        "bars": np.diff(collection.bars, prepend=collection.bars[:1]),
        "starts": collection.index.starts,
        "modulus": np.array(symbols.modulus),
        "steps": surprise.steps,
        "ratios": surprise.rhythms,
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    (folder / "melodies.npz.xz").write_bytes(lzma.compress(buffer.getvalue(), preset=9))
    table = {"name": collection.name, "sources": collection.sources}
    (folder / "pieces.json.gz").write_bytes(gzip.compress(json.dumps(table, ensure_ascii=False).encode(), 9, mtime=0))


def load(folder: Path) -> Collection:
    """Read a collection; the inverse of `save`. What is worked out from it is kept in the cache folder."""
    packed = (folder / "melodies.npz.xz").read_bytes()
    home = cache_folder() / "originality" / blake2b(packed, digest_size=8).hexdigest()
    arrays = kept(home, lambda: _worked_out(packed))
    table = json.loads(gzip.decompress((folder / "pieces.json.gz").read_bytes()))
    modulus = int(arrays["modulus"])
    index = MelodyIndex(
        Symbols(arrays["pitches"], arrays["rhythms"], modulus),
        arrays["starts"],
        Seeds(arrays["firsts"], arrays["places"], arrays["following"], modulus),
        Surprise(arrays["steps"], arrays["ratios"]),
    )
    return Collection(index, arrays["bars"], [Source(*each) for each in table["sources"]], table["name"])


def _worked_out(packed: bytes) -> dict[str, NDArray[Any]]:
    """All arrays of a collection, from those that are saved."""
    show = progress.shown() or (lambda *_: None)
    title = "the originality index is made, once"
    show(title, 0, 2)
    with np.load(io.BytesIO(lzma.decompress(packed)), allow_pickle=False) as archive:
        arrays = dict(archive)
    show(title, 1, 2)
    arrays["bars"] = np.cumsum(arrays["bars"], dtype=np.uint16)
    seeds = Seeds.of(Symbols(arrays["pitches"], arrays["rhythms"], int(arrays["modulus"])))
    show(title, 2, 2)
    return {**arrays, "firsts": seeds.firsts, "places": seeds.places, "following": seeds.following}


@cache
def shipped() -> Collection:
    """The music that the shipped weights learnt from."""
    return load(SHIPPED)


@cache
def usual() -> Surprise:
    """What is usual in the training music, of whole melodies."""
    with np.load(SHIPPED / "usual.npz", allow_pickle=False) as archive:
        return Surprise(archive["steps"], archive["ratios"])
