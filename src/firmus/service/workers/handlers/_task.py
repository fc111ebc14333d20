"""What is asked of a kind of job, and what it is given to do it with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmus import formats
from firmus.composing.observer import Observer
from firmus.errors import InvalidBrief, unknown
from firmus.score import Score
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.jobs import Claim
from firmus.work import Brief


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, before it is accepted.

    Parameters
    ----------
    kind : str
    brief : Brief
    formats : sequence of str
    options : mapping
        Of the kind, beside the brief.
    is_sound : bool
        Whether the source is a sound.
    longest : float
        Seconds of one piece at most.
    """

    kind: str
    brief: Brief
    formats: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    is_sound: bool = False
    longest: float = 600.0

    def only(self, *names: str) -> None:
        """Refuse fields of the brief but these, beside the source; nothing that is asked is ignored."""
        for name in [*self.brief.as_dict(), *(("target",) if self.brief.target else ())]:
            if name not in names:
                raise InvalidBrief(f"{name}: {self.kind} takes {', '.join(('a source', *names))}")

    def some_of(self, able: Sequence[str]) -> None:
        """Refuse formats but these, and none."""
        for name in self.formats:
            if name not in able:
                raise InvalidBrief(unknown("format", name, able))
        if not self.formats:
            raise InvalidBrief(f"{self.kind} needs formats: some of {', '.join(able)}")


@dataclass(frozen=True, slots=True)
class Task:
    """A job that is to be done.

    Parameters
    ----------
    claimed : Claim
    blobs : Blobs
    listener : Observer
        Takes how far it is, and the music on its way.
    """

    claimed: Claim
    blobs: Blobs
    listener: Observer

    @property
    def brief(self) -> dict[str, Any]:
        """The brief's fields, without the pieces."""
        given: dict[str, Any] = self.claimed.request["brief"]
        return {name: value for name, value in given.items() if name not in ("source", "target")}

    @property
    def options(self) -> dict[str, Any]:
        """What is asked beside the brief."""
        found: dict[str, Any] = self.claimed.request.get("options", {})
        return found

    @property
    def sound(self) -> str | None:
        """Name of the sound that is the source, if it is one."""
        source = self.claimed.request["brief"].get("source", {})
        return source.get("name", "sound") if "sound" in source else None

    @property
    def file(self) -> Path:
        """Where the file of the source lies."""
        if self.claimed.source is None:
            raise InvalidBrief(f"the source of this {self.claimed.kind} is gone")
        return self.blobs.path(self.claimed.source)

    def score(self, digest: str | None) -> Score | None:
        """A Score of ours."""
        return formats.read(self.blobs.get(digest), trusted=True) if digest else None

    @property
    def source(self) -> Score:
        """The source, where it is a Score."""
        found = self.score(self.claimed.source)
        if found is None:
            raise InvalidBrief(f"the source of this {self.claimed.kind} is gone")
        return found

    def written(self, **document: Any) -> str:
        """Write the document of the result; its digest."""
        return self.blobs.put(json.dumps(document, ensure_ascii=False, allow_nan=False).encode())
