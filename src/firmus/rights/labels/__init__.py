"""Labels: what a file says of its origin, one module a kind of file.

A label is three texts: ``AIGC``, the fields of GB 45438-2025 as JSON; ``Firmus-Provenance``, the identifier of the
work, the digests of its manifest and of the file's content, and the public key of who wrote it, as JSON; and a notice
for people.

Every module has

``EXTENSIONS``
    endings of the files;
``write(data, texts) -> bytes``
    the file with the texts, by name, where others keep theirs;
``read(data) -> dict[str, str]``
    the texts; empty where there are none, and of a file that is damaged there;
``content(data) -> bytes``
    what of the file is not the label: the same with and without it, another where any other byte is.
"""

from __future__ import annotations

import re
from types import ModuleType

from firmus import plugins

AIGC, PROVENANCE, NOTICE = "AIGC", "Firmus-Provenance", "Notice"
NAMES = (AIGC, PROVENANCE, NOTICE)
_PATTERNS = {
    AIGC: rb'\{"ContentProducer":"[^{}]*"ReservedCode2":"[^{}"]*"\}',
    PROVENANCE: rb'\{"content":"[0-9a-f]{64}","key":"[^{}]*\}',
    NOTICE: "AI生成 / AI-generated \\([^()\x00]{1,200}\\)".encode(),
}


def module(ending: str) -> ModuleType | None:
    """The module for a file's ending, such as ``".mid"``; None where files of that kind bear no label.

    Examples
    --------
    >>> module(".FLAC").__name__
    'firmus.rights.labels.flac'
    """
    for name in plugins.names(__name__):
        found = plugins.load(__name__, name)
        if ending.lower() in found.EXTENSIONS:
            return found
    return None


def scattered(data: bytes) -> dict[str, str]:
    """The texts of a label wherever they stand, as where another program wrote the tags anew; empty without all three.

    Examples
    --------
    >>> scattered(b"ARTIST=Somebody")
    {}
    """
    found = {name: re.search(pattern, data) for name, pattern in _PATTERNS.items()}
    texts = {name: match[0].decode(errors="replace") for name, match in found.items() if match}
    return texts if len(texts) == len(NAMES) else {}
