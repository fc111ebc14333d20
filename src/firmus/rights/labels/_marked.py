"""Labels that are a run of text at a place of the file: what goes before and after each of the three."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape, unescape

from firmus.rights.labels import NAMES


def _same(text: str) -> str:
    return text


def xml_escaped(text: str) -> str:
    """Text within XML."""
    return escape(text, quote=False)


@dataclass(frozen=True, slots=True)
class Marked:
    """How the texts stand in files of one kind.

    Parameters
    ----------
    runs : mapping of str to (str, str)
        What stands before and after each text, by its name.
    escaped, plain : callable
        How a text is written, and the inverse.
    """

    runs: Mapping[str, tuple[str, str]]
    escaped: Callable[[str], str] = _same
    plain: Callable[[str], str] = _same

    def run(self, name: str, text: str) -> bytes:
        """One text as it stands in the file."""
        before, after = self.runs[name]
        return f"{before}{self.escaped(text)}{after}".encode()

    def read(self, data: bytes) -> dict[str, str]:
        """The texts, where all are there."""
        found = {name: match for name in NAMES if (match := self._pattern(name).search(data))}
        texts = {name: self.plain(match[1].decode(errors="replace")) for name, match in found.items()}
        return texts if len(texts) == len(NAMES) else {}

    def content(self, data: bytes) -> bytes:
        """The file without them."""
        if not self.read(data):
            return data
        for name in NAMES:
            data = self._pattern(name).sub(b"", data, count=1)
        return data

    def _pattern(self, name: str) -> re.Pattern[bytes]:
        before, after = (re.escape(each.encode()) for each in self.runs[name])
        return re.compile(before + rb"([^\n]*?)" + after)


def in_xml(runs: Mapping[str, tuple[str, str]]) -> Marked:
    """Texts within XML."""
    return Marked(runs, xml_escaped, unescape)
