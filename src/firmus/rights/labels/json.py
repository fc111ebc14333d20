"""Firmus JSON: members of the outermost object, behind all others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from firmus.rights.labels import NAMES
from firmus.rights.labels._marked import Marked


def _plain(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


EXTENSIONS = (".json",)
_MARKED = Marked({name: (f', "{name}": "', '"') for name in NAMES}, lambda text: json.dumps(text)[1:-1], _plain)


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    head, brace, rest = data.rpartition(b"}")
    return head + b"".join(_MARKED.run(name, texts[name]) for name in NAMES) + brace + rest


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    label = _LABEL.search(data)
    return (
        {name: _plain(text.decode(errors="replace")) for name, text in zip(NAMES, label.groups(), strict=True)}
        if label
        else {}
    )


def content(data: bytes) -> bytes:
    """The file without them."""
    label = _LABEL.search(data)
    return data[: label.start()] + data[label.end() :] if label else data


_LABEL = re.compile(b"".join(rb', "' + name.encode() + rb'": "((?:[^"\\]|\\.)*)"' for name in NAMES) + rb"(?=\}\s*\Z)")
