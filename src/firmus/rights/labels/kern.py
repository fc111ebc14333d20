"""Humdrum: reference records at the end of the file."""

from __future__ import annotations

from collections.abc import Mapping

from firmus.rights.labels import NAMES
from firmus.rights.labels._marked import Marked

EXTENSIONS = (".krn", ".kern")
_MARKED = Marked({name: (f"!!!{name}: ", "\n") for name in NAMES})
read, content = _MARKED.read, _MARKED.content


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    return data + b"".join(_MARKED.run(name, texts[name]) for name in NAMES)
