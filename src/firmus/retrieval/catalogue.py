"""What is kept of a folder of music between searches: its files, their melodies, and a file that holds them.

One file holds everything, as plain arrays (NumPy's ``.npz``, checksums in it, no pickle); it is written beside its
place and then renamed, so that it is whole or not there. It lies in the user's cache folder, not among the music. What
cannot be read, because it is damaged or of another version, counts as nothing kept.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
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
    """Files of a folder and what was read in them.

    Parameters
    ----------
    files : list of File
        Their tunes, in order, are the pieces.
    lines : Lines
        Of all pieces.
    points : array (P, 256) of float16
        Where the melody of each piece lies, as `firmus.analysis.similarity` places it.
    ids : array (P,) of int64
        Names of the pieces in the graph of neighbours, rising; -1 for those that are not in it yet.
    """

    files: list[File]
    lines: Lines
    points: Points
    ids: NDArray[np.int64]

    @property
    def pieces(self) -> int:
        """How many there are."""
        return sum(len(file.tunes) for file in self.files)

    def kept(self, keep: Sequence[bool]) -> Catalogue:
        """Only some of the files."""
        pieces = np.repeat(np.array(keep, bool), [len(file.tunes) for file in self.files])
        files = list(itertools.compress(self.files, keep))
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
    """Where what is kept of a folder lies: by its whole path, in ``FIRMUS_CACHE`` or the user's cache folder."""
    whole = folder.resolve()
    digest = hashlib.blake2b(str(whole).encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    return _cache() / "search" / f"{whole.name or 'root'}-{digest}"


def _cache() -> Path:
    if chosen := os.environ.get("FIRMUS_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "firmus" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "firmus"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "firmus"


def save(path: Path, made_by: str, catalogue: Catalogue, extra: dict[str, NDArray[Any]] | None = None) -> None:
    """Write a catalogue, and what was made of it, as one file: whole or not at all.

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
                target, allow_pickle=False, table=table, points=catalogue.points, ids=catalogue.ids, **arrays,
                **(extra or {}),
            )  # fmt: skip
        temporary.replace(path)
    except OSError as error:
        raise FormatError(
            f"the index cannot be kept in {path.parent}: {error.strerror or error}; set FIRMUS_CACHE to a folder that "
            "can be written"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Path, made_by: str, wanted: Iterable[str] = ()) -> tuple[Catalogue, dict[str, NDArray[Any]]] | None:
    """Read a catalogue and some of what was made of it; None where the file is not there, damaged, or made by another.

    Parameters
    ----------
    path : Path
    made_by : str
        What `save` was told.
    wanted : names of arrays
        Of `extra`; those that are not there are left out.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            document = json.loads(archive["table"].tobytes())
            if document["version"] != VERSION or document["made_by"] != made_by:
                return None
            found = Lines(**{each.name: archive[each.name] for each in fields(Lines)})
            files = [File(*row) for row in document["files"]]
            catalogue = Catalogue(files, found, archive["points"], archive["ids"])
            extra = {name: archive[name] for name in wanted if name in archive.files}
    except DAMAGE:
        return None
    return (catalogue, extra) if _fits(catalogue) else None


def _fits(catalogue: Catalogue) -> bool:
    """Whether the arrays belong together."""
    told, pieces = catalogue.lines, catalogue.pieces
    whole = len(told.pitches) == len(told.lengths) == len(told.bars) == (told.starts[-1] if len(told.starts) else -1)
    per_line = len(told.starts) - 1 == len(told.pieces) == len(told.parts)
    per_piece = catalogue.points.shape == (pieces, WIDTH) and len(catalogue.ids) == pieces
    within = len(told.pieces) == 0 or 0 <= told.pieces[0] <= told.pieces[-1] < pieces
    return bool(whole and per_line and per_piece and within)
