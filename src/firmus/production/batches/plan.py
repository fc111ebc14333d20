"""The plan of a batch: what works are wanted, a row each kind, as a table (CSV) or a document (TOML).

Conventions: columns are fields of a Brief by their names, and ``count``, how many works of the row (1 by default). In
TOML the rows are ``[[works]]``. Where more works are asked for than the rows count, the rows are gone through again;
so work number 7 stays what it is, however many more are asked for later.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmus.brief_fields import LIMITS
from firmus.errors import FirmusError, FormatError, InvalidBrief, unknown
from firmus.work import Brief

FIELDS = (
    "style", "genre", "bars", "seconds", "key", "meter", "pickup", "tempo", "chords", "mood", "density", "register",
    "polyphony", "syncopation", "parts", "form", "title", "model", "temperature", "top_p", "watermark", "original",
    "effort", "level",
)  # fmt: skip
"""Fields of a Brief that a row may have."""
COUNT = "count"
COLUMNS = (*FIELDS, COUNT)
TABLE, DOCUMENT = ".csv", ".toml"
ROWS = "works"  # of a document
MOST_ROWS, MOST_WORKS = 10_000, 100_000
ORIGINAL = "strict"  # what copies is composed again, unless a row says otherwise


@dataclass(frozen=True, slots=True)
class Row:
    """Works that are wanted alike: what of, and how many."""

    brief: Brief
    count: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A work that is wanted: its number in the batch, from 1, and what of; its title where the row gives one."""

    number: int
    brief: Brief
    title: str = ""


Check = Callable[[Brief], object]
"""Refuses, as `firmus.tasks.compose.commission` does, what cannot be composed."""


def read(path: Path, given: Mapping[str, Any], check: Check) -> list[Row]:
    """Read a plan; every row is checked before anything is composed.

    Parameters
    ----------
    path : Path
        A ``.csv`` or a ``.toml``.
    given : mapping
        Fields of rows that do not say otherwise.
    check : callable

    Raises
    ------
    FormatError
        Where it is no such plan; the message names the line, or the number of the row.
    """
    reader = {TABLE: _table, DOCUMENT: _document}.get(path.suffix.lower())
    if reader is None:
        raise FormatError(f"{path}: a plan is a table ({TABLE}) or a document ({DOCUMENT})")
    try:
        lines = list(reader(path))
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise FormatError(f"{path} is no table in UTF-8: save it as CSV (UTF-8)") from None
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{path} is no TOML: {error}") from None
    if not 0 < len(lines) <= MOST_ROWS:
        raise FormatError(f"{path} has {len(lines):,} rows: 1 to {MOST_ROWS:,} are read")
    rows: list[Row] = []
    titles: dict[str, str] = {}
    for where, fields in lines:
        try:
            rows.append(row(fields, given, check))
        except FirmusError as error:
            raise FormatError(f"{path}, {where}: {error}") from None
        title = rows[-1].brief.title
        if title and titles.setdefault(title, where) != where:
            raise FormatError(f"{path}, {where}: title {title!r} is there already ({titles[title]}): titles differ")
    return rows


def row(fields: Mapping[str, Any], given: Mapping[str, Any], check: Check) -> Row:
    """A row of its fields, texts or values.

    Examples
    --------
    >>> wanted = row({"style": "folk", "bars": "8", "count": "20"}, {"effort": "quick"}, lambda brief: None)
    >>> wanted.count, wanted.brief.bars, wanted.brief.effort
    (20, 8, 'quick')
    """
    for name in fields:
        if name not in COLUMNS:
            raise InvalidBrief(unknown("column", str(name), COLUMNS))
    said = {name: value for name, value in fields.items() if value not in (None, "")}
    count = int(_number(COUNT, said.pop(COUNT, 1), whole=True))
    if not 1 <= count <= MOST_WORKS:
        raise InvalidBrief(f"count {count:,} must be 1 to {MOST_WORKS:,}")
    if "bars" in said and "seconds" in said:
        raise InvalidBrief("bars and seconds are both given: give the length once")
    usual = {name: value for name, value in given.items() if value is not None}
    if said.keys() & {"bars", "seconds"}:
        usual = {name: value for name, value in usual.items() if name not in ("bars", "seconds")}
    values = {name: _value(name, value) for name, value in {**usual, **said}.items()}
    brief = Brief.of(**{"original": ORIGINAL, **values})
    check(brief)
    return Row(brief, count)


def slots(rows: Sequence[Row], count: int | None = None) -> list[Slot]:
    """The works that are wanted, in order: as often as the rows count, or so many.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> rows = [Row(Brief(style="folk", title="Reel"), 2), Row(Brief(style="hymn"), 1)]
    >>> [(slot.number, slot.brief.style, slot.title) for slot in slots(rows, 4)]
    [(1, 'folk', 'Reel 1'), (2, 'folk', 'Reel 2'), (3, 'hymn', ''), (4, 'folk', 'Reel 3')]
    """
    total = sum(each.count for each in rows) if count is None else count
    if not 1 <= total <= MOST_WORKS:
        raise InvalidBrief(f"count {total:,} must be 1 to {MOST_WORKS:,}")
    wanted: list[Slot] = []
    lap = 0
    while len(wanted) < total:
        for each in rows:
            for place in range(min(each.count, total - len(wanted))):
                wanted.append(Slot(len(wanted) + 1, each.brief, _title(each, lap * each.count + place, lap)))
        lap += 1
    return wanted


def _title(wanted: Row, place: int, lap: int) -> str:
    title = wanted.brief.title or ""
    return f"{title} {place + 1}" if title and (wanted.count > 1 or lap) else title


def _table(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for name in [each.strip() for each in reader.fieldnames or ()]:
            if name.lower() not in COLUMNS:
                raise FormatError(f"{path}: {unknown('column', name, COLUMNS)}")
        for line in reader:
            if None in line:
                raise FormatError(f"{path}, line {reader.line_num}: it has more cells than there are columns")
            fields = {name.strip().lower(): (value or "").strip() for name, value in line.items()}
            if any(fields.values()):
                yield f"line {reader.line_num}", fields


def _document(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in document:
        if name != ROWS:
            raise FormatError(f"{path}: {unknown('key', name, [ROWS])}")
    found = document.get(ROWS, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise FormatError(f"{path}: its works must be tables: [[works]], then a line a field")
    for number, fields in enumerate(found, 1):
        yield f"row {number}", fields


def _value(name: str, value: Any) -> Any:
    """A cell as the Brief takes it: numbers of text, too."""
    if name in LIMITS or name == "bars":
        return _number(name, value, whole=name == "bars" or LIMITS[name].whole)
    return value


def _number(name: str, value: Any, *, whole: bool) -> int | float:
    if isinstance(value, int | float):
        return value
    try:
        return int(str(value)) if whole else float(str(value))
    except ValueError:
        limits = LIMITS.get(name)
        low, high = (limits.low, limits.high) if limits and name != COUNT else (1, MOST_WORKS)
        shown = repr(str(value)[:40])
        if whole:
            raise InvalidBrief(f"{name} {shown} must be a whole number from {low} to {high:,}") from None
        raise InvalidBrief(f"{name} {shown} must be a number from {low} to {high:,}") from None
