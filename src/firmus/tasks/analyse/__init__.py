"""Analysing: key, chords, form and more of a piece (`notes`) or of a recording (`sound`)."""

from __future__ import annotations

from firmus.tasks import PIECES, QUANTISE, TUNE, Option, Verb

VERB = Verb(
    name="analyse",
    english="say what is heard in a piece: key, chords, form ...",
    chinese="说出乐曲里听到什么：调、和弦、曲式……",
    arguments=(PIECES["source"],),
    options=(
        TUNE,
        QUANTISE,
        Option(
            "out",
            "also write analysis.json and analysis.html there",
            "另在此文件夹写入 analysis.json 和 analysis.html",
            metavar="DIR",
        ),
    ),
    place=13,
)
