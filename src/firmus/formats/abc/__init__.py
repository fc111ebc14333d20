"""ABC: folk tunes as text, one or many in a file.

Read after the ABC standard 2.1, with tolerance for the older collections: repeats and endings are played out,
grace notes and ornaments are left out, lyrics are ignored, chord symbols are kept.

Source: The ABC music standard 2.1 (2011), https://abcnotation.com/wiki/abc:standard:v2.1
"""

from __future__ import annotations

import re

from firmus.errors import FirmusError, FormatError
from firmus.formats.abc import file
from firmus.formats.abc import writer as written
from firmus.formats.abc.music import MAX_NOTES, Body
from firmus.formats.abc.playback import play
from firmus.score import Score

TITLE = "ABC notation"
EXTENSIONS = (".abc",)
MEDIA_TYPE = "text/vnd.abc; charset=utf-8"


def sniff(data: bytes) -> bool:
    """Whether a line begins a key field, as every ABC tune must have."""
    return b"\0" not in data[:1000] and re.search(rb"(?:^|[\r\n]|\xef\xbb\xbf)K:", data) is not None


def read(data: bytes) -> list[Score]:
    r"""Read every tune that has music, in order.

    Raises
    ------
    FormatError
        Where a tune cannot be understood: its number in the file, its title and the line.

    Examples
    --------
    >>> tune = read(b"X:1\nT:Scale\nM:3/4\nL:1/4\nK:D\nDEF|G3|")[0]
    >>> tune.title, [note.pitch for note in tune.parts[0].notes]
    ('Scale', [62, 64, 66, 67])
    """
    scores: list[Score] = []
    notes = 0
    for number, tune in enumerate(file.split(file.decode(data)), 1):
        body = Body(tune)
        try:
            voices = body.read_all()
            if not voices:
                continue
            score = play(tune, voices)
        except FirmusError as error:
            title = f" ({tune.title[:40]})" if tune.title else ""
            raise FormatError(f"tune {number}{title}, line {body.line}: {error}") from None
        notes += sum(len(part.notes) for part in score.parts)
        if notes > MAX_NOTES * 5:
            raise FormatError(f"tune {number}: the file holds more than {MAX_NOTES * 5:,} notes")
        scores.append(score)
    if not scores:
        raise FormatError("there is no ABC tune in it: a tune needs a key field K: and notes after it")
    return scores


def write(score: Score) -> bytes:
    r"""Write one tune: a melody with chord symbols, or several voices.

    Notes that lie on no grid of 128ths, triplets, quintuplets or septuplets move to the nearest 32nd or triplet.
    Velocities are not kept.

    Examples
    --------
    >>> tune = read(b"X:1\nT:Scale\nM:3/4\nL:1/4\nK:D\nDEF|G3|")[0]
    >>> print(write(tune).decode().splitlines()[-1])
    D2 E2 F2 | G6 |]
    """
    return written.text(score).encode()
