"""Evaluating, in lines: composed music beside real music."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from firmus.cli._help import columns
from firmus.cli._output import ProgressLine, cluster_of, write_pages
from firmus.cli._words import say
from firmus.translation import language, translate


def evaluate(options: argparse.Namespace) -> None:
    """Compare a folder of composed pieces with a folder of real ones."""
    from firmus.tasks.evaluate import comparison as task

    show = ProgressLine(options.quiet, "piece")
    report = task.evaluate(Path(options.generated), Path(options.reference), show, cluster_of(options))
    show.end()
    paths = write_pages(options, "evaluation", report, lambda: task.page(report, language()))
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    elif not options.quiet:
        lines = [say("compared").format(**report["pieces"])]
        lines.append(_row(say("measure"), say("composed"), say("real pieces"), say("real interval")))
        for name, each in report["measures"].items():
            ours, real, (low, high) = each["generated"], each["reference"], each["reference_interval"]
            lines.append(
                f"  {_padded(name)}{ours:9.3f}{real:9.3f}  ({low:.3f} … {high:.3f})  {'' if each['inside'] else '!'}"
            )
        if report["overlap"]:
            lines.append(_row(say("distribution"), say("overlap")))
        for name, each in report["overlap"].items():
            lines.append(f"  {_padded(name)}{each['overlap']:9.3f}")
        if report["critic"]:
            lines.append("  " + say("critic").format(report["critic"]["auc"], *report["critic"]["interval"]))
        if report["copying"]:
            lines.append(_row(say("copied"), say("composed"), say("real pieces")))
        for name, each in report["copying"].items():
            lines.append(f"  {_padded(name)}{each['generated']:9.1%}{each['people']:9.1%}")
        print("\n".join([*(str(path) for path in paths), *lines]))


def _padded(name: str) -> str:
    """The name of a row, 28 columns wide."""
    shown = translate(name)
    return shown + " " * (28 - columns(shown))


def _row(name: str, *heads: str) -> str:
    """Heads of columns, over numbers that are nine wide; Chinese signs are two wide."""

    def padded(text: str, width: int) -> str:
        return " " * (width - columns(text))

    return (
        "  "
        + name
        + padded(name, 28)
        + "".join(padded(head, 9) + head for head in heads[:2])
        + "".join(f"  {head}" for head in heads[2:])
    )
