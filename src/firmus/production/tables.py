"""Tables of cues: a CSV with a row a cue, all made by one command that goes on where it was interrupted.

Conventions: a row has at least ``name`` and ``scene``, and ``seconds`` (a number, or ``1:30``); other columns are
options of a cue. A cue whose sound is there is done: folders appear whole.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmus.errors import FirmusError, FormatError, InvalidBrief, unknown
from firmus.production import cues, scenes
from firmus.production.scoring import Compose
from firmus.progress import Progress

NEEDED = ("name", "scene", "seconds")
NUMBERS = {"seed": int, "loudness": float}
COLUMNS = (*NEEDED, "style", "key", "title", "model", "effort", "seed", "loudness", "loop", "speech")
YES, NO = ("yes", "true", "1", "是"), ("", "no", "false", "0", "否")
MOST_ROWS = 10_000
MOST_NAME = 100
FORBIDDEN = '/\\:*?"<>|'


@dataclass(frozen=True, slots=True)
class Row:
    """A cue that a table asks for: its name, and options of `firmus.production.cues.produce`."""

    name: str
    options: dict[str, Any]


def read(path: Path) -> list[Row]:
    """Read a table; every row is checked before any is composed.

    Raises
    ------
    FormatError
        Where it is no such table; the message names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            columns = [each.strip().lower() for each in table.fieldnames or ()]
            lines = [dict(zip(columns, each.values(), strict=False)) for each in table]
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise FormatError(f"{path} is no table in UTF-8: save it as CSV (UTF-8)") from None
    for name in columns:
        if name not in COLUMNS:
            raise FormatError(f"{path}: {unknown('column', name, COLUMNS)}")
    for name in NEEDED:
        if name not in columns:
            raise FormatError(f"{path} has no column {name!r}: it needs {', '.join(NEEDED)}")
    if not 0 < len(lines) <= MOST_ROWS:
        raise FormatError(f"{path} has {len(lines):,} cues: 1 to {MOST_ROWS:,} are read")
    rows = []
    for number, line in enumerate(lines, 2):
        try:
            rows.append(_row({name: (value or "").strip() for name, value in line.items()}))
        except FirmusError as error:
            raise FormatError(f"{path}, line {number}: {error}") from None
        if rows[-1].name in (row.name for row in rows[:-1]):
            raise FormatError(f"{path}, line {number}: {rows[-1].name!r} is there already: names differ")
    return rows


def produce(rows: list[Row], folder: Path, perform: Compose, progress: Progress | None = None) -> list[Path]:
    """Make every cue that is not there yet, a folder each; the folders.

    Raises
    ------
    FirmusError
        Where some were refused, after all others are made; the message names the first.
    """
    folders, refused = [], []
    for done, row in enumerate(rows):
        target = folder / row.name
        folders.append(target)
        if progress:
            progress("cues", done, len(rows))
        if (target / cues.SOUND).is_file():
            continue
        cues.remove_unfinished(target)
        try:
            cues.produce(perform=perform, **row.options).save(target)
        except FirmusError as error:
            refused.append(f"{row.name}: {error}")
    if progress:
        progress("cues", len(rows), len(rows))
    if refused:
        raise FirmusError(f"{len(refused)} of {len(rows)} cues are refused, the others are made; {refused[0]}")
    return folders


def _row(line: dict[str, str]) -> Row:
    name = line.pop("name")
    if not name or len(name) > MOST_NAME or name[0] == "." or any(each in FORBIDDEN for each in name):
        raise InvalidBrief(f"name {name[:40]!r} must be a folder's name, {MOST_NAME} characters at most")
    options: dict[str, Any] = {each: value for each, value in line.items() if value and each in COLUMNS}
    options["seconds"] = scenes.clock(line["seconds"])
    for each, kind in NUMBERS.items():
        if each in options:
            try:
                options[each] = kind(options[each])
            except ValueError:
                raise InvalidBrief(f"{each} {options[each][:40]!r} must be a number") from None
    loop = line.get("loop", "").lower()
    if loop not in (*YES, *NO):
        raise InvalidBrief(f"loop {loop[:40]!r} must be yes or no")
    options["loop"] = loop in YES
    scenes.read(line["scene"], options["seconds"])
    cues.speech_spans(options.get("speech", ""), options["seconds"])
    return Row(name, options)
