"""Exercises, in lines: one that was composed, an answer that was marked, a pupil's record."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.cli._output import save
from firmus.cli._words import say
from firmus.errors import InvalidBrief
from firmus.translation import language, translate

if TYPE_CHECKING:
    from firmus.tasks.exercise.records import Record

SHOWN = 8  # remarks, and skills that are due


def exercise(options: argparse.Namespace) -> None:
    """Compose an exercise, mark an answer, or show, export or delete a record."""
    if options.export or options.forget:
        _keep(options)
    elif options.answer is not None:
        _answer(options)
    elif options.what is None and options.pupil is None:
        raise InvalidBrief("no kind of exercise and no pupil: name a kind, such as sight-reading, or --pupil NAME")
    else:
        _compose(options)


def _compose(options: argparse.Namespace) -> None:
    from firmus.render import files
    from firmus.render.pages.exercise import instruction
    from firmus.tasks.exercise import lessons, sheets

    if options.out:
        files.check_free(Path(options.out), options.force)
    made = lessons.next_exercise(options.what, options.level, options.seed, options.pupil)
    folder = Path(options.out) if options.out else files.free_folder(Path("out") / f"{made.kind}-{made.level}")
    paths = sheets.save(made, folder, force=options.force)
    document = made.as_dict()
    if options.json:
        print(
            json.dumps({"task": options.task, "files": [str(path) for path in paths], **document}, ensure_ascii=False)
        )
    elif not options.quiet:
        lines = [*(str(path) for path in paths), say("exercise").format(title=translate(made.title), seed=made.seed)]
        lines.append("  " + instruction(document, language()))
        if made.choices:
            lines.append("  " + ", ".join(translate(each) for each in made.choices))
        print("\n".join([*lines, "  " + say("answer it").format(folder=folder)]))


def _answer(options: argparse.Namespace) -> None:
    from firmus.tasks.exercise import lessons

    if options.what is None:
        raise InvalidBrief("answer: to which exercise? Give its folder, such as out/cadence-3 --answer half")
    asked = lessons.of_folder(options.what)
    mark, record = lessons.answer(asked, options.answer, options.pupil)
    document: dict[str, Any] = {"task": options.task, "kind": asked.kind, **mark.as_dict(), "answer": asked.answer}
    if record:
        document["pupil"] = {name: value for name, value in record.as_dict().items() if name != "answers"}
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    elif not options.quiet:
        lines = [say("right answer" if mark.is_right else "wrong answer").format(share=mark.share)]
        lines += [f"  {translate(each)}" for each in mark.remarks[:SHOWN]]
        print("\n".join([*lines, *(_standing(record) if record else [])]))


def _keep(options: argparse.Namespace) -> None:
    """Export or delete a record."""
    from firmus.render.files import check_absent
    from firmus.tasks.exercise import records

    if options.pupil is None:
        raise InvalidBrief("whose record? Give --pupil NAME")
    paths = []
    if options.export:
        target = Path(options.export)
        check_absent(target, options.force)
        record = records.load(options.pupil)
        paths = save(target.parent, {target.name: json.dumps(record.as_dict(), ensure_ascii=False, indent=1) + "\n"})
    if options.forget:
        records.forget(options.pupil)
    if options.json:
        print(json.dumps({"task": options.task, "files": [str(path) for path in paths], "deleted": options.forget}))
    elif not options.quiet:
        print("\n".join([*(str(path) for path in paths), *([say("record deleted")] if options.forget else [])]))


def _standing(record: Record) -> list[str]:
    """The level of a pupil, and what is due."""
    found = record.ability
    words = "level found" if found.is_found else "level so far"
    lines = ["  " + say(words).format(level=found.level, deviation=found.deviation, answers=found.answers)]
    if due := record.due()[:SHOWN]:
        lines.append("  " + say("due").format(skills=", ".join(translate(each) for each in due)))
    return lines
