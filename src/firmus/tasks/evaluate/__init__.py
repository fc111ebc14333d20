"""Evaluating: composed pieces beside real ones."""

from __future__ import annotations

from firmus.tasks import CLUSTER, Option, Verb

VERB = Verb(
    name="evaluate",
    english="compare composed music with real music",
    chinese="把作品与真实音乐作比较",
    arguments=(Option("generated", "folder of composed pieces", "作品所在文件夹", metavar="GENERATED"),),
    options=(
        Option("reference", "folder of real pieces", "真实音乐所在文件夹", metavar="REAL", is_required=True),
        CLUSTER,
        Option(
            "out",
            "also write evaluation.json and evaluation.html there",
            "另在此文件夹写入 evaluation.json 和 evaluation.html",
            metavar="DIR",
        ),
    ),
    place=15,
)
