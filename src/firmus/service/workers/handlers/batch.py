"""Compose many works for a music library: none a copy, no two alike, with titles, tags and their catalogue."""

from __future__ import annotations

from firmus import tasks
from firmus.composing.commission import draw_seed
from firmus.errors import InvalidBrief
from firmus.production import batches
from firmus.production.batches import plan
from firmus.production.batches.duplicates import Register
from firmus.production.batches.making import Maker
from firmus.production.batches.workers import Here
from firmus.rights import catalogue
from firmus.runtime.weights import card
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers import _composing as composing
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.tasks.batch import compose
from firmus.work import Brief

LANE, MAKES, SOURCE = "compose", "works", False
FIELDS = (*plan.FIELDS, "count", "seed")


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    brief = spec.brief
    if brief.source is not None or spec.is_sound:
        raise InvalidBrief("batch takes no source: its works are composed from nothing")
    if spec.formats:
        raise InvalidBrief("formats: batch takes none")
    if brief.model:
        card(brief.model)  # by name: a path is for people on this machine
    tasks.verb("compose").commission(brief)
    one = composing.length("compose", brief)
    if one > spec.longest:
        raise InvalidBrief(f"about {one:.0f} seconds of music: {spec.longest:g} is the most for one piece")


def length(brief: Brief) -> float:
    """Requested duration in seconds."""
    return composing.length("compose", brief) * brief.count


def perform(task: Task) -> JobOutput:
    """Compose the works, in this process, and list them."""
    fields = {name: value for name, value in task.brief.items() if name not in ("count", "seed")}
    wanted = batches.slots([plan.row(fields, {}, lambda brief: None)], task.brief.get("count", 1))
    seed = task.brief.get("seed")
    maker = Maker(compose, Here(), Register(), draw_seed() if seed is None else seed)
    works, left_out = [], {}
    for done, each in enumerate(maker.works(wanted), 1):
        if each.work and not each.refused:
            works.append(each.work)
        else:
            left_out[str(each.slot.number)] = each.refused
        task.observer("works", done, len(wanted))
    if not works:
        raise InvalidBrief(f"none of {len(wanted)} works was found: {next(iter(left_out.values()))}")
    rows = catalogue.rows_of({str(number): work for number, work in enumerate(works, 1)})
    found = {**catalogue.document(rows), "csv": catalogue.table(rows)}
    return composing.store_works(task, works, catalogue=found, left_out=left_out)
