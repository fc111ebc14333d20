"""Chunks of WAV files that players and game engines read: loop points (``smpl``) and markers (``cue ``, ``adtl``).

Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991), and its update of 1994.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

MIDDLE_C = 60


def with_loop(data: bytes, frames: int, sample_rate: int, *, first: int = 0, key: int = MIDDLE_C) -> bytes:
    r"""A WAV file with a loop, from a frame, its first by default, to the last of so many.

    Parameters
    ----------
    data : bytes
    frames, sample_rate, first : int
    key : int
        That plays it as it is.

    Examples
    --------
    >>> loop_of(with_loop(b"RIFF\x04\x00\x00\x00WAVE", 44100, 44100))
    (0, 44099)
    """
    period = round(1e9 / sample_rate)
    head = struct.pack("<9I", 0, 0, period, key, 0, 0, 0, 1, 0)
    return _with_chunks(data, [(b"smpl", head + struct.pack("<6I", 0, 0, first, frames - 1, 0, 0))])


def loop_of(data: bytes) -> tuple[int, int] | None:
    """First and last frame of a WAV file's loop; None where it has none."""
    for name, body in chunks(data):
        if name == b"smpl" and len(body) >= 60:
            first, last = struct.unpack_from("<2I", body, 44)
            return first, last
    return None


def with_markers(data: bytes, markers: Sequence[tuple[int, str]]) -> bytes:
    r"""A WAV file with named markers at frames.

    Examples
    --------
    >>> markers_of(with_markers(b"RIFF\x04\x00\x00\x00WAVE", [(0, "calm"), (4410, "danger")]))
    [(0, 'calm'), (4410, 'danger')]
    """
    points = struct.pack("<I", len(markers))
    labels = b"adtl"
    for number, (frame, name) in enumerate(markers, 1):
        points += struct.pack("<2I4s3I", number, frame, b"data", 0, 0, frame)
        text = name.encode() + b"\0"
        labels += b"labl" + struct.pack("<2I", len(text) + 4, number) + text + b"\0" * (len(text) % 2)
    return _with_chunks(data, [(b"cue ", points), (b"LIST", labels)])


def markers_of(data: bytes) -> list[tuple[int, str]]:
    """Markers of a WAV file, frames and names; the inverse of `with_markers`."""
    frames: dict[int, int] = {}
    names: dict[int, str] = {}
    for name, body in chunks(data):
        if name == b"cue ":
            for place in range(struct.unpack_from("<I", body)[0]):
                number, *_, frame = struct.unpack_from("<2I4s3I", body, 4 + 24 * place)
                frames[number] = frame
        elif name == b"LIST" and body[:4] == b"adtl":
            for kind, label in _within(body, 4):
                if kind == b"labl":
                    names[struct.unpack_from("<I", label)[0]] = label[4:].split(b"\0")[0].decode()
    return [(frame, names.get(number, "")) for number, frame in frames.items()]


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk of a WAV file."""
    return _within(data, 12)


def _within(data: bytes, place: int) -> Iterator[tuple[bytes, bytes]]:
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        yield name, data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _with_chunks(data: bytes, added: Sequence[tuple[bytes, bytes]]) -> bytes:
    body = data + b"\0" * (len(data) % 2)
    for name, content in added:
        body += name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    return body[:4] + struct.pack("<I", len(body) - 8) + body[8:]
