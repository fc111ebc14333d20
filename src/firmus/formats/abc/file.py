"""An ABC file as text: which lines belong to which tune."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from firmus.errors import FormatError
from firmus.formats import _encodings

MAX_TUNES = 5_000
MAX_LETTERS = 1_000_000  # of a tune's body
FIELD = re.compile(r"([A-Za-z+]):(?![|:])[ \t]*(.*)")
_MARKS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "c": "\u0327", "u": "\u0306"}
_ESCAPES = re.compile(r"""\\([`'^~"]|c ?|u ?)([A-Za-z])|\\(.)|&#?\w{1,20};""")
_BLOCKS = {"begintext", "beginps", "beginsvg", "begintex"}
# Words with a letter that is no note, rest or ornament: prose, not music.
_PROSE = re.compile(r"\b(?=[A-Za-z']*[i-tw-yI-KN-RU-Y])[A-Za-z']{3,}")


Field = tuple[int, str, str]


@dataclass(slots=True)
class Tune:
    """The lines of one tune: header fields, then the body, each with its line number, counted from 1."""

    line: int
    header: list[Field] = field(default_factory=list)
    body: list[tuple[int, str]] = field(default_factory=list)
    letters: int = 0  # of the body

    @property
    def title(self) -> str:
        """First title, decoded."""
        return text_of(next((value for _, name, value in self.header if name == "T"), ""))


def decode(data: bytes) -> str:
    """Decode UTF-8 (or UTF-16 with its mark), else the likeliest encoding, with line feeds only."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        text = _encodings.decode(data.removeprefix(b"\xef\xbb\xbf"), _encodings.detect(data.splitlines()))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def text_of(value: str) -> str:
    r"""Decode the accents of an ABC text string, ``\'e`` and ``&eacute;``.

    Examples
    --------
    >>> text_of(r"Fran\c cois \'Eluard &amp; Co")
    'François Éluard & Co'
    """
    decoded = _ESCAPES.sub(_unescaped, value[:1000])
    return "".join(" " if each.isspace() else each for each in decoded if each.isspace() or each.isprintable()).strip()


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return unicodedata.normalize("NFC", match[2] + _MARKS[match[1].strip()])
    return match[3] or html.unescape(match[0])


def split(text: str) -> Iterator[Tune]:
    """Find the tunes of a file; fields before the first ``X:`` are defaults of every tune."""
    splitter = _Splitter()
    for number, line in _lines(text):
        finished = splitter.take(number, line)
        if finished is not None:
            yield finished
        if splitter.count > MAX_TUNES:
            raise FormatError(f"line {number}: the file holds more than {MAX_TUNES:,} tunes")
    if splitter.tune is not None and splitter.in_body:
        yield splitter.tune


class _Splitter:
    """Reads the lines of a file one by one; outside a tune, `pending` fields may belong to a ``K:`` without ``X:``."""

    def __init__(self) -> None:
        self.tune: Tune | None = None
        self.in_body = self.blank = False
        self.count = 0
        self.defaults: list[Field] = []
        self.pending: list[Field] = []

    def take(self, number: int, line: str) -> Tune | None:
        """Read one line; return the tune that it ends, if any."""
        if not line.strip():
            self.blank = True
            return None
        match = FIELD.match(line)
        entry = (number, match[1], match[2]) if match else (number, "%" if line.startswith("%%") else "", line)
        after_blank, self.blank = self.blank, False
        if entry[1] == "X":
            return self._begin(number)
        if self.tune is None or not self.in_body:
            self._header(entry)
        elif not after_blank or _continues(line, entry[1]):
            self.tune.body.append((number, line))
            self.tune.letters += len(line)
            if self.tune.letters > MAX_LETTERS:
                raise FormatError(f"line {number}: the tune has more than {MAX_LETTERS:,} characters")
            self.blank = after_blank and entry[1] == "%"
        else:
            finished, self.tune, self.in_body = self.tune, None, False
            self.pending = []
            self._header(entry)
            return finished
        return None

    def _begin(self, number: int) -> Tune | None:
        finished = self.tune if self.in_body else None
        if not self.count:
            self.defaults = [each for each in self.pending if each[1] in "LMQCI%"]
        self.count += 1
        self.tune, self.in_body, self.pending = Tune(number, list(self.defaults)), False, []
        return finished

    def _header(self, entry: Field) -> None:
        if not entry[1]:
            return
        if self.tune is None:
            if entry[1] != "K" or not any(each[1] in "TMLQ" for each in self.pending):
                self.pending.append(entry)
                return
            self.count += 1
            self.tune, self.pending = Tune(self.pending[0][0], self.pending), []
        self.tune.header.append(entry)
        self.in_body = entry[1] == "K"


def _continues(line: str, name: str) -> bool:
    """Whether a line after a blank one still belongs to the tune: a field of the body, or music."""
    if name:
        return name in "VwWKMLPQIsr+"
    if line.startswith(("%%", "[V:")):
        return True
    line = line[:1000]
    return "|" in line and not _PROSE.search(re.sub(r'"[^"]*"|![^!]*!|\{[^}]*\}|\[\w:[^\]]*\]', " ", line))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without comments and blocks of printed text."""
    block = ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("%%"):
            word = line[2:].strip().split(" ")[0]
            if block:
                block = "" if word == block.replace("begin", "end") else block
            elif word in _BLOCKS:
                block = word
            elif re.match(r"%%\s*(MIDI|percmap|propagate-accidentals)\b", line):
                yield number, line
            continue
        if block:
            continue
        if "%" in line:
            line = re.sub(r"(?<!\\)%.*", "", line)
            if not line.strip():
                continue
        yield number, line.rstrip()
