"""Converting: a source becomes music files of other formats."""

from __future__ import annotations

from firmus.service.kinds import _files as files
from firmus.service.kinds._task import Asked

LANE, MAKES = "render", "files"
perform = files.perform


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    asked.only()
    asked.some_of(files.MUSIC)
