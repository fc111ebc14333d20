"""Title and composer of every piece of the training sets, by what its file, its path or its set's manifest says."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from firmus.learning.sources import source

TUNE_BOOKS = ("oneills", "aird")  # whose files hold many tunes: titles are in their headers


class Title(NamedTuple):
    """Title and composer; ``""`` where none is known."""

    title: str
    composer: str = ""


def titles(pieces: Iterable[tuple[str, str]], data: Path) -> list[Title]:
    """Title of each piece (name of its set, name of the piece).

    Parameters
    ----------
    pieces : iterable of (str, str)
        As `firmus.learning.corpus.Piece` has them.
    data : Path
        Folder that holds the sets: manifests, and headers of tune books, are read from there.
    """
    tunes = {name: _of_tunes(name, data) for name in TUNE_BOOKS}
    mutopia = _manifest(data / "mutopia" / "manifest.csv")
    found = []
    for set_name, name in pieces:
        path, _, number = name.partition("#")
        if set_name in tunes:
            found.append(Title(tunes[set_name].get((path, int(number)), path)))
        elif set_name == "mutopia" and (row := mutopia.get("/".join(path.split("/")[1:-1]))):
            found.append(row)
        else:
            found.append(OF_PATH.get(set_name, _of_stem)(path))
    return found


def _of_tunes(set_name: str, data: Path) -> dict[tuple[str, int], str]:
    """Title of each tune of a book, by its file and its number there from 1."""
    found = {}
    for document in source(set_name).read(data):
        tunes = re.split(r"^X:", document.data.decode("utf-8", "replace"), flags=re.MULTILINE)[1:]
        for number, tune in enumerate(tunes, 1):
            if title := re.search(r"^T:\s*(.+)$", tune, re.MULTILINE):
                found[document.name, number] = title[1].strip()
    return found


def _manifest(path: Path) -> dict[str, Title]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["dir"]: Title(", ".join(map(_words, row["dir"].split("/")[1:])), _words(row["composer"]))
            for row in csv.DictReader(file)
        }


def _words(text: str) -> str:
    """Words that were joined by strokes, or by capitals.

    Examples
    --------
    >>> _words("Pop_Goes_the_Weasel"), _words("PopGoesTheWeasel"), _words("12th-street-rag")
    ('Pop Goes the Weasel', 'Pop Goes The Weasel', '12th street rag')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[_-]+", " ", text)).strip()


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _of_stem(path: str) -> Title:
    return Title(_words(_stem(path)))


def _of_chorale(path: str) -> Title:
    return Title(f"Chorale {_stem(path)}", "J. S. Bach")


def _of_folders(path: str) -> Title:
    """Of a path with folders for the composer, the collection and the piece."""
    composer, *names = [each for each in path.split("/")[:-1] if each not in ("scores", "dataset", "_")]
    surname, _, given = composer.partition(",_")
    return Title(", ".join(map(_words_of_folder, names)), f"{given} {surname}".replace("_", " ").strip())


def _words_of_folder(text: str) -> str:
    return text.replace("_", " ")


def _of_slugs(path: str) -> Title:
    """Of a name that ends in the composer's and the piece's slugs: ``...--001_scacchi-marco--missa-kyrie``."""
    signature, _, title = path.rpartition("/")[2].removesuffix(".krn").rpartition("--")
    names = signature.rpartition("_")[2].split("-")
    composer = " ".join([*names[1:], names[0]]).title() if names != ["anonim"] else ""
    return Title(title.replace("-", " ").capitalize(), composer)


def _of_opus(path: str) -> Title:
    opus, *rest = _stem(path).split("-")
    number = next((each.lstrip("0") for each in rest if each.isdigit() and len(each) == 3), "")
    return Title(f"Op. {opus.lstrip('0')}{f' no. {number}' if number else ''}", "Frédéric Chopin")


OF_PATH: dict[str, Callable[[str], Title]] = {
    "jsb": _of_chorale,
    "lieder": _of_folders,
    "quartets": _of_folders,
    "orchestra": _of_folders,
    "leadsheets": _of_folders,
    "polish": _of_slugs,
    "chopin": _of_opus,
}
"""How the path of a piece is read, by its set; else its stem is the title."""
