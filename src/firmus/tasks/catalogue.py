"""Cataloguing: the works of a folder in a table, for their owner to manage and license."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from firmus.tasks import Option, Verb

VERB = Verb(
    name="catalogue",
    english="list the works of a folder in catalogue.csv and catalogue.json, with ISWC, ISRC and terms to fill in",
    chinese="把文件夹中的作品列入 catalogue.csv 与 catalogue.json，含待填写的 ISWC、ISRC 与授权条款",
    arguments=(Option("folder", "a folder with works that Firmus wrote", "含 Firmus 作品的文件夹", metavar="FOLDER"),),
    options=(
        Option("licence", "of works that have none yet", "尚未填写授权者的授权", metavar="'CC BY 4.0'", default=""),
    ),
    writes=False,
    place=23,
)


def catalogue(folder: str | PathLike[str], *, licence: str = "") -> list[Path]:
    """Write the catalogue of a folder; what was filled in before stays. See `firmus.rights.catalogue`.

    Raises
    ------
    FormatError
    """
    from firmus.rights.catalogue import write

    return write(Path(folder), licence)


def run(folder: str, licence: str = "") -> list[Path]:
    """Write the catalogue of a folder."""
    return catalogue(folder, licence=licence)
