"""Verifying and the rights card, in lines."""

from __future__ import annotations

import argparse
import json
from typing import Any

from firmus.cli._words import say
from firmus.translation import translate


def verify(options: argparse.Namespace) -> None:
    """Say whether a file is as it was written."""
    from firmus.tasks import verify as task

    found = task.verify(options.source)
    if options.json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
        return
    if options.quiet:
        return
    altered = f" ({', '.join(say(f'altered {each}') for each in found.altered)})" if found.altered else ""
    print(f"{found.file}: {say(f'is {found.verdict}')}{altered}")
    lines = [translate(finding) for finding in found.findings]
    if found.work:
        whose = say("signed here" if found.is_own else "signed elsewhere" if found.key else "not signed")
        lines.append(say("label").format(work=found.work, model=found.model or "?", whose=whose))
    if found.credentials:
        lines.append(say(f"credentials {found.credentials}"))
    if (mark := found.watermark) is not None:
        words = {"found": "watermark found", "likely": "watermark likely", "not found": "no watermark"}
        lines.append(say(words.get(mark.verdict, "watermark not detectable")).format(p=mark.p, notes=mark.notes))
    print("\n".join(f"  {line}" for line in lines))


def rights(options: argparse.Namespace) -> None:
    """Say who made which notes."""
    from firmus.tasks import rights as task

    card = task.rights(options.source, given=options.given)
    if options.json:
        print(json.dumps(card, ensure_ascii=False))
    elif not options.quiet:
        print("\n".join(_card_lines(card)))


def _card_lines(card: dict[str, Any]) -> list[str]:
    lines = [f"{card['title']}: {say('shares').format(**card['share'])}"]
    for part in card["parts"]:
        spans = ", ".join(f"{each['bars']} {say('by ' + each['by'])}" for each in part["bars"])
        lines.append(f"  {part['name']}: {spans or '-'}")
    if card["removed"]:
        lines.append("  " + say("notes removed").format(count=card["removed"]))
    if card["kept"] is not None:
        lines.append("  " + say("kept of given").format(share=card["kept"]))
    lines.append("  " + say("learnt from").format(model=card["model"]["name"]))
    lines += [f"    {each}" for each in card["training"]]
    for kind, value in (("nearest", "{similarity:.2f}"), ("raising", "{nats:.1f}")):
        found = card["attribution"][kind]
        lines += ["  " + say(f"{kind} works")] if found else []
        lines += [f"    {value.format(**each)}  {_named(each)}" for each in found]
    return [*lines, "  " + say("attribution limits")] if card["attribution"]["nearest"] else lines


def _named(source: dict[str, Any]) -> str:
    """Title and composer of a work, and the set that it is from."""
    named = ", ".join(each for each in (source["title"], source["composer"]) if each)
    return f"{named} ({source['origin']})"
