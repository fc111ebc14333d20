"""PDF: comments behind the document, and once more where its table of objects begins.

Source: ISO 32000-1, 7.5.5: readers look for the last ``startxref``; a line that begins with a percent sign is a
comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from firmus.rights.labels import NAMES

EXTENSIONS = (".pdf",)
_LABEL = re.compile(
    b"".join(rb"%" + name.encode() + rb"=([^\n]*)\n" for name in NAMES) + rb"startxref\n(\d+)\n%%EOF\n\Z"
)
_TABLE = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    table = _TABLE.search(data)
    if table is None:
        return data
    label = "".join(f"%{name}={texts[name]}\n" for name in NAMES).encode()
    return data + b"\n" * (not data.endswith(b"\n")) + label + b"startxref\n" + table[1] + b"\n%%EOF\n"


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    label = _LABEL.search(data)
    return {name: label[place].decode(errors="replace") for place, name in enumerate(NAMES, 1)} if label else {}


def content(data: bytes) -> bytes:
    """The file without them, and without the line end before; where its objects are said otherwise, all of it."""
    label = _LABEL.search(data)
    if label is None:
        return data.removesuffix(b"\n")
    document = data[: label.start()]
    table = _TABLE.search(document)
    return document.removesuffix(b"\n") if table and table[1] == label[len(NAMES) + 1] else data
