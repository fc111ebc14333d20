"""Teaching, in lines: an exercise that was assessed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from firmus.cli._output import ProgressLine, read_tune, save, texts
from firmus.cli._words import say
from firmus.translation import language, translate

MARKS = {"fault": "✗", "weakness": "–", "remark": "·"}


def teach(options: argparse.Namespace) -> None:
    """Assess an exercise, and correct it."""
    from firmus.render import files
    from firmus.tasks.teach.assessment import assess_exercise

    if options.out:
        files.check_free(Path(options.out), options.force)
    score = read_tune(options, options.source)
    show = ProgressLine(options.quiet)
    found = assess_exercise(score, options.species, not options.uncorrected, progress=show)
    document, paths = found.as_dict(language()), []
    if options.out:
        folder = Path(options.out)
        if found.corrected:
            paths = found.corrected.save(folder / "corrected", force=options.force)
        paths = [*save(folder, texts("assessment", document, found.html(language()))), *paths]
    show.end()
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    elif not options.quiet:
        print("\n".join([*(str(path) for path in paths), *_lines(document)]))


def _lines(document: dict[str, Any]) -> list[str]:
    lines = [say("assessed").format(title=document["title"] or "?", **document["counts"])]
    if document["musicality"]:
        lines.append("  " + say("like chorales").format(**document["musicality"]))
    explained = set[str]()
    for found in document["findings"]:
        rule, voices = found["rule"], ", ".join(translate(name) for name in found["voices"])
        line = say("broken rule").format(
            mark=MARKS[found["severity"]], rule=found["name"], voices=voices,
            bar=found["bar"], beat=found["beat"], notes=" ".join(found["notes"]),
        )  # fmt: skip
        lines.append("  " + line)
        if rule not in explained:
            explained.add(rule)
            lines.append("      " + found["why"])
    if corrected := document["corrected"]:
        bars = ", ".join(map(str, corrected["bars"]))
        left = sum(each["severity"] != "remark" for each in corrected["findings"])
        lines.append(say("corrected").format(bars=bars, left=left))
    return lines
