"""SVG: metadata of the picture."""

from __future__ import annotations

from collections.abc import Mapping

from firmus.rights.labels import AIGC, NAMES, NOTICE, PROVENANCE
from firmus.rights.labels._marked import in_xml

EXTENSIONS = (".svg",)
_MARKED = in_xml(
    {
        AIGC: ('<metadata id="AIGC">', "</metadata>"),
        PROVENANCE: ('<metadata id="Firmus-Provenance">', "</metadata>"),
        NOTICE: ('<metadata id="Notice">', "</metadata>"),
    }
)
read, content = _MARKED.read, _MARKED.content


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    head, end, rest = data.rpartition(b"</svg>")
    return head + b"".join(_MARKED.run(name, texts[name]) for name in NAMES) + end + rest
