"""Teaching: a pupil's part writing is assessed, and a corrected version composed."""

from __future__ import annotations

from firmus.tasks import PIECES, TUNE, Option, Verb

SPECIES = Option(
    "species",
    "two voices that are counterpoint of this species, 1 to 5, instead of four-part writing",
    "按此类对位（1 至 5）评判两声部，而不是四部写作",
    int,
    "N",
)

VERB = Verb(
    name="teach",
    english="assess a pupil's part writing: what is wrong where, why, and a corrected version",
    chinese="评阅学生的四部写作或对位：何处有误、为什么，并给出改正",
    arguments=(PIECES["source"],),
    options=(
        TUNE,
        SPECIES,
        Option("uncorrected", "only assess: compose no corrected version", "只评阅，不谱写改正版", bool),
        Option(
            "out",
            "also write the report there as JSON and as a page, and the corrected version",
            "另在此文件夹写入 JSON 和网页报告，以及改正版",
            metavar="DIR",
        ),
    ),
    place=16,
)
