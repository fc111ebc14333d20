"""Rendering: a source becomes sound, an engraved score, a piano roll."""

from __future__ import annotations

from firmus.service.storage.works import FILES
from firmus.service.workers.handlers import _files as files
from firmus.service.workers.handlers._task import JobSpec

LANE, MAKES = "render", "files"
FIELDS: tuple[str, ...] = ()
OPTIONS = files.MARKS
FORMATS = tuple(name for name in FILES if name not in files.MUSIC)
perform = files.perform


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
    files.check_marks(spec)
