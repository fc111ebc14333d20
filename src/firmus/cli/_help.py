"""How the help is laid out: argparse's own words in the user's language, lines filled by columns."""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections.abc import Iterable

from firmus.translation import translate


class HelpFormatter(argparse.HelpFormatter):
    """Help in the user's language; a Chinese character is two columns wide, and a line may end behind any."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Add the usage, behind its heading."""
        super().add_usage(usage, actions, groups, translate("usage: ") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        """Begin a section by its heading."""
        super().start_section(translate(heading) if heading else heading)

    def add_argument(self, action: argparse.Action) -> None:
        """Add an argument with its help."""
        if action.dest in ("help", "version") and action.help:
            action.help = translate(action.help)
        super().add_argument(action)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return lines(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in lines(text, width - len(indent)))


def lines(text: str, width: int) -> list[str]:
    """A text in lines of so many columns: broken at blanks and behind Chinese characters, but before no punctuation.

    Examples
    --------
    >>> lines("调（从零作曲），如 Bb", 10)
    ['调（从零作', '曲），如', 'Bb']
    """
    filled, line = [], ""
    for word in re.findall(r"\s+|[（“]*(?:[!-~]+|.)[，。；：、）”？！]*", text):
        if line and columns(line + word.rstrip()) > width:
            filled.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*filled, line.rstrip()]


def columns(text: str) -> int:
    """How many columns of a terminal a text takes.

    Examples
    --------
    >>> columns("调 G")
    4
    """
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
