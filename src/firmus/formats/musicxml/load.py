"""MusicXML bytes, plain or compressed, parsed safely: one small XML element at a time.

A compressed file is unpacked within limits, and only the score that its container names is opened. XML goes
through defusedxml: entity declarations and external references are refused, a plain DOCTYPE (every MusicXML
file has one) is accepted and never fetched. Elements are yielded measure by measure and then discarded,
so that a long score is never in memory as a tree.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firmus.errors import FormatError
from firmus.formats._encodings import utf8_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_COMPRESSED = 20_000_000
MAX_XML = 50_000_000
MAX_RATIO = 100
MAX_ENTRIES = 64
MAX_DEPTH = 40
MAX_ATTRIBUTES = 2000  # different names
MAX_TAG = 100_000  # bytes of a tag, or of the text after it
_CONTAINER = "META-INF/container.xml"
_ARCHIVES = (".zip", ".mxl", ".mscz", ".jar", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar")
_CHUNK = 1 << 16
_LINK = 0o120000
_LONG_TAG = re.compile(rb"<[^<]{%d}" % MAX_TAG)


def looks_like_musicxml(data: bytes) -> bool:
    """Whether bytes begin like MusicXML, plain or compressed."""
    if data[:2] == b"PK":
        return _CONTAINER.encode() in data or b".musicxml" in data
    head = data[:16384].replace(b"\0", b"")  # also finds the ASCII letters of UTF-16
    return b"<score-partwise" in head or b"<score-timewise" in head


def unpacked(data: bytes) -> bytes:
    """Return the XML of a score, taken out of its container where it is compressed."""
    if data[:2] != b"PK":
        if len(data) > MAX_XML:
            raise FormatError(f"MusicXML of {len(data):,} bytes: {MAX_XML:,} is the most")
        return _with_true_declaration(data)
    if len(data) > MAX_COMPRESSED:
        raise FormatError(f"compressed MusicXML of {len(data):,} bytes: {MAX_COMPRESSED:,} is the most")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_entries(archive.infolist())
            return _with_true_declaration(_entry(archive, _root_file(archive)))
    except FormatError:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise FormatError(f"damaged compressed MusicXML: {error}") from None


def _with_true_declaration(xml: bytes) -> bytes:
    """XML that begins with its declaration, and that says UTF-16 only where it is."""
    if xml[:1] in (b"\n", b"\r", b" ", b"\t"):
        xml = xml.lstrip(b"\r\n\t ")
    return re.sub(rb"""\A((?:\xef\xbb\xbf)?<\?xml[^>]{0,100}?)\s+encoding=["']utf-?16["']""", rb"\1", xml, flags=re.I)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise FormatError(f"compressed MusicXML with {len(entries)} files inside: {MAX_ENTRIES} is the most")
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name or ".." in name.split("/"):
            raise FormatError(f"compressed MusicXML: the name {name[:80]!r} leads out of the archive")
        if (entry.external_attr >> 16) & 0o170000 == _LINK:
            raise FormatError(f"compressed MusicXML: {name[:80]!r} is a link")
        if name.lower().endswith(_ARCHIVES):
            raise FormatError(f"compressed MusicXML: {name[:80]!r} is an archive inside the archive")
    size, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if size > MAX_XML:
        raise FormatError(f"compressed MusicXML unpacks to {size:,} bytes: {MAX_XML:,} is the most")
    if size > MAX_RATIO * max(packed, 1):
        raise FormatError(f"compressed MusicXML unpacks to {size // max(packed, 1)} times its size: a zip bomb")


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    entry = next((each for each in archive.infolist() if name in _names(each)), None)
    if entry is None:
        raise FormatError(f"compressed MusicXML: there is no {name[:80]!r} in it")
    with archive.open(entry) as stream:
        content = stream.read(MAX_XML + 1)
    if len(content) > MAX_XML:
        raise FormatError(f"compressed MusicXML: {name[:80]!r} is larger than {MAX_XML:,} bytes")
    if content[:2] == b"PK":
        raise FormatError(f"compressed MusicXML: {name[:80]!r} is an archive inside the archive")
    return content


def _names(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    """Name of a file in an archive; also as UTF-8 where the archive forgets to say that it is."""
    try:
        return entry.filename, entry.filename.encode("cp437").decode()
    except UnicodeError:
        return (entry.filename,)


def _root_file(archive: zipfile.ZipFile) -> str:
    """Name of the score; where the container is missing or damaged, that of the only score there is."""
    try:
        for _, element in _elements(_entry(archive, _CONTAINER), "container"):
            for each in element.iter("rootfile"):
                kind = each.get("media-type", "application/vnd.recordare.musicxml+xml")
                if "musicxml" in kind or kind.endswith("/xml"):
                    return each.get("full-path", "")
    except FormatError:
        names = [name for name in archive.namelist() if name.lower().endswith((".xml", ".musicxml"))]
        scores = [name for name in names if not name.startswith("META-INF/")]
        if len(scores) == 1:
            return scores[0]
        raise
    raise FormatError(f"compressed MusicXML: {_CONTAINER} names no score")


def elements(xml: bytes) -> Iterator[tuple[str, Element]]:
    """Every measure of every part, and every other child of the score, in the order of the file.

    Yields
    ------
    part : str
        The part's id; "" for what stands outside the parts.
    element : Element
        A measure with its attributes, also where the file is time-wise; else ``work``, ``part-list``...
    """
    return _elements(xml, "score-partwise", "score-timewise")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


@dataclass
class _Cutter:
    """Parser target that cuts the XML into finished elements."""

    roots: tuple[str, ...]
    ready: list[tuple[str, Element]] = field(default_factory=list)
    root: str = ""
    depth: int = 0
    tags: int = 0  # that began or ended
    attributes: set[str] = field(default_factory=set)  # names
    unit: int = 2  # depth of the elements to hand over
    outer: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from xml.etree.ElementTree import TreeBuilder

        self._new = TreeBuilder
        self._builder = TreeBuilder()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.tags += 1
        self.attributes.update(attributes)
        if len(self.attributes) > MAX_ATTRIBUTES:
            raise FormatError(f"XML with more than {MAX_ATTRIBUTES:,} names of attributes: this is no music")
        if self.depth > MAX_DEPTH:
            raise FormatError(f"XML nested more than {MAX_DEPTH} deep: this is no music")
        if "}" in tag:
            tag = _local(tag)
        if self.depth == 1:
            if tag not in self.roots:
                raise FormatError(f"XML, but no MusicXML: its root is <{tag[:40]}>, not <{self.roots[0]}>")
            self.root = tag
        elif self.depth == 2 and tag == ("measure" if self.root == "score-timewise" else "part"):
            self.unit, self.outer = 3, attributes
        else:
            self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        if self.depth >= self.unit:
            self._builder.data(text)

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.tags += 1
        if self.depth >= self.unit:
            self._builder.end(_local(tag))
        elif self.depth == self.unit - 1 and self.depth:
            element = self._builder.end(_local(tag))
            self._builder = self._new()
            self.ready.append(self._named(element))
        elif self.depth == 1:
            self.unit = 2

    def _named(self, element: Element) -> tuple[str, Element]:
        if self.unit == 2:
            return "", element
        if self.root == "score-timewise":
            part = element.get("id", "")
            element.tag, element.attrib = "measure", self.outer
            return part, element
        return self.outer.get("id", ""), element

    def close(self) -> None:
        pass


def _elements(xml: bytes, *roots: str) -> Iterator[tuple[str, Element]]:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    if _LONG_TAG.search(xml):
        raise FormatError(f"XML with a tag or a text of more than {MAX_TAG:,} bytes: this is no music")
    cutter, xml = _Cutter(roots), utf8_xml(xml)
    try:
        parser = DefusedXMLParser(target=cutter)
        place, size = 0, _CHUNK
        while place < len(xml):
            before = cutter.tags
            parser.feed(xml[place : place + size])
            place += size
            # a tag that is not complete is read again from its beginning: one of megabytes in few, growing steps
            size = _CHUNK if cutter.tags > before else 2 * size
            yield from cutter.ready
            cutter.ready.clear()
        parser.close()
    except DefusedXmlException as error:
        kind = type(error).__name__
        raise FormatError(f"MusicXML that declares entities or fetches files is refused ({kind})") from None
    except ParseError as error:
        raise FormatError(f"damaged XML: {error}") from None
    except (ValueError, LookupError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"damaged XML: {error}") from None
    if cutter.depth or not cutter.root:
        raise FormatError("damaged XML: it ends in the middle")
    yield from cutter.ready


def packed(xml: bytes) -> bytes:
    """Compressed MusicXML around the XML of a score; the inverse of `unpacked`."""
    container = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles><rootfile full-path="score.musicxml" '
        'media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>\n'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((_CONTAINER, container.encode()), ("score.musicxml", xml)):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return stream.getvalue()
