"""Verifying: whether a file is as Firmus wrote it, altered or unknown, and what its notes alone say."""

from __future__ import annotations

import binascii
from base64 import b64decode
from pathlib import PurePath
from tempfile import TemporaryDirectory

from firmus.errors import InvalidBrief
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task

LANE, MAKES, SOURCE = "render", "verification", False
FIELDS: tuple[str, ...] = ()
OPTIONS = {
    "name": {"type": "string", "maxLength": 200, "description": "Name of the file, whose ending says what it is."},
    "data": {"type": "string", "maxLength": 8_000_000, "description": "Content of the file, in base64."},
}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    if spec.brief.source is not None or spec.is_sound:
        raise InvalidBrief("verify takes no source: the file itself is sent, in the options name and data")
    for name in OPTIONS:
        if name not in spec.options:
            raise InvalidBrief(f"verify needs the option {name}: {OPTIONS[name]['description']}")
    _decoded(spec.options["data"])


def perform(task: Task) -> JobOutput:
    """Verify."""
    from firmus.tasks.verify import verify

    with TemporaryDirectory(prefix="firmus-verify-") as folder:
        path = PurePath(folder) / f"file{PurePath(task.options['name']).suffix[:16]}"
        with open(path, "wb") as file:
            file.write(_decoded(task.options["data"]))
        found = verify(path).as_dict()
    return JobOutput(task.write_result(verification={**found, "file": task.options["name"]}))


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidBrief("option data is not base64") from None
