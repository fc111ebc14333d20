"""Checking: what a piece shares with the training music, or with a folder, and how much people borrow."""

from __future__ import annotations

from firmus.tasks import OPTION, PIECE, TUNE, Option, Verb

VERB = Verb(
    name="check",
    english="say how original a piece is: what of it stands in other music",
    chinese="检查一首曲子有多原创：其中哪些见于别的音乐",
    arguments=(PIECE,),
    options=(
        TUNE,
        Option(
            "against",
            "a folder of music to compare with, instead of the music that Firmus learnt from",
            "与此文件夹的音乐比较，而不是与 Firmus 学过的音乐比较",
            metavar="DIR",
        ),
        OPTION["style"],
        Option(
            "out",
            "also write originality.json and originality.html there",
            "另在此文件夹写入 originality.json 和 originality.html",
            metavar="DIR",
        ),
    ),
    place=15,
)
