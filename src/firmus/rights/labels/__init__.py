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

from types import ModuleType

from firmus import plugins

AIGC, PROVENANCE, NOTICE = "AIGC", "Firmus-Provenance", "Notice"
NAMES = (AIGC, PROVENANCE, NOTICE)


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
