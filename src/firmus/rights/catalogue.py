"""The catalogue of a folder: a row a work, with what is known of it and fields for its owner to fill.

Conventions: ISWC and ISRC are given by agencies, never by Firmus; licence and terms are the owner's. What stands in
these fields stays when the catalogue is made anew; a row is known by the identifier of its work.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from firmus import formats
from firmus.analysis import tags
from firmus.errors import FormatError
from firmus.rights.card import of_work
from firmus.rights.files import SIDECAR
from firmus.rights.verification import verify
from firmus.timing import bars, seconds
from firmus.work import Work

KNOWN = (
    "work", "title", "folder", "written", "verdict", "style", "key", "meter", "bars", "seconds", "bpm", "tempo", "mood",
    "instruments", "tags", "originality", "model", "seed", "composed_by_model", "training",
)  # fmt: skip
TO_FILL = ("iswc", "isrc", "writers", "publisher", "licence", "price", "currency", "territory", "terms")
FILES = ("catalogue.csv", "catalogue.json")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


def rows(folder: Path, licence: str = "") -> list[dict[str, Any]]:
    """A row of each work in a folder and in those below it, by their paths.

    Parameters
    ----------
    folder : Path
    licence : str
        Where a work has none yet.

    Raises
    ------
    FormatError
        Where no work of Firmus is there.
    """
    found = [_row_of_file(path, folder) for path in sorted(folder.rglob("piece.json"))]
    if not found:
        raise FormatError(f"{folder} holds no work of Firmus: no piece.json is in it, or below it")
    before = _filled(folder)
    return [{**row, **_to_fill(licence), **before.get(row["work"], {})} for row in found]


def rows_of(works: Mapping[str, Work], licence: str = "") -> list[dict[str, Any]]:
    """A row of each of some works, by where they are, that lie in no folder: nothing is said of their files."""
    return [{**_row(work, where), **_to_fill(licence)} for where, work in works.items()]


def write(folder: Path, licence: str = "") -> list[Path]:
    """Write the catalogue of a folder, as CSV and JSON, into it; returns both paths."""
    found = rows(folder, licence)
    paths = [folder / name for name in FILES]
    formats.save(table(found).encode("utf-8-sig"), paths[0])  # Excel knows UTF-8 by its mark
    formats.save(json.dumps(document(found), ensure_ascii=False, indent=1).encode(), paths[1])
    return paths


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, (*KNOWN, *TO_FILL), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in found)
    return text.getvalue()


def document(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows as a document that JSON can hold."""
    return {"format": "firmus-catalogue", "version": 1, "works": found}


def _to_fill(licence: str) -> dict[str, str]:
    return {**dict.fromkeys(TO_FILL, ""), "licence": licence}


def _row_of_file(path: Path, folder: Path) -> dict[str, Any]:
    row = _row(Work.load(path), path.parent.relative_to(folder).as_posix())
    side = path.with_name(SIDECAR)
    written = verify(side, watermark=False).time if side.is_file() else ""
    verdict = verify(path, watermark=False).verdict
    return {**row, "title": row["title"] or path.parent.stem, "written": written, "verdict": verdict}


def _row(work: Work, where: str) -> dict[str, Any]:
    about = of_work(work)
    measured = work.origin.measured
    style = str(measured.get("style") or work.origin.brief.get("style", ""))
    keys, found = work.score.keys, tags.tags(work.score)
    return {
        "work": about["work"],
        "title": about["title"],
        "folder": where,
        "written": "",
        "verdict": "",
        "style": style,
        "key": keys[0].text if keys and found.mood else "",  # drums have none
        "meter": found.meter,
        "bars": len(bars(work.score)),
        "seconds": round(seconds(work.score, work.score.end), 1),
        "bpm": found.bpm,
        "tempo": found.tempo,
        "mood": found.mood,
        "instruments": ", ".join(found.instruments),
        "tags": ", ".join(filter(None, (style, *tags.words(found)))),
        "originality": measured.get("originality", {}).get("verdict", ""),
        "model": work.origin.model,
        "seed": work.origin.seed,
        "composed_by_model": about["share"]["model"],
        "training": "; ".join(about["training"]),
    }


def _cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _filled(folder: Path) -> dict[str, dict[str, str]]:
    """What was filled in before, by work: in the table, which people edit."""
    path = folder / FILES[0]
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise FormatError(f"{path} is no table in UTF-8: save it as CSV (UTF-8), or move it away") from None
    return {
        row.get("work") or "": {name: row[name].removeprefix("'") for name in TO_FILL if row.get(name)} for row in table
    }
