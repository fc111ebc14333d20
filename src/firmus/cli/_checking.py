"""Checking how original a piece is, in lines."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from firmus.cli._output import ProgressLine, write_pages
from firmus.cli._words import say
from firmus.translation import language, translate

SHOWN = 5  # passages that are listed


def check(options: argparse.Namespace) -> None:
    """Read a piece, say what of it stands in other music."""
    from firmus.tasks.check import report as task

    show = ProgressLine(options.quiet, "file")
    source = task.read(Path(options.source), options.tune)
    report = task.check(source, against=options.against, style=options.style, progress=show)
    show.end()
    document = report.as_dict()
    paths = write_pages(options, "originality", document, lambda: report.html(language()))
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    elif not options.quiet:
        print("\n".join([*(str(path) for path in paths), *_lines(document)]))


def _lines(document: dict[str, Any]) -> list[str]:
    lines = [
        say("checked").format(
            title=document["title"] or "?",
            verdict=translate(document["verdict"]),
            run=document["longest_run"],
            coverage=document["coverage"],
            pieces=document["pieces"],
        )
    ]
    if document["matches"] and (people := document["people"].get("bits")):
        lines.append("  " + say("people share less").format(**people))
    for match in document["matches"][:SHOWN]:
        source = match["source"]
        name = ", ".join(each for each in (source["title"], source["composer"], source["origin"]) if each)
        lines.append("  " + say("stands in").format(
            notes=match["notes"], run=match["run"], first=match["bars"][0], last=match["bars"][1], part=match["part"],
            name=name, bar=match["other_bars"][0],
        ))  # fmt: skip
    return lines
