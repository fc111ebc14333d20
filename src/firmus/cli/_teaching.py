"""Teaching, in lines: an exercise that was assessed, or a performance that was compared with its score."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.cli._output import ProgressLine, read_tune, save, texts
from firmus.cli._words import say
from firmus.errors import InvalidBrief
from firmus.translation import language, translate

if TYPE_CHECKING:
    from firmus.score import Score

SHOWN = 8  # wrong, missing and extra notes that are listed
Shown = tuple[dict[str, Any], list[Path], list[str]]
"""The document, the files that were written, and the lines that are shown."""
MARKS = {"fault": "✗", "weakness": "–", "remark": "·"}


def teach(options: argparse.Namespace) -> None:
    """Assess an exercise, and correct it; or compare what was played with its score."""
    from firmus.render import files

    if options.out:
        files.check_free(Path(options.out), options.force)
    score = read_tune(options, options.source)
    show = ProgressLine(options.quiet)
    document, paths, lines = (_performed if options.played else _assessed)(options, score, show)
    show.end()
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    elif not options.quiet:
        print("\n".join([*(str(path) for path in paths), *lines]))


def _performed(options: argparse.Namespace, score: Score, show: ProgressLine) -> Shown:
    from firmus.render.pages.performance import summary
    from firmus.runtime.transcription import read_performance
    from firmus.tasks.teach import performance as task

    if options.species:
        raise InvalidBrief("species and played are both given: an exercise is assessed, or a performance")
    found = task.compare(score, read_performance(options.played, show))
    document = found.as_dict()
    paths = save(Path(options.out), texts("performance", document, found.html(language()))) if options.out else []
    lines = summary(document, language())
    for kind in ("wrong", "missing", "extra"):
        for row in document[kind][:SHOWN]:
            lines.append("  " + say(f"{kind} note").format(**row))
    return document, paths, lines


def _assessed(options: argparse.Namespace, score: Score, show: ProgressLine) -> Shown:
    from firmus.tasks.teach.assessment import assess_exercise

    found = assess_exercise(score, options.species, not options.uncorrected, progress=show)
    document, paths = found.as_dict(language()), []
    if options.out:
        folder = Path(options.out)
        if found.corrected:
            paths = found.corrected.save(folder / "corrected", force=options.force)
        paths = [*save(folder, texts("assessment", document, found.html(language()))), *paths]
    return document, paths, _lines(document, document["title"] or Path(options.source).stem)


def _lines(document: dict[str, Any], title: str) -> list[str]:
    lines = [say("assessed").format(title=title, **document["counts"])]
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
