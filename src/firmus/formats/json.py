"""Firmus JSON: the one format that loses nothing of a Score.

Notes are stored by columns (``start``, ``duration``, ``pitch``, ``velocity``), everything else field by field.
"""

from __future__ import annotations

import json
from typing import Any

from firmus.errors import FirmusError, FormatError
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo

TITLE = "Firmus JSON"
EXTENSIONS = (".json",)
MEDIA_TYPE = "application/json"
FORMAT = "firmus-score"
VERSION = 1
_LISTS = {"meters": Meter, "tempi": Tempo, "keys": Key, "chords": Chord, "sections": Section}
_NOTE = ("start", "duration", "pitch", "velocity")


def sniff(data: bytes) -> bool:
    """Whether this is JSON."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def read(data: bytes) -> list[Score]:
    """Read the Score in Firmus JSON; a Work's file (``piece.json``) is read too, for its Score."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"no valid JSON: {error}") from None
    if isinstance(document, dict) and isinstance(document.get("score"), dict):
        document = document["score"]
    return [from_dict(document)]


def write(score: Score) -> bytes:
    """Write Firmus JSON.

    Examples
    --------
    >>> score = Score((Part("Flute", (Note(0, 480, 72),), program=73),), title="One note")
    >>> read(write(score)) == [score]
    True
    """
    return json.dumps(to_dict(score), ensure_ascii=False, separators=(",", ":")).encode()


def to_dict(score: Score) -> dict[str, Any]:
    """Build the JSON object of a Score."""

    def fields(event: Any) -> dict[str, Any]:
        return {name: getattr(event, name) for name in event.__slots__}

    parts = []
    for part in score.parts:
        columns = {name: [getattr(note, name) for note in part.notes] for name in _NOTE}
        written = {**fields(part), "notes": columns}
        if not part.pedal:  # files without it are as they were before there was one
            del written["pedal"]
        parts.append(written)
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": score.title,
        "composer": score.composer,
        "pickup": score.pickup,
        "end": score.end,
        **{name: [fields(event) for event in getattr(score, name)] for name in _LISTS},
        "parts": parts,
    }


def from_dict(document: Any) -> Score:
    """Build a Score from its JSON object; the inverse of `to_dict`."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(f"JSON, but not a Firmus score: its 'format' must be {FORMAT!r}")
    if document.get("version") != VERSION:
        raise FormatError(f"Firmus JSON of version {document.get('version')!r}: this Firmus reads version {VERSION}")
    try:
        parts = []
        for part in document["parts"]:
            columns = [part["notes"][name] for name in _NOTE]
            notes = tuple(Note(*values) for values in zip(*columns, strict=True))
            parts.append(Part(**{**part, "notes": notes}))
        events: dict[str, Any] = {}
        for name, kind in _LISTS.items():
            events[name] = tuple(kind(**event) for event in document[name])
        texts: dict[str, Any] = {name: str(document[name]) for name in ("title", "composer")}
        return Score(parts=tuple(parts), pickup=document["pickup"], end=document["end"], **events, **texts)
    except FirmusError as error:
        raise FormatError(f"Firmus JSON: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"Firmus JSON with a missing or unknown field: {error}") from None
