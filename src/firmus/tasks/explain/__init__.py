"""Explaining: of each note of a piece its likelihood, what forced it, and where it comes from."""

from __future__ import annotations

from firmus.tasks import OPTION, PIECE, TUNE, WHICH_BARS, Option, Verb

VERB = Verb(
    name="explain",
    english="say of each note how surprising it is, what forced it, where it comes from",
    chinese="逐音说明：有多意外、受什么规则约束、依据什么而来",
    arguments=(PIECE,),
    options=(
        TUNE,
        WHICH_BARS._replace(metavar="5-8"),
        OPTION["parts"],
        Option(
            "note",
            "one note above all: bar, beat (quarter notes from 1) and part",
            "着重说明的音：小节、拍（四分音符，从 1 数起）与声部",
            metavar="'bar 7 beat 2 alto'",
        ),
        OPTION["style"],
        OPTION["model"],
        Option(
            "among",
            "a folder of pieces to look for the same runs of notes in",
            "在此文件夹的乐曲中寻找相同的音列",
            metavar="DIR",
        ),
        Option(
            "out",
            "also write explain.json, explain.html and the heat maps there",
            "另在此文件夹写入 explain.json、explain.html 和热图",
            metavar="DIR",
        ),
    ),
    place=14,
)
