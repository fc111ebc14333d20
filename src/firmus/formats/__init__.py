"""Music files: bytes ⇄ Score, one module a format, found by its file name.

Every format module has

``TITLE``
    its name in words;
``EXTENSIONS``
    file name endings, the usual one first;
``MEDIA_TYPE``
    its media type (RFC 6838);
``sniff(data) -> bool``
    whether bytes look like this format (cheap, never raises);
``read(data) -> list[Score]``
    every tune in the file (one, where the format holds one); raises `FormatError`, saying what and where;
``write(score) -> bytes``
    the inverse, as far as the format can hold a Score;
``COMPRESSED``, ``write_compressed(score) -> bytes``
    where some endings mean a compressed file.

Untrusted bytes are parsed in a child process with limits on memory and time (`_sandbox`),
so that a hostile file causes an error message and nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path

from firmus import plugins
from firmus.errors import FormatError, unknown
from firmus.formats._sandbox import process as sandbox
from firmus.formats._sandbox.process import spawn
from firmus.score import Score

__all__ = [
    "MAX_BYTES", "SOUND", "by_extension", "detect", "encoded", "extensions", "pick", "read", "read_all", "save",
    "spawn", "write",
]  # fmt: skip

MAX_BYTES = 20_000_000
SOUND = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".aiff", ".aif")  # which `firmus.analysis.sound` reads


def read(source: str | os.PathLike[str] | bytes, *, tune: int = 1, trusted: bool = False) -> Score:
    """Read one tune from a file or from bytes.

    Parameters
    ----------
    source : path or bytes
        The format is found by content first, then by file name.
    tune : int
        Which one, counted from 1, where the file holds several.
    trusted : bool
        Parse in this process, for files that Firmus itself has just written.

    Raises
    ------
    FormatError
        Where it is no music that Firmus reads.
    """
    return pick(read_all(source, trusted=trusted), tune)


def pick(scores: list[Score], tune: int) -> Score:
    """One of several tunes, counted from 1.

    Raises
    ------
    FormatError
        Where there are not so many.
    """
    if not 1 <= tune <= len(scores):
        raise FormatError(f"tune {tune}: the file holds tunes 1 to {len(scores)}")
    return scores[tune - 1]


def read_all(source: str | os.PathLike[str] | bytes, *, trusted: bool = False) -> list[Score]:
    """Read every tune from a file or from bytes; see `read`."""
    if isinstance(source, bytes):
        data, name = source, ""
    else:
        path = Path(source)
        data, name = _load(path), path.name
    format_name = detect(data, name)
    try:
        if trusted:
            scores: list[Score] = plugins.load(__name__, format_name).read(data)
        else:
            scores = sandbox.read(format_name, data)
    except FormatError as error:
        raise FormatError(f"{name}: {error}" if name else str(error)) from None
    if not scores:
        raise FormatError(f"{name or 'the data'}: there is no tune in it")
    return scores


def write(score: Score, path: str | os.PathLike[str]) -> None:
    """Write a Score to a file, the format by its ending; the file appears whole or not at all."""
    target = Path(path)
    save(encoded(score, target.name), target)


def encoded(score: Score, name: str) -> bytes:
    """A Score as the bytes of a file, the format by the ending of its name; the inverse of `read`.

    Examples
    --------
    >>> encoded(Score(), "empty.mid")[:4]
    b'MThd'
    """
    module = plugins.load(__name__, by_extension(name))
    compressed = name.lower().endswith(tuple(getattr(module, "COMPRESSED", ())))
    data: bytes = module.write_compressed(score) if compressed else module.write(score)
    return data


def save(data: bytes, path: Path) -> None:
    """Write bytes under a temporary name beside the target, then rename: whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def detect(data: bytes, name: str = "") -> str:
    """Name of the format module for these bytes, by content, then by file name."""
    if not data:
        raise FormatError(f"{name or 'the data'} is empty")
    matches = [each for each in plugins.names(__name__) if plugins.load(__name__, each).sniff(data)]
    if len(matches) == 1:
        return matches[0]
    try:
        return by_extension(name)
    except FormatError:
        message = f"{name or 'the data'} is no music file that Firmus reads ({', '.join(extensions())})"
        if name.lower().endswith(SOUND):
            message = f"{name} is sound, not notes: firmus transcribe writes its notes down"
        raise FormatError(message) from None


def by_extension(name: str) -> str:
    """Name of the format module for a file name."""
    for each in plugins.names(__name__):
        if name.lower().endswith(tuple(plugins.load(__name__, each).EXTENSIONS)):
            return each
    raise FormatError(unknown("file ending", Path(name).suffix or name, extensions()))


def extensions() -> list[str]:
    """Every file name ending that can be read and written."""
    return [end for each in plugins.names(__name__) for end in plugins.load(__name__, each).EXTENSIONS]


def _load(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise FormatError(f"{path} is a folder: name a file in it")
        size = path.stat().st_size
        if size > MAX_BYTES and not path.name.lower().endswith(SOUND):
            raise FormatError(f"{path.name} has {size:,} bytes: {MAX_BYTES:,} is the most")
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror or error}") from None
