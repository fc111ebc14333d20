"""The character of every piece of a folder of music, cached on disk; only files that are new or changed are read."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus._version import __version__
from firmus.analysis.character import WORDS, character
from firmus.errors import FirmusError, FormatError
from firmus.progress import Progress
from firmus.retrieval.catalogue import DAMAGE, home
from firmus.retrieval.library import Stamp, listed
from firmus.score import Score

FILE = "character.npz"
Floats = NDArray[np.float32]


class Piece(NamedTuple):
    """A piece of a library: its file, which tune of it (from 1), and its title."""

    file: str
    tune: int
    title: str

    @property
    def name(self) -> str:
        """By which a listener names it: its file, with ``#2`` for the second tune."""
        return f"{self.file}#{self.tune}" if self.tune > 1 else self.file


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Pieces and their character.

    Parameters
    ----------
    pieces : tuple of Piece
    values : array (P, C)
        See `firmus.analysis.character`.
    left_out : dict
        Files that could not be read, and why.
    """

    pieces: tuple[Piece, ...]
    values: Floats
    left_out: dict[str, str]


class _File(NamedTuple):
    """A file: size and time, why it could not be read, titles of its tunes, and their character (T, C)."""

    stamp: Stamp
    reason: str
    titles: list[str]
    values: Floats


def of_folder(folder: Path, progress: Progress | None = None) -> Embeddings:
    """The pieces of a folder, and of folders within it.

    Raises
    ------
    FormatError
        Where it is no folder, or holds no music that can be read.
    """
    stamps, path = listed(folder), home(folder) / FILE
    known = _load(path)
    files = {name: each for name, each in known.items() if stamps.get(name) == each.stamp}
    missing = [name for name in stamps if name not in files]
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        read = pool.map(lambda name: _read(folder, name, stamps[name]), missing)
        for done, (name, each) in enumerate(zip(missing, read, strict=True), 1):
            files[name] = each
            if progress:
                progress("read", done, len(missing))
    if missing or len(files) < len(known):
        _save(path, files)
    pieces = [Piece(name, place + 1, title) for name in stamps for place, title in enumerate(files[name].titles)]
    left_out = {name: files[name].reason for name in stamps if files[name].reason}
    if not pieces:
        reason = f"; {next(iter(left_out))}: {next(iter(left_out.values()))}" if left_out else ""
        raise FormatError(f"{folder} holds no music that Firmus reads: {', '.join(formats.extensions())}{reason}")
    return Embeddings(tuple(pieces), np.concatenate([files[name].values for name in stamps]), left_out)


def of_scores(scores: Mapping[str, Score]) -> Embeddings:
    """Pieces in memory, by name.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> of_scores({"tune": Score((Part("", (Note(0, 480, 60),)),))}).values.shape == (1, len(WORDS))
    True
    """
    pieces = tuple(Piece(name, 1, score.title) for name, score in scores.items())
    return Embeddings(pieces, _stacked([character(score) for score in scores.values()]), {})


def of_file(path: Path) -> Embeddings:
    """The tunes of one file.

    Raises
    ------
    FormatError
    """
    scores = formats.read_all(path)
    pieces = tuple(Piece(str(path), place + 1, score.title) for place, score in enumerate(scores))
    return Embeddings(pieces, _stacked([character(score) for score in scores]), {})


def _read(folder: Path, name: str, stamp: Stamp) -> _File:
    try:
        found = of_file(folder / name)
    except FirmusError as error:
        return _File(stamp, str(error), [], _stacked([]))
    return _File(stamp, "", [piece.title for piece in found.pieces], found.values)


def _stacked(rows: list[Floats]) -> Floats:
    return np.array(rows, np.float32).reshape(-1, len(WORDS))


def _load(path: Path) -> dict[str, _File]:
    """What was read before; nothing where the file is absent, damaged, or of another version."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            table = json.loads(archive["table"].tobytes())
            if table["made_by"] != _made_by():
                return {}
            values, files, begin = archive["values"], dict[str, _File](), 0
            for name, size, time, reason, titles in table["files"]:
                files[name] = _File((size, time), reason, titles, values[begin : begin + len(titles)])
                begin += len(titles)
    except DAMAGE:
        return {}
    return files if values.shape == (begin, len(WORDS)) else {}


def _save(path: Path, files: Mapping[str, _File]) -> None:
    """Keep what was read; where nothing can be written it is read again the next time."""
    rows: list[Any] = [[name, *each.stamp, each.reason, each.titles] for name, each in files.items()]
    table = json.dumps({"made_by": _made_by(), "files": rows}).encode()
    held = io.BytesIO()
    values = np.concatenate([each.values for each in files.values()] or [_stacked([])])
    np.savez(held, allow_pickle=False, table=np.frombuffer(table, np.uint8), values=values)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        formats.save(held.getvalue(), path)


def _made_by() -> str:
    """Version that the numbers depend on, besides the files."""
    return f"Firmus {__version__} {','.join(WORDS)}"
