"""Listening tests: the server, and in lines what the answers prove."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from firmus.cli._output import ProgressLine
from firmus.cli._words import say
from firmus.translation import language, translate


def listen(options: argparse.Namespace) -> None:
    """Serve a listening test until interrupted, or report on its answers."""
    from firmus.tasks.listen import listening_test as task

    if options.folders[0] == "report":
        _listening_report(options, task.report(Path((options.folders[1:] or [options.out])[0])))
        return
    folders = {chr(ord("A") + place): Path(name) for place, name in enumerate(options.folders)}
    if options.real:
        folders["real"] = Path(options.real)
    show = ProgressLine(options.quiet, "clip")
    test = task.ListeningTest(folders, Path(options.out), progress=show)
    show.end()
    if not options.quiet:
        for path, reason in test.left_out.items():
            print(say("left out").format(path=path, reason=translate(reason)), file=sys.stderr)
    with task.server(test, options.port, language()) as server:
        if not options.quiet:
            print(say("open").format(port=server.server_address[1], results=options.out), flush=True)
        server.serve_forever()


def _listening_report(options: argparse.Namespace, report: dict[str, Any]) -> None:
    """Say what answers prove."""
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
        return
    lines = [say("listeners").format(**report)]
    if report["repeated"]:
        lines.append(say("repeated").format(**report))
    for row in report["pairs"]:
        low, high = row["interval"]
        share = f"{row['first_preferred']:.0%} ({low:.0%} … {high:.0%})"
        lines.append(f"  {row['first']} > {row['second']}: {share}, n {row['answers']}, p {row['p']:.3f}")
    for row in report["ratings"]:
        low, high = row["interval"]
        asked = f"{row['source']}, {translate(row['question'])}"
        lines.append(f"  {asked}: {row['mean']:.2f} ({low:.2f} … {high:.2f}), n {row['answers']}")
    for row in report["differences"]:
        mark = " *" if row["proven"] else ""
        lines.append(
            f"  {row['first']} - {row['second']}, {translate(row['question'])}: {row['difference']:+.2f}, "
            f"p {row['p']:.3f}, Holm {row['p_holm']:.3f}{mark}"
        )
    print("\n".join([*lines, *map(translate, report["warnings"])]))
