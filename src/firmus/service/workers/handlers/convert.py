"""Converting: a source becomes music files of other formats."""

from __future__ import annotations

from firmus.service.workers.handlers import _files as files
from firmus.service.workers.handlers._task import JobSpec

LANE, MAKES = "render", "files"
FIELDS: tuple[str, ...] = ()
FORMATS = files.MUSIC
perform = files.perform


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
