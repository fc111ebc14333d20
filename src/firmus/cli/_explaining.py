"""Explaining, in lines: of a file or a work, and beside what has just been composed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.cli._output import ProgressLine, save, texts
from firmus.cli._words import say
from firmus.translation import language, translate

if TYPE_CHECKING:
    from firmus.work import Work

SHOWN = 5  # notes, places and passages that are listed


def explain(options: argparse.Namespace) -> None:
    """Read a piece, say of its notes how surprising each is, and where it comes from."""
    from firmus.render import files
    from firmus.tasks.explain import explainer as task

    if options.out:
        files.check_free(Path(options.out), options.force)
    show = ProgressLine(options.quiet, "steps of")
    source = task.read(Path(options.source), options.tune)
    most = None if options.out or options.json else 0 if options.note else SHOWN
    explanation = task.explain(
        source,
        model=options.model,
        style=options.style,
        bars=options.bars,
        parts=options.parts or (),
        note=options.note,
        among=options.among,
        most=most,
        progress=show,
    )
    document, paths = explanation.as_dict(), []
    if options.out:
        show.note(say("writing"))
        maps = {f"{name}.svg": drawn for name, drawn in explanation.maps(language()).items()}
        paths = save(Path(options.out), texts("explain", document, explanation.html(language())) | maps)
    show.end()
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    elif not options.quiet:
        print(
            "\n".join([*(str(path) for path in paths), *_lines(document, explanation.notes.index(explanation.focus))])
        )


def _lines(document: dict[str, Any], focus: int) -> list[str]:
    """An explanation in lines: the whole, then one note."""

    def rather(note: dict[str, Any]) -> str:
        return ", ".join(f"{name} {chance:.0%}" for name, chance in note["likelier"])

    notes, note = document["notes"], document["notes"][focus]
    lines = [
        say("explained").format(
            **document
            | {"title": translate(document["title"] or "?"), "style": translate(document["style"]), "notes": len(notes)}
        ),
        *surprises(document),
    ]
    lines += [
        "  " + say("unlikely").format(**_local(notes[place]), rather=rather(notes[place]))
        for place in document["unlikely"]
    ]
    lines += [
        say("the note").format(**_local(note)),
        "  " + say("rather").format(rather=rather(note), chance=note["chance"]),
    ]
    if note["rules"]:
        lines.append("  " + say("rules here").format(rules=_shares(note["rules"]), left=note["left"]))
    if note["told"]:
        effects = ", ".join(f"{translate(name)} {bits:+.1f}" for name, bits in note["told"].items())
        lines.append("  " + say("told").format(told=effects))
    if note["returns"]:
        lines.append("  " + say("brought back").format(**note))
    if note["bars_before"] is not None:
        bars = [
            f"{say('in bar').format(what=translate(each['part']), **each)} {each['bits']:+.1f}"
            for each in note["bars_before"]
        ]
        single = [
            f"{say('in bar').format(what=each['name'], **each)} {each['bits']:+.1f}" for each in note["notes_before"]
        ]
        for some in filter(None, (bars[:SHOWN], single[:SHOWN])):
            lines.append("  " + say("light").format(places=", ".join(some)))
    lines += [say("same run").format(**run) for run in document["shared"][:SHOWN]]
    return lines + [say("not told").format(reason=translate(reason)) for reason in document["unknown"].values()]


def beside(work: Work, folder: Path) -> list[Path]:
    """Write beside a work what surprised the model in it; ``firmus explain`` says where each note comes from."""
    from firmus.tasks.explain.explainer import explain

    document = explain(work, most=0)
    return save(folder, texts("explain", document.as_dict(), document.html(language())))


def surprises(document: dict[str, Any], most: int = 5) -> list[str]:
    """The most surprising notes, and what the rules took away."""
    notes = sorted(document["notes"], key=lambda note: int(note["rank"]))[:most]
    lines = ["  " + say("surprising").format(notes="; ".join(say("where").format(**_local(note)) for note in notes))]
    if document["rules"]:
        lines.append("  " + say("hard").format(rules=_shares(document["rules"])))
    return lines


def _local(note: dict[str, Any]) -> dict[str, Any]:
    return note | {"part": translate(note["part"])}


def _shares(document: dict[str, float]) -> str:
    return ", ".join(f"{translate(name)} {share:.0%}" for name, share in document.items())
