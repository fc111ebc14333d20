"""A batch: hundreds of works for a music library by one command, which goes on where it was interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus import tasks
from firmus.tasks import FORMATS, HOW_MANY_BARS, LEVEL, OPTION, OUT, Option, Verb

if TYPE_CHECKING:
    from firmus.production.batches import Batch
    from firmus.progress import Progress
    from firmus.work import Brief, Work

NOT_OF_ROWS = ("ranges", "count", "seed")
VERB = Verb(
    name="batch",
    english="compose many works for a music library: no copies, no two alike, titles, tags, catalogue, rights cards",
    chinese="为曲库批量作曲：不抄袭、不雷同，附标题、标签、目录与权利卡；中断后可继续",
    arguments=(
        Option(
            "plan",
            "what is wanted, a row each kind, columns as the options here and count",
            "所需作品，每类一行；列名同下列选项，另有 count",
            metavar="PLAN.csv|PLAN.toml",
            nargs="?",
        ),
    ),
    options=(
        Option("count", "how many works in all (default: as many as the rows count)",
               "作品总数（默认为各行 count 之和）", int, "1000"),
        HOW_MANY_BARS._replace(kind=int, metavar="N"),
        *(option for option in tasks.OPTIONS if option.name not in NOT_OF_ROWS),
        LEVEL,
        OPTION["seed"],
        Option("against", "a folder of music that no work may be too like",
               "曲库文件夹：任何作品都不得与其中乐曲雷同", metavar="LIBRARY"),
        FORMATS,
        OUT._replace(
            english="folder of the works (default: out/batch, or out/<name of the plan>); goes on with what is there",
            chinese="作品文件夹（默认 out/batch 或 out/<规划名>）；已有者保留并继续",
        ),
    ),
    writes=False,
    place=11,
)  # fmt: skip


def compose(brief: Brief, seeds: Sequence[int]) -> list[Work]:
    """Compose a work from each seed, in their order; what copies is left to the batch.

    Raises
    ------
    InvalidBrief, ModelError
    """
    module = tasks.verb("compose")
    commission = module.commission(brief)
    if commission.original == "strict":
        commission = replace(commission, original="guard")
    if commission.level:  # what is beyond it is composed again from seeds that depend on how many there are
        return [module.perform(replace(commission, seeds=(seed,)))[0] for seed in seeds]
    works = {work.origin.seed: work for work in module.perform(replace(commission, seeds=tuple(seeds)))}
    return [works[seed] for seed in seeds]


def batch(
    plan: str | PathLike[str] | None = None,
    *,
    out: str | PathLike[str] | None = None,
    count: int | None = None,
    seed: int | None = None,
    formats: str | Sequence[str] | None = None,
    against: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    **fields: Any,
) -> Batch:
    """Compose a batch; see `firmus.production.batches`.

    Raises
    ------
    InvalidBrief, FormatError, OutputExists, ModelError
    """
    from firmus.brief_fields import LIMITS, check_number, listed
    from firmus.production import batches

    path = None if plan is None else Path(plan)
    if seed is not None:
        check_number("seed", seed, LIMITS["seed"])
    endings = None if formats is None else listed("formats", formats)
    wanted = batches.slots(batches.rows_of(path, fields, tasks.verb("compose").commission), count)
    return batches.make(
        wanted,
        Path(out) if out else Path("out") / (path.stem if path else VERB.name),
        compose,
        seed=seed,
        endings=endings,
        against=None if against is None else Path(against),
        progress=progress,
    )
