"""Instruments of a recording; and of points in the space of instruments, which the neural model plays."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firmus._version import __version__
from firmus.errors import InvalidBrief
from firmus.pitch import midi_number
from firmus.production.timbres import recording, sampling
from firmus.production.timbres.packages import Package, measured
from firmus.production.timbres.sampling import Note
from firmus.render.multisample.zones import Instrument
from firmus.work import Origin

MOST_NAME = 60
MOST_DIGESTED = 1 << 28  # bytes of a recording whose digest is kept


def of_recording(path: str | os.PathLike[str], *, pitch: str | None = None, name: str | None = None) -> Package:
    """An instrument that plays a recording.

    Parameters
    ----------
    path : path
        One note, or several with silence between; a minute from where it begins to sound is read.
    pitch : str, optional
        Its key, such as ``"A4"``, where none is heard.
    name : str, optional
        That of the file, by default.

    Raises
    ------
    FormatError, InvalidBrief
    """
    key = None if pitch is None else _key(pitch)
    taken = recording.read(path, key)
    source = Path(path)
    digest = ""
    if source.stat().st_size <= MOST_DIGESTED:
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    asked: dict[str, Any] = {"kind": "from"} | ({} if pitch is None else {"pitch": pitch})
    made = Instrument(named(name, source.stem), sampling.zones_of(taken.notes), "Sampled of a recording by Firmus")
    keys = [note.key for note in taken.notes]
    facts = {"pitches": [round(each, 2) for each in keys], **measured(made)}
    origin = Origin(firmus=__version__, model="rules", weights="", task="timbre", seed=0, brief=asked, measured=facts,
                    source=digest, ai_generated=False)  # fmt: skip
    return Package(made, origin, taken.warnings, _tonic(taken.notes))


def named(name: str | None, usual: str) -> str:
    """A name that is given, or a usual one.

    Raises
    ------
    InvalidBrief
    """
    if name is not None and not 0 < len(name.strip()) <= MOST_NAME:
        raise InvalidBrief(f"name {name[:80]!r} must have 1 to {MOST_NAME} characters")
    return (name or usual).strip()[:MOST_NAME] or "instrument"


def _key(pitch: str) -> int:
    try:
        return midi_number(pitch)
    except ValueError as error:
        raise InvalidBrief(f"pitch {pitch!r} must be a note, such as A4 or Bb3 (C4 is middle C)") from error


def _tonic(notes: Sequence[Note]) -> int:
    """The C about an octave below the middle of what was recorded, or as near as its preview stays in range."""
    middle = sorted(note.root for note in notes)[len(notes) // 2]
    return min(max(middle - 7 - (middle - 7) % 12, 24), 84)
