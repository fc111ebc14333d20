"""ABC: notes (``N:``) of the tune's head, before the key, which ends it."""

from __future__ import annotations

from collections.abc import Mapping

from firmus.rights.labels import NAMES
from firmus.rights.labels._marked import Marked

EXTENSIONS = (".abc",)
_MARKED = Marked({name: (f"N: {name}=", "\n") for name in NAMES})
read, content = _MARKED.read, _MARKED.content


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    head, key, rest = data.partition(b"\nK:")
    return head + b"\n" + b"".join(_MARKED.run(name, texts[name]) for name in NAMES) + key[1:] + rest
