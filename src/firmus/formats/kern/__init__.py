r"""Humdrum \*\*kern: scores as columns of text, a staff each, as musicology writes them.

Source: The Humdrum Toolkit, representation reference for \*\*kern, https://www.humdrum.org/rep/kern/
"""

from __future__ import annotations

import re

from firmus.score import Score

TITLE = "Humdrum **kern"
EXTENSIONS = (".krn",)
MEDIA_TYPE = "text/x-humdrum; charset=utf-8"


def sniff(data: bytes) -> bool:
    """Whether a line begins with an exclusive interpretation, as every Humdrum file has one."""
    return b"\0" not in data[:1000] and re.search(rb"(?:^|[\r\n]|\xef\xbb\xbf)\*\*[a-z]", data) is not None


def read(data: bytes) -> list[Score]:
    r"""Read every piece of a file: one, or one for each set of spines that follow one another.

    Raises
    ------
    FormatError
        Where a line cannot be understood: its number.

    Examples
    --------
    >>> piece = read(b"!!!OTL: Scale\n**kern\n*M3/4\n*D:\n4d\n4e\n4f#\n=\n2.g\n==\n*-\n")[0]
    >>> piece.title, [note.pitch for note in piece.parts[0].notes]
    ('Scale', [62, 64, 66, 67])
    """
    from firmus.formats.kern.reader import read_scores

    return read_scores(data)


def write(score: Score) -> bytes:
    r"""Write one piece, a spine for every part.

    Examples
    --------
    >>> piece = read(b"**kern\n*M3/4\n4d\n4e\n4f#\n=\n2.g\n==\n*-\n")[0]
    >>> read(write(piece))[0].parts[0].notes == piece.parts[0].notes
    True
    """
    from firmus.formats.kern.writer import text

    return text(score).encode()
