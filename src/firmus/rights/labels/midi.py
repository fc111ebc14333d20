"""MIDI: meta events at the beginning of the first track, texts and one for sequencers.

Source: Standard MIDI Files 1.0 (RP-001): meta event FF 01 is text, FF 7F is for sequencers and begins with a
manufacturer; 7D is the one for non-commercial use.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmus.formats.midi.events import quantity
from firmus.rights.labels import AIGC, NOTICE, PROVENANCE

EXTENSIONS = (".mid", ".midi")
_TEXT, _SEQUENCER, _MANUFACTURER = 0x01, 0x7F, b"\x7d"
_KINDS = {NOTICE: _TEXT, AIGC: _TEXT, PROVENANCE: _SEQUENCER}


def write(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with the texts."""
    events = b"".join(_event(kind, f"{name}={texts[name]}") for name, kind in _KINDS.items())
    track = 8 + int.from_bytes(data[4:8])
    size = int.from_bytes(data[track + 4 : track + 8]) + len(events)
    return data[: track + 4] + size.to_bytes(4) + events + data[track + 8 :]


def read(data: bytes) -> dict[str, str]:
    """The texts."""
    return _split(data)[0]


def content(data: bytes) -> bytes:
    """The file without them."""
    return _split(data)[1]


def _event(kind: int, text: str) -> bytes:
    body = (_MANUFACTURER if kind == _SEQUENCER else b"") + text.encode()
    return b"\x00\xff" + bytes((kind,)) + quantity(len(body)) + body


def _split(data: bytes) -> tuple[dict[str, str], bytes]:
    track = 8 + int.from_bytes(data[4:8])
    place, texts = track + 8, {}
    for name, kind in _KINDS.items():
        if data[place : place + 3] != b"\x00\xff" + bytes((kind,)):
            return {}, data
        length, begin = 0, place + 3
        while begin < len(data):
            length, begin = length << 7 | data[begin] & 0x7F, begin + 1
            if data[begin - 1] < 0x80:
                break
        body = data[begin : begin + length].removeprefix(_MANUFACTURER if kind == _SEQUENCER else b"")
        if not body.startswith(f"{name}=".encode()):
            return {}, data
        texts[name], place = body.decode(errors="replace").partition("=")[2], begin + length
    size = int.from_bytes(data[track + 4 : track + 8]) - (place - track - 8)
    return texts, data[: track + 4] + (size % 2**32).to_bytes(4) + data[place:]
