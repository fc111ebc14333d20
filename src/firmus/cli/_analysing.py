"""Analysing, in lines."""

from __future__ import annotations

import argparse
import json
from typing import Any

from firmus.cli._output import ProgressLine, read_score, write_pages
from firmus.cli._words import say
from firmus.translation import language, translate


def analyse(options: argparse.Namespace) -> None:
    """Read a music file or a sound file, say what it is."""
    from firmus.analysis import sound
    from firmus.tasks.analyse import notes as task
    from firmus.tasks.analyse.sound import analyse_sound

    analysis: Any
    if sound.is_sound(options.source):
        show = ProgressLine(options.quiet, "frame")
        analysis = analyse_sound(options.source, show)
        show.end()
    else:
        analysis = task.analyse(read_score(options, options.source))
    document = analysis.as_dict()
    paths = write_pages(options, "analysis", document, lambda: analysis.html(language()))
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    elif not options.quiet:
        print("\n".join([*(str(path) for path in paths), *_analysis_lines(document)]))


def _analysis_lines(analysis: dict[str, Any], most: int = 16) -> list[str]:
    """An analysis, in lines."""

    def listed(rows: list[dict[str, Any]], *names: str) -> str:
        places = [
            say("in bar").format(
                what=", ".join(translate(str(row[name])) for name in names if row[name]), bar=row["bar"]
            )
            for row in rows
        ]
        return ", ".join(places[:most]) + (" …" if len(places) > most else "")

    names = ("key", "meter", "tempo", "form", "mood")
    lines = [translate(analysis["title"])] if analysis["title"] else []
    if sound := analysis.get("sound"):
        loudness = "-∞" if sound["loudness"] is None else f"{sound['loudness']:.1f}"
        lines.append(say("sound heard").format(seconds=sound["seconds"], loudness=loudness, beats=len(sound["beats"])))
    values = {name: "?" if analysis[name] is None else translate(str(analysis[name])) for name in names}
    lines.append(say("analysed").format(**values | {"tempo": f"{analysis['tempo']:g}" if analysis["tempo"] else "?"}))
    lines.append(
        say("sure").format(
            confidence=", ".join(f"{translate(name)} {how:.0%}" for name, how in analysis["confidence"].items())
        )
    )
    labels = [
        say(f"{name} heard").format(**label | {"name": translate(label["name"])})
        for name in ("style", "genre", "like")
        if (label := analysis[name])
    ]
    if labels:
        lines.append(" · ".join(labels))
    if len(analysis["keys"]) > 1:
        lines.append(say("keys heard").format(keys=listed(analysis["keys"], "key")))
    if analysis["cadences"]:
        lines.append(say("cadences heard").format(cadences=listed(analysis["cadences"], "kind", "key")))
    if analysis["chords"]:
        lines.append(say("chords heard").format(chords=listed(analysis["chords"], "chord", "numeral")))
    return lines + [
        say("not told").format(reason=translate(reason)) for reason in dict.fromkeys(analysis["unknown"].values())
    ]
