"""Adapting, in lines: what was gained, and how to compose with it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from firmus.cli._output import ProgressLine
from firmus.cli._words import say


def adapt(options: argparse.Namespace) -> None:
    """Adapt a model to the pieces of a folder, and say how to compose with it."""
    from firmus.tasks.adapt import adaptation as task

    show = ProgressLine(options.quiet, "file")
    try:
        made = task.adapt(
            options.folder,
            style=options.style,
            model=options.model,
            out=options.out,
            force=options.force,
            progress=show,
        )
    finally:
        show.end()
    if options.json:
        print(json.dumps({"task": options.task, **made}, ensure_ascii=False))
    elif not options.quiet:
        print(say("adapted").format(less=1 - made["after"] / made["before"], kilobytes=made["bytes"] / 1e3, **made))
        print("  " + say("compose adapted").format(weights=Path(made["folder"]).parent, **made))
