"""Labels of the pieces of the sets: style, genre, composer, and the work that a file is part of.

Styles are those of `firmus.learning.sources`, for Mutopia by its instruments; genres are the ``style`` of Mutopia
and of the Groove dataset, the Discogs genre of OpenEWLD, the genres of the Polish scores and of Chopin's editions, and
what the tune books, the hymnal and the chorales are by their titles. A composer is identified by surname and initials,
so that two sets agree. All labels are metadata, from manifests, headers and the names of folders; none is estimated
from the music.
"""

from __future__ import annotations

import csv
import io
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmus.learning.sources import CHOPIN, Document

MUTOPIA_GENRES = {"romantique": "romantic", "popular / dance": "popular"}
DISCOGS_GENRES = {"pop": "popular", "folk, world, & country": "folk"}
GROOVE_GENRES = {"pop": "popular", "neworleans": "new orleans", "afrocuban": "afro-cuban", "hiphop": "hip-hop"}
KNOWN_GENRES = {"jsb": "baroque", "openhymnal": "hymn", "ryan": "folk", "oneills": "folk", "aird": "folk"}
ALIASES = {
    "F. J. Haydn": "haydn j", "J. M. Haydn": "haydn m", "F. Mendelssohn-Bartholdy": "mendelssohn f",
    "A. Dvorak": "dvořák a", "G. Faure": "fauré g",
}  # fmt: skip
GENRES_BY_PIECE = ("mutopia", "groove", "leadsheets")  # sets whose genres are annotated piece by piece
NOT_COMPOSERS = ("", "traditional", "anonymous", "anonim", "tradtional", "various")


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of a piece; ``""`` where there is none.

    Parameters
    ----------
    style, genre : str
    composer : str
        As written: ``"Franz Schubert"``, ``"J. S. Bach"``.
    work : str
        Files of one work are in one split.
    """

    style: str = ""
    genre: str = ""
    composer: str = ""
    work: str = ""


def labeller(name: str, data: Path) -> Callable[[Document], Labels]:
    """The function that labels the documents of a set."""
    if name == "mutopia":
        return _mutopia(data)
    if name == "leadsheets":
        return _leadsheets(data)
    if name == "groove":
        return _groove(data)
    if name in ("lieder", "quartets"):
        return _openscore
    if name in BY_DOCUMENT:
        return BY_DOCUMENT[name]
    if name == "polish":
        return _polish(data)
    genre, composer = KNOWN_GENRES.get(name, ""), "J. S. Bach" if name == "jsb" else ""
    return lambda document: Labels(document.style, genre, composer, f"{name}/{document.name}")


def composer_key(name: str) -> str:
    """Surname and first initial: the same key for every spelling of a composer's name.

    Examples
    --------
    >>> composer_key("Franz Schubert"), composer_key("F. Schubert"), composer_key("F. J. Haydn")
    ('schubert f', 'schubert f', 'haydn j')
    """
    given, _, surname = name.rpartition(" ")
    return ALIASES.get(name) or f"{surname} {given[:1]}".lower()


def _openscore(document: Document) -> Labels:
    """Songs and quartets: ``scores/Schubert,_Franz/Winterreise,_D.911/01_Gute_Nacht/lc.mxl``; a cycle is one work."""
    parts = document.name.replace("_", " ").split("/")
    surname, _, given = parts[1].partition(", ")
    inner = parts[2:-1] if parts[2].strip() == "" else parts[2:3]
    return Labels(document.style, "", f"{given} {surname}".strip(), "/".join([parts[1], *inner]))


def _orchestra(document: Document) -> Labels:
    """Movements: ``Beach,_Amy/Symphony_in_E_minor,_Op.32/3/Beach_Op.32_3.mxl``."""
    composer, work, *_ = document.name.replace("_", " ").split("/")
    surname, _, given = composer.partition(", ")
    return Labels(document.style, "", f"{given} {surname}".strip(), f"{composer}/{work}")


def _chopin(document: Document) -> Labels:
    """Works by opus and number, in whatever edition; the genre is that of the file."""
    match = CHOPIN.fullmatch(document.name.rpartition("/")[2])
    found = re.search(rb"^!!!AGN: *(.*)$", document.data, re.MULTILINE)
    genre = found[1].decode("utf-8", "replace").strip().lower() if found else ""
    work = "/".join(each or "" for each in match.groups()) if match else document.name
    return Labels(document.style, genre, "Fryderyk Chopin", f"chopin/{work}")


def _anthology(document: Document) -> Labels:
    """Lead sheets; both harmonisations of a tune are one work."""
    return Labels(document.style, "popular", "", f"anthology/{document.name.split('.')[0]}")


def _billboard(document: Document) -> Labels:
    """Songs; several entries of one song are one work."""
    named = re.findall(rb"^# (?:title|artist): (.*)$", document.data, re.MULTILINE)
    return Labels(document.style, "popular", "", "billboard/" + b"/".join(named).decode("utf-8", "replace"))


BY_DOCUMENT = {"orchestra": _orchestra, "chopin": _chopin, "anthology": _anthology, "billboard": _billboard}


def _polish(data: Path) -> Callable[[Document], Labels]:
    """Scores of the manifest: a composer is one work, so that whole composers are held out, or else a manuscript."""
    with (data / "polish-scores" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}

    def read(document: Document) -> Labels:
        row = rows[document.name]
        surname, _, given = row["composer"].partition(", ")
        composer = "" if surname.lower() in NOT_COMPOSERS else f"{given} {surname}".strip()
        manuscript = row["file"].rpartition("/")[2].partition("_")[0].rpartition("-")[0]
        return Labels(document.style, row["genre"].lower(), composer, f"polish/{composer or manuscript}")

    return read


def _mutopia(data: Path) -> Callable[[Document], Labels]:
    with (data / "mutopia" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["dir"]: row for row in csv.DictReader(file)}

    def read(document: Document) -> Labels:
        row = rows["/".join(document.name.split("/")[1:-1])]
        genre = row["style"].lower()
        genre = MUTOPIA_GENRES.get(genre, genre)
        work = "/".join(row["dir"].split("/")[:2])
        return Labels(mutopia_style(row["instrument"], genre, work), genre, _initials(row["composer"]), work)

    return read


def mutopia_style(instrument: str, genre: str, work: str = "") -> str:
    """Style by the field ``instrument`` of a header; ``""`` where no style follows from it.

    Examples
    --------
    >>> mutopia_style("Harpsichord, Piano", "baroque"), mutopia_style("Voice (SATB)", "hymn")
    ('piano', 'hymn')
    >>> mutopia_style("Voice and Piano", "romantic"), mutopia_style("Violin, Viola, Cello", "classical")
    ('song', 'chamber')
    """
    field = instrument.lower()
    played = [each.split("(")[0].strip() for each in re.split(r",| and | or |/|:", field)]
    choir = bool(re.search(r"satb|choir|ttbb|tttb|ssa|soprani", field)) or "MontePd" in work
    if choir:
        accompanied = any(word in field for word in ("piano", "organ", "orchestra", "continuo"))
        return "" if accompanied else "hymn" if genre == "hymn" else "choir"
    if field.startswith("string quartet"):
        return "quartet"
    if "voice" in field:
        return "song" if "piano" in field and len(played) == 2 else ""
    pianos = {"piano", "harpsichord", "clavichord", "pianoforte"}
    if played[0] in pianos and set(played) <= pianos | {"organ"}:
        return "piano"
    if field in ("organ", "harmonium", "guitar", "mandolin") or field.startswith("lute"):
        return "organ" if field in ("organ", "harmonium") else "guitar"
    if "guitar-skole" in work:
        return "guitar"
    odd = ("orchestra", "koto", "shamisen", "shakuhachi", "percussion", "bells", "accordion", "concerto", "harp")
    return "chamber" if field and not any(word in field for word in odd) else ""


def _initials(code: str) -> str:
    """Composer's name from Mutopia's code.

    Examples
    --------
    >>> _initials("BachJS"), _initials("BeethovenLv"), _initials("Mendelssohn-BartholdyF"), _initials("Traditional")
    ('J. S. Bach', 'L. v. Beethoven', 'F. Mendelssohn-Bartholdy', '')
    """
    match = re.fullmatch(r"([A-ZÀ-Þ][^A-Z-]+(?:-[A-Z][^A-Z]+)*)([A-Z]\w*)", code)
    if not match or match[1].lower() in NOT_COMPOSERS:
        return ""
    return " ".join([*(f"{letter}." for letter in match[2]), match[1]])


def _leadsheets(data: Path) -> Callable[[Document], Labels]:
    with (data / "openewld-pd" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["path"]: row["discogs_genre_style_CC0"] for row in csv.DictReader(file)}

    def read(document: Document) -> Labels:
        genre = rows.get(document.name, "").split(";")[0].lower()
        return Labels(document.style, DISCOGS_GENRES.get(genre, genre), "", document.name)

    return read


def _groove(data: Path) -> Callable[[Document], Labels]:
    with tarfile.open(data / "groove" / "groove-midi.tar.xz") as archive:
        file = archive.extractfile("groove/info.csv")
        rows = list(csv.DictReader(io.TextIOWrapper(file, "utf-8"))) if file else []
    styles = {f"groove/{row['midi_filename']}": (row["style"], row["session"]) for row in rows}

    def read(document: Document) -> Labels:
        style, session = styles[document.name]
        genre = style.split("/")[0]
        return Labels(document.style, GROOVE_GENRES.get(genre, genre), "", f"{session}/{style}")

    return read
