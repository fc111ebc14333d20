"""Converting: a source becomes music files of other formats."""

from __future__ import annotations

from firmus.service.workers.handlers import _files as files
from firmus.service.workers.handlers._task import Asked

LANE, MAKES = "render", "files"
FIELDS: tuple[str, ...] = ()
FORMATS = files.MUSIC
perform = files.perform


def check(asked: Asked) -> None:
    """Refuse what can be seen to be impossible."""
    asked.only(*FIELDS)
    asked.some_of(FORMATS)
