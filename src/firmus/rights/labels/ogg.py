"""Ogg Vorbis: the comments are the stream's second packet; the pages of its headers are laid out anew.

Source: RFC 3533, section 6: a page has a head with the lengths of its segments, at most 255 of them, each of at most
255 bytes, and a checksum; a segment of less than 255 bytes ends a packet. Vorbis has three packets of headers, the
first on a page of its own; sound begins on a new page.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from firmus.rights.labels import _vorbis

EXTENSIONS = (".ogg", ".oga")
_MARK = b"\x03vorbis"
_HEAD, _SEGMENTS = 27, 255


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    pages = _pages(data)
    packets = _headers(pages)
    if not packets:
        return data
    return _laid_out(pages, [_MARK + _vorbis.extended(packets[0][len(_MARK) :], texts), packets[1]])


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    packets = _headers(_pages(data))
    return _vorbis.split(packets[0][len(_MARK) :])[0] if packets else {}


def content(data: bytes) -> bytes:
    """The file without them."""
    pages = _pages(data)
    packets = _headers(pages)
    if not packets:
        return data
    return _laid_out(pages, [_MARK + _vorbis.split(packets[0][len(_MARK) :])[1], packets[1]])


def _pages(data: bytes) -> list[bytes]:
    """The pages; none where the file is damaged."""
    pages, place = [], 0
    while place < len(data):
        if data[place : place + 4] != b"OggS" or place + _HEAD > len(data):
            return []
        count = data[place + 26]
        size = _HEAD + count + sum(data[place + _HEAD : place + _HEAD + count])
        pages.append(data[place : place + size])
        place += size
    return pages


def _headers(pages: list[bytes]) -> list[bytes]:
    """Comments and set-up: the second packet and the third."""
    packets, packet = [], b""
    for page in pages[1:]:
        place = _HEAD + page[26]
        for size in page[_HEAD : _HEAD + page[26]]:
            packet, place = packet + page[place : place + size], place + size
            if size < _SEGMENTS:
                packets.append(packet)
                packet = b""
        if len(packets) >= 2:
            return packets if len(packets) == 2 and not packet and packets[0].startswith(_MARK) else []
    return []


def _laid_out(pages: list[bytes], packets: list[bytes]) -> bytes:
    """The file with other comments and set-up; the pages behind are numbered anew."""
    sizes, body = [], b"".join(packets)
    for packet in packets:
        sizes += [_SEGMENTS] * (len(packet) // _SEGMENTS) + [len(packet) % _SEGMENTS]
    serial, new, place = pages[0][14:18], [pages[0]], 0
    for first in range(0, len(sizes), _SEGMENTS):
        own = sizes[first : first + _SEGMENTS]
        continued = first > 0 and sizes[first - 1] == _SEGMENTS
        position = b"\xff" * 8 if own.count(_SEGMENTS) == len(own) else bytes(8)  # where no packet ends
        head = b"OggS\x00" + bytes((continued,)) + position + serial + bytes(8) + bytes((len(own), *own))
        new.append(head + body[place : place + sum(own)])
        place += sum(own)
    sound = pages[_last_header(pages) + 1 :]
    return b"".join(_numbered(page, number) for number, page in enumerate([*new, *sound]))


def _last_header(pages: list[bytes]) -> int:
    """Index of the page on which the third packet ends."""
    ended = 0
    for number, page in enumerate(pages):
        ended += sum(size < _SEGMENTS for size in page[_HEAD : _HEAD + page[26]])
        if ended >= 3:
            return number
    return len(pages) - 1


def _numbered(page: bytes, number: int) -> bytes:
    if page[18:22] == number.to_bytes(4, "little") and page[22:26] != bytes(4):
        return page  # as it was
    bare = page[:18] + number.to_bytes(4, "little") + bytes(4) + page[26:]
    return bare[:22] + _checksum(bare).to_bytes(4, "little") + bare[26:]


@cache
def _table() -> list[int]:
    table = []
    for value in range(256):
        register = value << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(register)
    return table


def _checksum(page: bytes) -> int:
    """The checksum of Ogg: CRC-32 with the polynomial 04C11DB7, neither reflected nor inverted."""
    table, register = _table(), 0
    for byte in page:
        register = (register << 8 & 0xFFFFFFFF) ^ table[register >> 24 ^ byte]
    return register
