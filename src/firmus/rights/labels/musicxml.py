"""MusicXML: rights and miscellaneous fields of the identification; compressed files hold such a file.

Source: MusicXML 4.0, *identification*: creators, rights, encoding and miscellaneous stand in this order.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from firmus.rights.labels import AIGC, NOTICE, PROVENANCE
from firmus.rights.labels._marked import in_xml

EXTENSIONS = (".musicxml", ".mxl", ".xml")
_MARKED = in_xml(
    {
        NOTICE: ("<rights>", "</rights>"),
        AIGC: ('<miscellaneous><miscellaneous-field name="AIGC">', "</miscellaneous-field>"),
        PROVENANCE: ('<miscellaneous-field name="Firmus-Provenance">', "</miscellaneous-field></miscellaneous>"),
    }
)
_ZIP = b"PK\x03\x04"
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error)


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    if is_packed(data):
        return _packed(data, write(_music(data)[1], texts))
    rights, *fields = (_MARKED.run(name, texts[name]) for name in (NOTICE, AIGC, PROVENANCE))
    before, encoding, after = data.partition(b"<encoding>")
    head, end, rest = (before + rights + encoding + after).partition(b"</identification>")
    return head + b"".join(fields) + end + rest


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    return _MARKED.read(_music(data)[1] if is_packed(data) else data)


def content(data: bytes) -> bytes:
    """The music without them, also of a compressed file; all of one that is damaged."""
    return _MARKED.content((_music(data)[1] or data) if is_packed(data) else data)


def is_packed(data: bytes) -> bool:
    """Whether the file is compressed, so that its own bytes may differ for the same music."""
    return data.startswith(_ZIP)


def _music(data: bytes) -> tuple[str, bytes]:
    """Name and content of the music within a compressed file; empty where it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if not name.startswith("META-INF/") and "." in name]
            return names[0], archive.read(names[0])
    except (IndexError, *_DAMAGED):
        return "", b""


def _packed(data: bytes, music: bytes) -> bytes:
    """The compressed file with other music."""
    buffer, name = io.BytesIO(), _music(data)[0]
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for each in old.infolist():
            content = music if each.filename == name else old.read(each)
            new.writestr(zipfile.ZipInfo(each.filename), content, each.compress_type)
    return buffer.getvalue()
