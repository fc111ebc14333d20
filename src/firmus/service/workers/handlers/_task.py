"""The specification of a job, as it is checked, and the task, as a handler executes it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmus import formats
from firmus.composing.observer import Observer
from firmus.errors import InvalidBrief, unknown
from firmus.render.files import is_work
from firmus.score import Score
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.jobs import Claim
from firmus.work import Brief, Work


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A requested job, before it is accepted.

    Parameters
    ----------
    kind : str
    brief : Brief
    formats : sequence of str
    options : mapping
        Options of the kind, beside the brief.
    is_sound : bool
        Whether the source is a sound.
    longest : float
        Maximal duration of one piece, in seconds.
    named : mapping of str to Path
        Files of what it names beside its source and target.
    """

    kind: str
    brief: Brief
    formats: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    is_sound: bool = False
    longest: float = 600.0
    named: Mapping[str, Path] = field(default_factory=dict)

    def allow_fields(self, *names: str) -> None:
        """Reject any field of the brief other than these and the source, so that none is ignored."""
        for name in [*self.brief.as_dict(), *(("target",) if self.brief.target else ())]:
            if name not in names:
                raise InvalidBrief(f"{name}: {self.kind} takes {', '.join(('a source', *names))}")

    def require_formats(self, supported: Sequence[str]) -> None:
        """Reject unsupported formats, and an empty list of them."""
        for name in self.formats:
            if name not in supported:
                raise InvalidBrief(unknown("format", name, supported))
        if not self.formats:
            raise InvalidBrief(f"{self.kind} needs formats: some of {', '.join(supported)}")


@dataclass(frozen=True, slots=True)
class Task:
    """A job that is to be executed.

    Parameters
    ----------
    claimed : Claim
    blobs : Blobs
    observer : Observer
        Takes progress, and the music as it is composed.
    """

    claimed: Claim
    blobs: Blobs
    observer: Observer

    @property
    def brief(self) -> dict[str, Any]:
        """The brief's fields, without the pieces."""
        given: dict[str, Any] = self.claimed.request["brief"]
        return {name: value for name, value in given.items() if name not in ("source", "target")}

    @property
    def options(self) -> dict[str, Any]:
        """The options beside the brief."""
        return self.claimed.request.get("options", {})

    @property
    def sound(self) -> str | None:
        """Title of the source, if it is a sound."""
        source = self.claimed.request["brief"].get("source", {})
        return source.get("name", "sound") if "sound" in source else None

    @property
    def file(self) -> Path:
        """Path of the source's file."""
        if self.claimed.source is None:
            raise InvalidBrief(f"the source of this {self.claimed.kind} is gone")
        return self.blobs.existing(self.claimed.source)

    def named(self, name: str) -> Path:
        """Path of the file of what the request names beside its source and target."""
        try:
            return self.blobs.existing(self.claimed.request["named"][name])
        except FileNotFoundError:
            raise InvalidBrief(f"{name} was deleted meanwhile: name another") from None

    def score(self, digest: str | None) -> Score | None:
        """A stored Score."""
        return formats.read(self.blobs.get(digest), trusted=True) if digest else None

    def scores(self, digests: Mapping[str, str]) -> dict[str, Score]:
        """Scores of works, by name; those that were deleted meanwhile are left out."""
        scores = {}
        for name, digest in digests.items():
            with contextlib.suppress(FileNotFoundError):
                scores[name] = formats.read(self.blobs.get(digest), trusted=True)
        return scores

    @property
    def source(self) -> Score:
        """The source, if it is a Score."""
        score = self.score(self.claimed.source)
        if score is None:
            raise InvalidBrief(f"the source of this {self.claimed.kind} is gone")
        return score

    @property
    def work(self) -> Work | None:
        """The source, if it is a Work: a Score with its origin."""
        return Work.load(self.file) if is_work(self.file.read_bytes()) else None

    def write_result(self, **document: Any) -> str:
        """Store the result document (JSON); its digest."""
        return self.blobs.put(json.dumps(document, ensure_ascii=False, allow_nan=False).encode())
