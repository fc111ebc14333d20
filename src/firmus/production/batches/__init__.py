"""Batches: hundreds of works for a music library from one plan, none a copy, no two alike, all catalogued.

`plan` says what is wanted, `making` composes and judges, `duplicates` finds works that are too like each other,
`titles` names them, `folder` keeps them, `workers` are the processes that compose.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmus.errors import FormatError, InvalidBrief
from firmus.production.batches import workers
from firmus.production.batches.duplicates import Register
from firmus.production.batches.folder import Folder, opened
from firmus.production.batches.making import Compose, Maker
from firmus.production.batches.plan import Check, Row, Slot, read, row, slots
from firmus.progress import Progress
from firmus.render.files import names
from firmus.retrieval.library import Library, open_library
from firmus.rights import catalogue
from firmus.timing import seconds

__all__ = ["Batch", "Row", "Slot", "make", "rows_of", "slots"]


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of a batch.

    Parameters
    ----------
    folder : Path
    works : int
        In the folder.
    made : int
        Of them by this call.
    left_out : dict of int to str
        Numbers for which no work was found, and why.
    music : float
        Seconds of music that this call made.
    seconds : float
        That it took.
    unread : dict of str to str
        Files of the library that could not be read, and why.
    files : tuple of Path
        The catalogue.
    """

    folder: Path
    works: int
    made: int
    left_out: Mapping[int, str]
    music: float
    seconds: float
    unread: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    @property
    def an_hour(self) -> float:
        """Works an hour, of those that this call made."""
        return 3600 * self.made / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "folder": str(self.folder),
            "works": self.works,
            "made": self.made,
            "left_out": {str(number): reason for number, reason in self.left_out.items()},
            "works_an_hour": round(self.an_hour, 1),
            "seconds_of_music": round(self.music, 1),
            "unread": dict(self.unread),
            "files": [str(path) for path in self.files],
        }


def rows_of(plan: Path | None, given: Mapping[str, Any], check: Check) -> list[Row]:
    """The rows of a plan; of options alone, one.

    Raises
    ------
    FormatError, InvalidBrief, ModelError
    """
    if plan is not None:
        return read(plan, given, check)
    if not any(value is not None for value in given.values()):
        raise InvalidBrief("there is nothing to compose: name a plan (.csv, .toml), or a style such as --style folk")
    return [row({}, given, check)]


def make(
    wanted: Sequence[Slot],
    path: Path,
    compose: Compose,
    *,
    seed: int | None = None,
    endings: Sequence[str] | None = None,
    against: Path | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Make the works of a batch that are not there yet, and their catalogue.

    Parameters
    ----------
    wanted : sequence of Slot
    path : Path
        Folder of the batch.
    compose : callable
    seed : int, optional
        Drawn where none is given and none is there.
    endings : sequence of str, optional
        Of the files of each work.
    against : Path, optional
        A library that no work may be too like.
    processes : int, optional
        By default `workers.count`; 0 for this process.
    progress : callable, optional

    Raises
    ------
    FirmusError
        Where it cannot go on; what is finished stays.
    """
    names(endings)  # refuses unknown ones
    library = _library(against, progress)
    size = workers.count() if processes is None else processes
    with opened(path, seed, endings) as folder:
        register = Register(library.collection(str(against)) if library else None)
        left = _begin(folder, wanted, register, progress)
        begun, made, music = time.monotonic(), 0, 0.0
        pool: workers.Here | workers.Workers = workers.Workers(min(size, len(left) or 1)) if size else workers.Here()
        with pool:
            maker = Maker(compose, pool, register, folder.seed, folder.new, endings)
            for done, each in enumerate(maker.works(left), len(wanted) - len(left) + 1):
                if each.work and each.folder and not each.refused:
                    folder.take(each.folder, each.slot, each.work.score.title)
                    made, music = made + 1, music + seconds(each.work.score, each.work.score.end)
                else:
                    folder.leave_out(each.slot, each.refused)
                if progress:
                    progress("works", done, len(wanted))
        taken = time.monotonic() - begun
        there = folder.works()
        if not there:
            raise InvalidBrief(
                f"none of {len(wanted)} works was found: {next(iter(folder.left_out.values()))['reason']}"
            )
        files = tuple(catalogue.write(path))
    left_out = {number: each["reason"] for number, each in sorted(folder.left_out.items())}
    return Batch(path, len(there), made, left_out, music, taken, library.left_out if library else {}, files)


def _library(against: Path | None, progress: Progress | None) -> Library | None:
    if against is None:
        return None
    if not against.is_dir():
        raise FormatError(f"{against} is no folder: --against takes a folder of music")
    return open_library(against, progress)


def _begin(folder: Folder, wanted: Sequence[Slot], register: Register, progress: Progress | None) -> list[Slot]:
    """What is left to make; the works that are there are registered."""
    by_number = {slot.number: slot for slot in wanted}
    folder.check_left_out(by_number)
    there = folder.works()
    for done, (number, path) in enumerate(sorted(there.items()), 1):
        register.add(folder.load(path, by_number.get(number)).score, path.name)
        if progress:
            progress("read", done, len(there))
    return [slot for slot in wanted if slot.number not in there and slot.number not in folder.left_out]
