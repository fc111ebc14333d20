"""Explaining, in lines: of a file or a work, and beside what has just been composed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.cli._output import Progress, save, texts
from firmus.cli._words import language, say

if TYPE_CHECKING:
    from firmus.work import Work

SHOWN = 5  # notes, places and runs that are told


def explain(options: argparse.Namespace) -> None:
    """Read a piece, say of its notes how surprising each is, and where it comes from."""
    from firmus.render import files
    from firmus.tasks.explain import explainer as task

    if options.out:
        files.check_free(Path(options.out), options.force)
    show = Progress(options.quiet, "steps of")
    source = task.read(Path(options.source), options.tune)
    most = None if options.out or options.json else 0 if options.note else SHOWN
    heard = task.explain(
        source, model=options.model, style=options.style, bars=options.bars, parts=options.parts or (),
        note=options.note, among=options.among, most=most, progress=show,
    )  # fmt: skip
    found, paths = heard.as_dict(), []
    if options.out:
        show.note(say("writing"))
        maps = {f"{name}.svg": drawn for name, drawn in heard.maps(language()).items()}
        paths = save(Path(options.out), texts("explain", found, heard.html(language())) | maps)
    show.end()
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    elif not options.quiet:
        print("\n".join([*(str(path) for path in paths), *_told(found, heard.notes.index(heard.focus))]))


def _told(found: dict[str, Any], focus: int) -> list[str]:
    """An explanation in lines: the whole, then one note."""

    def rather(note: dict[str, Any]) -> str:
        return ", ".join(f"{name} {chance:.0%}" for name, chance in note["likelier"])

    notes, note = found["notes"], found["notes"][focus]
    lines = [
        say("explained").format(**found | {"title": found["title"] or "?", "notes": len(notes)}),
        *surprises(found),
    ]
    lines += ["  " + say("unlikely").format(**notes[place], rather=rather(notes[place])) for place in found["unlikely"]]
    lines += [say("the note").format(**note), "  " + say("rather").format(rather=rather(note), chance=note["chance"])]
    if note["rules"]:
        lines.append("  " + say("rules here").format(rules=_shares(note["rules"]), left=note["left"]))
    if note["told"]:
        told = ", ".join(f"{name} {bits:+.1f}" for name, bits in note["told"].items())
        lines.append("  " + say("told").format(told=told))
    if note["returns"]:
        lines.append("  " + say("brought back").format(**note))
    if note["bars_before"] is not None:
        bars = [
            f"{say('in bar').format(what=each['part'], **each)} {each['bits']:+.1f}" for each in note["bars_before"]
        ]
        single = [
            f"{say('in bar').format(what=each['name'], **each)} {each['bits']:+.1f}" for each in note["notes_before"]
        ]
        for some in filter(None, (bars[:SHOWN], single[:SHOWN])):
            lines.append("  " + say("light").format(places=", ".join(some)))
    lines += [say("same run").format(**run) for run in found["shared"][:SHOWN]]
    return lines + [say("not told").format(reason=reason) for reason in found["unknown"].values()]


def beside(work: Work, folder: Path) -> list[Path]:
    """Write beside a work what surprised the model in it; ``firmus explain`` says where each note comes from."""
    from firmus.tasks.explain.explainer import explain

    found = explain(work, most=0)
    return save(folder, texts("explain", found.as_dict(), found.html(language())))


def surprises(found: dict[str, Any], most: int = 5) -> list[str]:
    """The most surprising notes, and what the rules took away."""
    notes = sorted(found["notes"], key=lambda note: int(note["rank"]))[:most]
    lines = ["  " + say("surprising").format(notes="; ".join(say("where").format(**note) for note in notes))]
    if found["rules"]:
        lines.append("  " + say("hard").format(rules=_shares(found["rules"])))
    return lines


def _shares(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in found.items())
