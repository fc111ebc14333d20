"""Teaching: a pupil's part writing is assessed and corrected, or what was played is compared with its score."""

from __future__ import annotations

from firmus.tasks import PIECES, TUNE, Option, Verb

PLAYED = Option(
    "played",
    "what was played of this score, to compare with it: MIDI, or sound, which is transcribed",
    "对照此谱的演奏：MIDI，或音频（先听写）",
    metavar="FILE",
)
SPECIES = Option(
    "species",
    "two voices that are counterpoint of this species, 1 to 5, instead of four-part writing",
    "按此类对位（1 至 5）评判两声部，而不是四部写作",
    int,
    "N",
)

VERB = Verb(
    name="teach",
    english="assess a pupil's part writing or playing: what is wrong where, why, and a corrected version",
    chinese="评阅学生的四部写作、对位或演奏：何处有误、为什么，并给出改正",
    arguments=(PIECES["source"],),
    options=(
        TUNE,
        SPECIES,
        PLAYED,
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
