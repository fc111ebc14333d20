"""The folder of a batch: a folder a work, and what the batch is.

Conventions: the folders of the works are the truth. Each is written under another name and renamed when it is whole,
in the order of the numbers; ``batch.json`` holds the seed, the formats and which numbers were left out. Whoever works
on the folder holds a lock on it, which the system takes away when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmus import formats
from firmus._version import __version__
from firmus.composing.commission import draw_seed
from firmus.errors import FirmusError, FormatError, OutputExists
from firmus.production.batches.plan import Slot
from firmus.render.files import read_work
from firmus.work import Work

FILE, LOCK, NEW = "batch.json", ".lock", ".new"
FORMAT = "firmus-batch"
PIECE = "piece.json"
_NAME = re.compile(r"(\d{4,6})-[\w-]+")


@dataclass(slots=True)
class Folder:
    """A folder of works, on which nobody else is at work.

    Parameters
    ----------
    path : Path
    seed : int
        Of the batch.
    endings : sequence of str, optional
        Of the files of each work; the usual ones where None.
    left_out : dict
        Of each number for which no work was found, its brief and why.
    """

    path: Path
    seed: int
    endings: Sequence[str] | None
    left_out: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def new(self) -> Path:
        """Where works are written before they are the batch's."""
        return self.path / NEW

    def works(self) -> dict[int, Path]:
        """Folder of each work that is there, by its number."""
        found = {}
        for each in sorted(self.path.iterdir()):
            match = _NAME.fullmatch(each.name)
            if match and (each / PIECE).is_file():
                found[int(match[1])] = each
        return found

    def load(self, path: Path, slot: Slot | None) -> Work:
        """A work that is there.

        Raises
        ------
        OutputExists
            Where it was made of another plan than its slot's.
        FormatError
        """
        file = path / PIECE
        try:
            data = file.read_bytes()
            work = read_work(data, formats.read(data, trusted=True), str(file))
        except (OSError, FormatError) as error:
            raise FormatError(f"{file} is damaged ({error}): delete {path}, and it is composed anew") from None
        if slot is not None:
            self._check(slot.number, work.origin.brief, slot)
        return work

    def check_left_out(self, slots: Mapping[int, Slot]) -> None:
        """Refuse a plan of which a number that was left out is another.

        Raises
        ------
        OutputExists
        """
        for number, each in self.left_out.items():
            if number in slots:
                self._check(number, each["brief"], slots[number])

    def take(self, written: Path, slot: Slot, title: str) -> Path:
        """Take a work that was written into `new`: at once, or not at all."""
        name = re.sub(r"[^\w]+", "-", title.lower()).strip("-")[:60] or "piece"
        target = self.path / f"{slot.number:04d}-{name}"
        written.replace(target)
        return target

    def leave_out(self, slot: Slot, reason: str) -> None:
        """Remember that no work was found for a number."""
        self.left_out[slot.number] = {"brief": _plain(slot.brief.as_dict()), "reason": reason}
        self.write()

    def _check(self, number: int, brief: Mapping[str, Any], slot: Slot) -> None:
        if _plain(brief) != _plain(slot.brief.as_dict()):
            raise OutputExists(
                f"{self.path}: work {number} was made of another row than this plan has there; give another --out"
            )

    def write(self) -> None:
        """Write what the batch is."""
        document = {
            "format": FORMAT,
            "version": 1,
            "firmus": __version__,
            "seed": self.seed,
            "formats": None if self.endings is None else list(self.endings),
            "left_out": {str(number): each for number, each in sorted(self.left_out.items())},
        }
        formats.save(json.dumps(document, ensure_ascii=False, indent=1).encode(), self.path / FILE)


@contextmanager
def opened(path: Path, seed: int | None, endings: Sequence[str] | None) -> Iterator[Folder]:
    """The folder of a batch that begins or goes on, as long as the context lasts.

    Parameters
    ----------
    path : Path
    seed : int, optional
        Drawn where none is asked for and none is there.
    endings : sequence of str, optional

    Raises
    ------
    OutputExists
        Where it holds other things, or another batch, or somebody is at work on it.
    FormatError, FirmusError
    """
    _check_free(path)
    handle = -1
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = _begun(path, seed, endings)
        shutil.rmtree(folder.new, ignore_errors=True)
        folder.new.mkdir()
        folder.write()
        yield folder
        shutil.rmtree(folder.new, ignore_errors=True)
    except BlockingIOError:
        raise OutputExists(f"{path}: another process is at work on this batch; wait for it") from None
    except OSError as error:
        raise FirmusError(f"{error.filename or path}: {error.strerror or error}") from None
    finally:
        if handle >= 0:
            os.close(handle)


def _check_free(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise OutputExists(f"{path} is a file: name a folder with --out")
    if path.is_dir() and not (path / FILE).is_file() and any(each.name not in (LOCK, NEW) for each in path.iterdir()):
        raise OutputExists(f"{path} holds other things than a batch: give another --out")


def _begun(path: Path, seed: int | None, endings: Sequence[str] | None) -> Folder:
    """The folder as it was left, if it is of the batch that is asked for."""
    known = _read(path / FILE)
    if known is None:
        return Folder(path, draw_seed() if seed is None else seed, endings)
    if seed not in (None, known["seed"]):
        raise OutputExists(f"{path} was begun with seed {known['seed']}, not {seed}: give another --out")
    if known["formats"] != (None if endings is None else list(endings)):
        was, now = (",".join(each) if each else "the usual ones" for each in (known["formats"], endings))
        raise OutputExists(f"{path} was begun with the formats {was}, not {now}: give another --out")
    return Folder(path, known["seed"], endings, {int(number): each for number, each in known["left_out"].items()})


def _read(path: Path) -> dict[str, Any] | None:
    """The document of a batch; None where there is none."""
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT or type(document["seed"]) is not int:
            raise ValueError
        {int(number): each["brief"] for number, each in document["left_out"].items()}
        document["formats"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise FormatError(f"{path} is damaged: restore it, or give another --out") from None
    return dict(document)


def _plain(value: Any) -> Any:
    """As JSON gives it back."""
    return json.loads(json.dumps(value))
