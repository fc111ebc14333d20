"""Every error that Firmus raises on purpose.

::

    FirmusError                 something the user can understand and mend
    ├── InvalidScore            a note, part, meter, tempo, key or chord outside its range
    ├── InvalidBrief            a request that cannot be met: the value, the allowed range, the likely mistake
    ├── FormatError             bytes that are not the music file they should be
    ├── TokenError              tokens that the vocabulary does not hold
    ├── ModelError              weights that are missing, damaged or of another kind
    ├── RecipeError             a training recipe with an unknown key or an impossible value
    └── OutputExists            a folder that is already there, and ``--force`` was not given

A message is one line: the offending value, what is allowed, the likely mistake. One that would be very long, as the
value is, is cut in its middle.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_VALUE = 300  # characters of a message before and after its middle, where it is cut


class FirmusError(Exception):
    """Something the user can understand and mend; the command line answers with one line and exit 2."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*(cut(each) if isinstance(each, str) else each for each in arguments))


class InvalidScore(FirmusError, ValueError):
    """A musical object outside its range."""


class InvalidBrief(FirmusError, ValueError):
    """A request that cannot be met."""


class FormatError(FirmusError, ValueError):
    """Bytes that are not the music file they should be."""


class TokenError(FirmusError, ValueError):
    """Tokens that the vocabulary does not hold."""


class ModelError(FirmusError):
    """Weights that are missing, damaged or of another kind."""


class RecipeError(FirmusError, ValueError):
    """A training recipe with an unknown key or an impossible value."""


class OutputExists(FirmusError):
    """A folder or file that is already there."""


def cut(text: str) -> str:
    """Cut a long text in its middle.

    Examples
    --------
    >>> cut("bars '1-512'"), len(cut("1-512," * 100_000))
    ("bars '1-512'", 603)
    """
    return text if len(text) <= 2 * MAX_VALUE else f"{text[:MAX_VALUE]} … {text[-MAX_VALUE:]}"


def _alike(one: str, other: str) -> int:
    """How many letters two words begin with in common."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def unknown(what: str, value: str, allowed: Iterable[str]) -> str:
    """Say that a name is unknown, which names there are, and which was probably meant.

    Examples
    --------
    >>> unknown("style", "choral", ["chorale", "hymn"])
    "unknown style 'choral': did you mean 'chorale'? (chorale, hymn)"
    >>> unknown("style", "zzz", ["chorale", "hymn"])
    "unknown style 'zzz': it must be one of chorale, hymn"
    """
    names, value = list(allowed), value[:MAX_VALUE]
    near = difflib.get_close_matches(value, names, n=3)
    if near:  # of those as near as the nearest the one that begins alike
        ratio = {name: round(difflib.SequenceMatcher(None, name, value).ratio(), 2) for name in near}
        meant = max(near, key=lambda name: (ratio[name], _alike(name, value)))
        return f"unknown {what} {value!r}: did you mean {meant!r}? ({', '.join(names)})"
    return f"unknown {what} {value!r}: it must be one of {', '.join(names)}"
