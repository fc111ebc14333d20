"""A searchable folder of music with an incremental index: only files that are new or changed are read again."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus._version import __version__
from firmus.analysis import lines, similarity
from firmus.analysis.ngram_index import Seeds
from firmus.errors import FirmusError, FormatError
from firmus.progress import Progress
from firmus.retrieval import catalogue as _catalogue
from firmus.retrieval.catalogue import Catalogue, File
from firmus.retrieval.neighbours import Neighbours
from firmus.rights.collection import Collection, Source
from firmus.score import Score

Stamp = tuple[int, int]  # size in bytes, nanoseconds of the last change
PREFERRED = (
    ".musicxml",
    ".xml",
    ".mxl",
    ".mid",
    ".midi",
    ".abc",
    ".krn",
    ".json",
)  # of files with one name, which is read
CHUNK = 2000  # files after which the catalogue so far is saved
AHEAD = 64  # files that are read ahead
INDEX, SEEDS, GRAPH = "index.npz", ("codes", "firsts", "places"), "graph"


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """A folder's music with its search index.

    Parameters
    ----------
    folder : Path
    catalogue : Catalogue
    seeds : Seeds
    neighbours : Neighbours
    where : array (P, 2)
        File and tune of each piece, both from 0.
    """

    folder: Path
    catalogue: Catalogue
    seeds: Seeds
    neighbours: Neighbours
    where: NDArray[np.int64]

    @property
    def left_out(self) -> dict[str, str]:
        """Files that could not be read, and why."""
        return {file.name: file.reason for file in self.catalogue.files if file.reason}

    def collection(self, name: str) -> Collection:
        """Its pieces, to compare others with."""
        sources = [
            Source(title or file.name, "", f"{file.name}#{number}" if len(file.tunes) > 1 else file.name)
            for file in self.catalogue.files
            for number, (title, _) in enumerate(file.tunes, 1)
        ]
        return Collection.of(self.catalogue.lines, sources, name)


_OPEN: dict[Path, tuple[Stamp, Library]] = {}  # the library opened last, and the stamp of its index


def open_library(folder: Path, progress: Progress | None = None, *, rebuild: bool = False) -> Library:
    """Update the index of a folder, and open it.

    Progress is saved: an interrupted run is resumed by the next. Of two concurrent runs each writes a complete index,
    and the last one stays.

    Parameters
    ----------
    folder : Path
    progress : callable, optional
        Called with a title, files done and files in total.
    rebuild : bool
        Whether every file is read again.

    Raises
    ------
    FormatError
        Where it is no folder, or holds no music that Firmus reads.
    """
    stamps = listed(folder)
    home, made_by = _catalogue.home(folder), _made_by()
    index = home / INDEX
    before = _OPEN.get(home)
    if before and not rebuild and before[0] == _stamp(index) and _same(before[1].catalogue, stamps):
        return before[1]
    library = None if rebuild else _loaded(folder, index, made_by)
    if library is None or not _same(library.catalogue, stamps) or not library.neighbours.is_complete:
        library = _updated(folder, stamps, library, home, progress, rebuild)
    _OPEN.clear()
    if (stamp := _stamp(index)) is not None:
        _OPEN[home] = (stamp, library)
    return library


def listed(folder: Path) -> dict[str, Stamp]:
    """Size and time of every music file of a folder, by name; of files of one name and several suffixes one is read.

    Files and folders whose names begin with a dot are left out, and so are links that lead out of the folder.

    Raises
    ------
    FormatError
        Where there is no such folder.
    """
    if not folder.is_dir():
        reason = "it is a file: name the folder it lies in" if folder.exists() else "there is no such folder"
        raise FormatError(f"{folder}: {reason}")
    chosen: dict[str, tuple[int, str, os.stat_result]] = {}
    root = folder.resolve()
    for directory, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in names:
            stem, suffix = os.path.splitext(name)
            if suffix.lower() not in PREFERRED or name.startswith("."):
                continue
            path = os.path.join(directory, name)
            if os.path.islink(path) and not Path(path).resolve().is_relative_to(root):
                continue
            rank, key = PREFERRED.index(suffix.lower()), os.path.join(directory, stem)
            if key not in chosen or rank < chosen[key][0]:
                with contextlib.suppress(OSError):  # it was deleted meanwhile
                    chosen[key] = (rank, path, os.stat(path))
    stamps = {
        Path(os.path.relpath(path, folder)).as_posix(): (stat.st_size, stat.st_mtime_ns)
        for _, path, stat in chosen.values()
    }
    return dict(sorted(stamps.items()))


def read(folder: Path, name: str, size: int, time: int) -> Catalogue:
    """Read one file of a folder; one that cannot be read says why, and has no tunes."""
    try:
        return _catalogued(File(name, size, time, "", []), formats.read_all(folder / name))
    except FirmusError as error:
        return _catalogued(File(name, size, time, str(error), []), [])


def of_scores(pieces: Mapping[str, Score], progress: Progress | None = None) -> Library:
    """A library of pieces in memory, by name; it is not saved.

    Raises
    ------
    FormatError
        Where none of them has a melody.
    """
    catalogues = []
    for done, (name, score) in enumerate(pieces.items(), 1):
        catalogues.append(_catalogued(File(name, 0, 0, "", []), [score]))
        if progress:
            progress("search", done, len(pieces))
    catalogue = _catalogue.joined(catalogues)
    if not catalogue.pieces:
        raise FormatError(f"none of the {len(pieces)} pieces has a melody that could be searched")
    neighbours = Neighbours(catalogue.points, catalogue.ids, np.empty(0, np.uint8)).completed()
    catalogue = replace(catalogue, ids=neighbours.ids)
    return Library(Path(), catalogue, Seeds.of(catalogue.lines), neighbours, _where(catalogue.files))


def _catalogued(file: File, scores: Sequence[Score]) -> Catalogue:
    """Catalogue of the tunes of a file; of one without a melody, with the reason."""
    try:
        melodies = [lines.of_score(score) for score in scores]
        points = [similarity.point(lines.query(score)) for score in scores]
        if scores and not any(len(each) for each in melodies):
            raise FormatError("it has no melody of two notes or more")
    except FirmusError as error:
        file, scores, melodies, points = file._replace(reason=str(error)), [], [], []
    tunes = [(score.title, [part.name for part in score.parts]) for score in scores]
    return Catalogue(
        [file._replace(tunes=tunes)],
        lines.joined(melodies, [1] * len(melodies)),
        np.array(points, np.float16).reshape(-1, similarity.WIDTH),
        np.full(len(points), -1, np.int64),
    )


def _loaded(folder: Path, index: Path, made_by: str) -> Library | None:
    """The library as saved; None where there is none, or it is damaged."""
    loaded = _catalogue.load(index, made_by, (*SEEDS, GRAPH))
    if loaded is None or any(name not in loaded[1] for name in SEEDS):
        return None
    catalogue, extra = loaded
    seeds = Seeds(*(extra[name] for name in SEEDS))
    neighbours = Neighbours(catalogue.points, catalogue.ids, extra.get(GRAPH, np.empty(0, np.uint8)))
    return Library(folder, catalogue, seeds, neighbours, _where(catalogue.files))


def _updated(
    folder: Path,
    stamps: dict[str, Stamp],
    library: Library | None,
    home: Path,
    progress: Progress | None,
    rebuild: bool,
) -> Library:
    """Read the files that are not in the index, and save it."""
    made_by = _made_by()
    parts = sorted(home.glob("part-*.npz"))
    saved = [library.catalogue] if library else []
    saved += [] if rebuild else [each[0] for path in parts if (each := _catalogue.load(path, made_by))]
    missing, current = dict(stamps), []
    for catalogue in saved:
        is_current = [missing.get(file.name) == (file.size, file.time) for file in catalogue.files]
        for file in itertools.compress(catalogue.files, is_current):
            del missing[file.name]
        current.append(catalogue.select(is_current))
    with _Reader(folder, home, made_by) as reader:
        reader.read(missing, progress)
    catalogue = _catalogue.joined([*current, *reader.chunks])
    if not catalogue.pieces:
        raise FormatError(_no_music(folder, catalogue.files))
    seeds = Seeds.of(catalogue.lines)
    graph = library.neighbours.packed if library else np.empty(0, np.uint8)
    neighbours = Neighbours(catalogue.points, catalogue.ids, graph).completed()
    catalogue = replace(catalogue, ids=neighbours.ids)
    extra = {name: getattr(seeds, name) for name in SEEDS} | {GRAPH: neighbours.packed}
    _catalogue.save(home / INDEX, made_by, catalogue, extra)
    for path in [*parts, *reader.parts]:
        path.unlink(missing_ok=True)
    return Library(folder, catalogue, seeds, neighbours, _where(catalogue.files))


class _Reader:
    """Reads files of a folder, and saves partial catalogues periodically, and when it is interrupted."""

    def __init__(self, folder: Path, home: Path, made_by: str) -> None:
        self.folder, self.home, self.made_by = folder, home, made_by
        self.chunks: list[Catalogue] = []
        self.parts: list[Path] = []
        self._read: list[Catalogue] = []

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._read:
            self._flush(with_file=kind is not None)

    def read(self, stamps: dict[str, Stamp], progress: Progress | None) -> None:
        """Read files in order, some ahead."""
        with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
            waiting: deque[Future[Catalogue]] = deque()
            left = iter(stamps.items())
            try:
                for done in range(1, len(stamps) + 1):
                    for name, stamp in itertools.islice(left, AHEAD - len(waiting)):
                        waiting.append(pool.submit(read, self.folder, name, *stamp))
                    self._read.append(waiting.popleft().result())
                    if len(self._read) >= CHUNK:
                        self._flush(with_file=True)
                    if progress:
                        progress("search", done, len(stamps))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _flush(self, *, with_file: bool) -> None:
        """Join what was read into one catalogue, and save it to a file for a later run."""
        chunk, self._read = _catalogue.joined(self._read), []
        if with_file:
            path = self.home / f"part-{os.getpid()}-{len(self.parts)}.npz"
            self.parts.append(path)
            _catalogue.save(path, self.made_by, chunk)
        self.chunks.append(chunk)


def _made_by() -> str:
    """Version that an index depends on, besides the files."""
    return f"Firmus {__version__}"


def _stamp(path: Path) -> Stamp | None:
    """Size and time of a file; None where it does not exist."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _same(catalogue: Catalogue, stamps: dict[str, Stamp]) -> bool:
    """Whether a catalogue is up to date with these files."""
    return {file.name: (file.size, file.time) for file in catalogue.files} == stamps


def _where(files: list[File]) -> NDArray[np.int64]:
    """File and tune (P, 2) of every piece."""
    counts = np.array([len(file.tunes) for file in files], np.int64)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack([np.repeat(np.arange(len(files)), counts), np.arange(counts.sum()) - first], axis=1)


def _no_music(folder: Path, files: list[File]) -> str:
    """Why there is nothing to search."""
    if not files:
        return f"{folder} holds no music that Firmus reads: {', '.join(formats.extensions())}"
    return f"{folder}: none of its {len(files)} music files can be read; {files[0].name}: {files[0].reason}"
