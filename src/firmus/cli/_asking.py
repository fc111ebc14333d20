"""Asking in plain words: what was understood is shown, and composed once the user agrees."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from firmus.cli import _commands as commands
from firmus.cli._output import ProgressLine, read_tune
from firmus.cli._words import say
from firmus.errors import InvalidBrief
from firmus.translation import language

if TYPE_CHECKING:
    from firmus.tasks.ask.proposal import Proposal


def ask(options: argparse.Namespace) -> None:
    """Read the request, show what it asks for, and do it."""
    from firmus.tasks.ask.proposal import propose

    *files, words = options.words
    if len(files) > 1:
        raise InvalidBrief(f"{' '.join(files[1:])!r} is one word too many: put the request into quotation marks")
    score = read_tune(options, files[0]) if files else None
    parts = [name.strip() for name in (options.parts or "").replace("、", ",").split(",") if name.strip()]
    selection = {name: value for name, value in (("bars", options.bars), ("parts", parts)) if value}
    given = {} if options.seed is None else {"seed": options.seed}
    proposal = propose(words, score, selection or None, **given)
    if not options.json:
        print("\n".join(proposal.explained(language())))
    if _is_agreed(options, proposal):
        show = ProgressLine(options.quiet)
        commands.save_works(options, proposal.perform(show), show, (proposal, *proposal.following)[-1].verb)


def _is_agreed(options: argparse.Namespace, proposal: Proposal) -> bool:
    """Whether to go on; where nobody can be asked, only with ``--yes``."""
    if options.yes:
        return True
    if options.json:
        print(json.dumps(
            {"task": "ask", "verb": proposal.verb or None, "brief": proposal.brief.as_dict(),
             "explanation": proposal.explained(language()),
             **({"steps": [{"verb": each.verb or None, "brief": each.brief.as_dict()}
                           for each in (proposal, *proposal.following)]} if proposal.following else {})},
            ensure_ascii=False,
        ))  # fmt: skip
        return False
    if not sys.stdin.isatty():
        print(say("nothing done"), file=sys.stderr)
        return False
    return input(say("shall it")).strip().casefold() in ("", "y", "yes", "是", "好")
