"""The catalogue of works: a row each, with what is known of it, and ISWC, ISRC and terms to fill in."""

from __future__ import annotations

import json

from firmus.errors import FormatError, InvalidBrief
from firmus.rights import catalogue
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.work import Work

LANE, MAKES = "study", "catalogue"
FIELDS: tuple[str, ...] = ()
WORKS = {"works": "The works that are listed; your latest thousand, where none are named."}
EVERY = "works"  # option that defaults to all works
OPTIONS = {"licence": {"type": "string", "maxLength": 200, "description": "Of the works, such as `CC BY 4.0`."}}


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)


def perform(task: Task) -> JobOutput:
    """List the works; those that were deleted meanwhile, and scores without an origin, are left out."""
    works = {}
    for name, digest in json.loads(task.file.read_bytes())["works"].items():
        try:
            works[name] = Work.load(task.blobs.existing(digest))
        except (FileNotFoundError, FormatError):
            continue
    if not works:
        raise InvalidBrief("catalogue needs works: none of yours is there")
    rows = catalogue.rows_of(works, task.options.get("licence", ""))
    return JobOutput(task.write_result(catalogue={**catalogue.document(rows), "csv": catalogue.table(rows)}))
