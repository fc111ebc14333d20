"""The catalogue of a folder of music: its files and their melodies, cached on disk between searches.

One file holds everything, as plain arrays (NumPy's ``.npz``, with checksums, no pickle); it is written to a temporary
name and then renamed, so that it is complete or absent. It is in the user's cache folder, not among the music. A file
that cannot be read, because it is damaged or of another version, is ignored.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import lines
from firmus.analysis.lines import Lines
from firmus.analysis.similarity import WIDTH
from firmus.caching import cache_folder
from firmus.errors import FormatError

VERSION = 1
DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)
Points = NDArray[np.float16]


class File(NamedTuple):
    """A file of the folder.

    Parameters
    ----------
    name : str
        Path in the folder, with ``/``.
    size, time : int
        Bytes; nanoseconds of its last change.
    reason : str
        Why it could not be read, ``""`` where it was.
    tunes : list
        Title and names of the parts of each tune.
    """

    name: str
    size: int
    time: int
    reason: str
    tunes: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Files of a folder and their contents.

    Parameters
    ----------
    files : list of File
        Their tunes, in order, are the pieces.
    lines : Lines
        Of all pieces.
    points : array (P, 256) of float16
        Feature vector of the melody of each piece; see `firmus.analysis.similarity`.
    ids : array (P,) of int64
        Ids of the pieces in the graph of neighbours, rising; -1 for those that are not in it yet.
    """

    files: list[File]
    lines: Lines
    points: Points
    ids: NDArray[np.int64]

    @property
    def pieces(self) -> int:
        """How many there are."""
        return sum(len(file.tunes) for file in self.files)

    def select(self, mask: Sequence[bool]) -> Catalogue:
        """Only some of the files."""
        pieces = np.repeat(np.array(mask, bool), [len(file.tunes) for file in self.files])
        files = list(itertools.compress(self.files, mask))
        return Catalogue(files, self.lines.select(pieces), self.points[pieces], self.ids[pieces])


def joined(catalogues: Sequence[Catalogue]) -> Catalogue:
    """Several catalogues as one."""
    return Catalogue(
        [file for each in catalogues for file in each.files],
        lines.joined([each.lines for each in catalogues], [each.pieces for each in catalogues]),
        np.concatenate([np.empty((0, WIDTH), np.float16), *(each.points for each in catalogues)]),
        np.concatenate([np.empty(0, np.int64), *(each.ids for each in catalogues)]),
    )


def home(folder: Path) -> Path:
    """Cache folder of a folder of music, by its absolute path, in ``FIRMUS_CACHE`` or the user's cache folder."""
    whole = folder.resolve()
    digest = hashlib.blake2b(str(whole).encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    return cache_folder() / "search" / f"{whole.name or 'root'}-{digest}"


def save(path: Path, made_by: str, catalogue: Catalogue, extra: dict[str, NDArray[Any]] | None = None) -> None:
    """Write a catalogue, and arrays derived from it, as one file, atomically.

    Raises
    ------
    FormatError
        Where it cannot be written.
    """
    document = {"version": VERSION, "made_by": made_by, "files": catalogue.files}
    table = np.frombuffer(json.dumps(document, separators=(",", ":")).encode(), np.uint8)
    arrays = {each.name: getattr(catalogue.lines, each.name) for each in fields(Lines)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as target:
            np.savez(
                target,
                allow_pickle=False,
                table=table,
                points=catalogue.points,
                ids=catalogue.ids,
                **arrays,
                **(extra or {}),
            )
        temporary.replace(path)
    except OSError as error:
        raise FormatError(
            f"the index cannot be kept in {path.parent}: {error.strerror or error}; set FIRMUS_CACHE to a folder that "
            "can be written"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Path, made_by: str, extra_names: Iterable[str] = ()) -> tuple[Catalogue, dict[str, NDArray[Any]]] | None:
    """Read a catalogue and some arrays derived from it; None where the file is absent, damaged, or made by another.

    Parameters
    ----------
    path : Path
    made_by : str
        As passed to `save`.
    extra_names : names of arrays
        Of `extra`; absent ones are left out.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            document = json.loads(archive["table"].tobytes())
            if document["version"] != VERSION or document["made_by"] != made_by:
                return None
            melodies = Lines(**{each.name: archive[each.name] for each in fields(Lines)})
            files = [File(*row) for row in document["files"]]
            catalogue = Catalogue(files, melodies, archive["points"], archive["ids"])
            extra = {name: archive[name] for name in extra_names if name in archive.files}
    except DAMAGE:
        return None
    return (catalogue, extra) if _fits(catalogue) else None


def _fits(catalogue: Catalogue) -> bool:
    """Whether the arrays are consistent."""
    lines, pieces = catalogue.lines, catalogue.pieces
    notes = lines.starts[-1] if len(lines.starts) else -1
    per_note = len(lines.pitches) == len(lines.lengths) == len(lines.bars) == notes
    per_line = len(lines.starts) - 1 == len(lines.pieces) == len(lines.parts)
    per_piece = catalogue.points.shape == (pieces, WIDTH) and len(catalogue.ids) == pieces
    within = len(lines.pieces) == 0 or 0 <= lines.pieces[0] <= lines.pieces[-1] < pieces
    return bool(per_note and per_line and per_piece and within)
