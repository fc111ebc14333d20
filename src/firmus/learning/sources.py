"""The training sets: where their files are, how each is read, and under which licence.

A set is listed with its licence and the credit that goes into the card of every model trained on it.
Sets whose terms forbid training are not listed.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from firmus.errors import RecipeError, unknown
from firmus.formats import MAX_BYTES

SUFFIXES = (".mid", ".midi", ".mxl", ".musicxml", ".abc", ".krn")
CHOPIN = re.compile(r"(?P<opus>\d+)(?:_[\w-]+?)?-\d\w?-[A-Za-z]+(?:-(?P<number>\d{3}))?\.krn")  # a whole score
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")


@dataclass(frozen=True, slots=True)
class Document:
    """One file of a set, not yet read.

    Parameters
    ----------
    name : str
        Path within the set.
    data : bytes
    style : str
        A style of `firmus.tokens.events`, ``""`` where who plays it decides (`firmus.learning.ensembles`).
    licence : str
    split : str
        ``"train"`` or ``"valid"`` where the set's publishers split it, else ``""``.
    """

    name: str
    data: bytes
    style: str
    licence: str
    split: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A set of music; `read(folder)` gives its documents."""

    name: str
    title: str
    licence: str
    credit: str
    read: Callable[[Path], Iterator[Document]]


def source(name: str) -> Source:
    """Look a set up by name."""
    if name not in SOURCES:
        raise RecipeError(unknown("set", name, SOURCES))
    return SOURCES[name]


def folder(path: Path, style: str = "") -> Source:
    """A user's own folder of music files, loose or in archives (.zip, .tar.*), as a set called ``folder``."""

    def read(_: Path) -> Iterator[Document]:
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            name = str(file.relative_to(path))
            if file.suffix.lower() in SUFFIXES:
                yield Document(name, file.read_bytes(), style, "as its owner says")
            elif file.name.lower().endswith(ARCHIVES):
                for inner, content in _zip(file) if file.suffix.lower() == ".zip" else _archive(file):
                    yield Document(f"{name}/{inner}", content, style, "as its owner says")

    return Source("folder", f"the folder {path.name}", "as its owner says", path.name, read)


def _zip(path: Path) -> Iterator[tuple[str, bytes]]:
    """Music files of a zip archive, in its order."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.lower().endswith(SUFFIXES) and member.file_size <= MAX_BYTES:
                    yield member.filename, archive.read(member)
    except (OSError, zipfile.BadZipFile) as error:
        raise RecipeError(f"training music {path}: {error}") from None


def _archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Music files of a tar archive, in its order."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file and member.name.lower().endswith(SUFFIXES) and member.size <= MAX_BYTES:
                    yield member.name, file.read()
    except (OSError, tarfile.TarError) as error:
        raise RecipeError(f"training music {path}: {error}; say where the sets lie with --sets") from None


def _whole(archive: str, style: str, licence: str) -> Callable[[Path], Iterator[Document]]:
    """Every file of one archive in one style and under one licence."""

    def read(data: Path) -> Iterator[Document]:
        for name, content in _archive(data / archive):
            yield Document(name, content, style, licence)

    return read


def _jsb(data: Path) -> Iterator[Document]:
    """Chorales as JSON rasters, in the published split."""
    path = data / "jsb" / "Jsb16thSeparated.train-valid.json.xz"
    try:
        document = json.loads(lzma.decompress(path.read_bytes()))
    except OSError as error:
        raise RecipeError(
            f"training music {path}: {error.strerror or error}; say where the sets lie with --sets"
        ) from None
    for split in ("train", "valid"):
        for index, raster in enumerate(document[split]):
            content = json.dumps(raster, separators=(",", ":")).encode()
            yield Document(f"{split}/{index:03}.raster", content, "chorale", "public domain music", split)


def _openhymnal(data: Path) -> Iterator[Document]:
    """Hymns whose header states that they are in the public domain; none of Bach's settings."""
    for name, content in _archive(data / "openhymnal" / "openhymnal-abc.tar.xz"):
        lines = [line for line in content.decode("utf-8", "replace").splitlines() if line.startswith("C:")]
        is_public_domain = any("copyright: public domain. " in f"{line.lower()} " for line in lines)
        if is_public_domain and not any(
            "sebastian bach" in line.lower() or "j.s. bach" in line.lower() for line in lines
        ):
            yield Document(name, content, "hymn", "public domain")


def _tunes(collection: str) -> Callable[[Path], Iterator[Document]]:
    """Public-domain tune books that come with music21."""

    def read(_: Path) -> Iterator[Document]:
        import importlib.util

        spec = importlib.util.find_spec("music21")
        if spec is None or spec.origin is None:
            raise RecipeError("the tune books come with music21: pip install 'firmus[train]'")
        for file in sorted((Path(spec.origin).parent / "corpus" / collection).glob("*.abc")):
            yield Document(f"{collection}/{file.name}", file.read_bytes(), "folk", "public domain music")

    return read


def _groove(data: Path) -> Iterator[Document]:
    """Drum performances, in the published split, without its test split."""
    path = data / "groove" / "groove-midi.tar.xz"
    with tarfile.open(path) as archive:
        file = archive.extractfile("groove/info.csv")
        rows = list(csv.DictReader(io.TextIOWrapper(file, "utf-8"))) if file else []
    splits = {f"groove/{row['midi_filename']}": row["split"] for row in rows}
    for name, content in _archive(path):
        split = {"train": "train", "validation": "valid"}.get(splits.get(name, ""))
        if split:
            yield Document(name, content, "drums", "CC BY 4.0", split)


def _mutopia(data: Path) -> Iterator[Document]:
    """Classical scores, each with its own licence, styled by instrument; none of Bach's chorales."""
    styles = {"piano": "piano", "harpsichord": "piano", "clavichord": "piano", "organ": "organ", "guitar": "guitar"}
    with (data / "mutopia" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["dir"]: row for row in csv.DictReader(file)}
    for name, content in _archive(data / "mutopia" / "mutopia-midi-derived.tar.xz"):
        row = rows.get("/".join(name.split("/")[1:-1]))
        if row is None or (row["composer"] == "BachJS" and "voice" in row["instrument"].lower()):
            continue
        instrument = row["instrument"].split(",")[0].split("(")[0].strip().lower()
        voices = "SATB" in row["instrument"] or "choir" in row["instrument"].lower()
        yield Document(name, content, "choir" if voices else styles.get(instrument, "chamber"), row["licence"])


def _chopin(data: Path) -> Iterator[Document]:
    """Chopin's works, the first of the editions of each, without the parts of single instruments."""
    chosen: dict[tuple[str | None, ...], Document] = {}
    for name, content in sorted(_archive(data / "chopin-first-editions" / "chopin-first-editions.tar.xz")):
        if match := CHOPIN.fullmatch(name.rpartition("/")[2]):
            chosen.setdefault(match.groups(), Document(name, content, "", "CC BY 4.0"))
    yield from chosen.values()


def _song_anthology(data: Path) -> Iterator[Document]:
    """Lead sheets, each with its traditional and with its modern chords."""
    for name, content in _archive(data / "song-anthology" / "song-anthology.tar.xz"):
        text = content.decode("utf-8", "replace").replace("¨", "b").replace("º", "dim")
        for harmony, chords in (
            ("traditional", re.sub(r'"[\^_<>@][^"]*"', "", text)),
            ("modern", re.sub(r'"\^([A-G][^"]*)"', r'"\1"', re.sub(r'"[A-G][^"]*"', "", text))),
        ):
            stem = name.removesuffix(".abc")
            yield Document(f"{stem}.{harmony}.abc", chords.encode(), "lead-sheet", "CC0 1.0, public domain works")


def _billboard(data: Path) -> Iterator[Document]:
    """Sections and chords of popular songs, without notes."""
    with tarfile.open(data / "billboard-chords" / "billboard-chords.tar.xz") as archive:
        for member in archive:
            if member.name.endswith("salami_chords.txt") and (file := archive.extractfile(member)):
                yield Document(member.name, file.read(), "lead-sheet", "CC0 1.0")


def _no_pieces(_: Path) -> Iterator[Document]:
    """Sets of tones hold no pieces: `firmus.learning.tone_sets` reads them."""
    raise RecipeError('this set holds notes of instruments, no pieces: take it for representation = "tones"')


SOURCES = {
    each.name: each
    for each in (
        Source(
            "jsb", "Bach chorales, sixteenth grid, train and valid of the published split",
            "public domain music; the encoding states no licence", "czhuang/JSB-Chorales-dataset", _jsb,
        ),
        Source("openhymnal", "Open Hymnal, four-voice hymns", "public domain", "Open Hymnal Project", _openhymnal),
        Source(
            "ryan", "Ryan's Mammoth Collection (1883)", "public domain music",
            "transcribers of Ryan's Mammoth Collection, as bundled with music21", _tunes("ryansMammoth"),
        ),
        Source(
            "oneills", "O'Neill's Music of Ireland (1903)", "public domain music",
            "transcribers of O'Neill's Music of Ireland, as bundled with music21", _tunes("oneills1850"),
        ),
        Source(
            "aird", "Aird's Airs (1778-)", "public domain music",
            "Jack Campin (2009), as bundled with music21", _tunes("airdsAirs"),
        ),
        Source(
            "lieder", "OpenScore Lieder", "CC0 1.0", "OpenScore",
            _whole("openscore-lieder/lieder-mxl.tar.xz", "song", "CC0 1.0"),
        ),
        Source(
            "quartets", "OpenScore String Quartets", "CC0 1.0", "OpenScore",
            _whole("openscore-quartets/quartets-mxl.tar.xz", "quartet", "CC0 1.0"),
        ),
        Source(
            "leadsheets", "OpenEWLD, lead sheets whose authors' rights have ended", "public domain works; database MIT",
            "OpenEWLD (Simonetta)",
            _whole("openewld-pd/openewld-pd-mxl.tar.xz", "lead-sheet", "public domain; database MIT"),
        ),
        Source(
            "groove", "Groove MIDI Dataset", "CC BY 4.0",
            "Gillick, Roberts, Engel, Eck, Bamman 2019; Google Magenta", _groove,
        ),
        Source(
            "mutopia", "Mutopia Project, derived MIDI", "public domain and CC BY 2.5/3.0/4.0, per file",
            "Mutopia Project and the maintainer of each piece", _mutopia,
        ),
        Source(
            "freedoom", "Freedoom, game music", "BSD-3-Clause", "Freedoom contributors (CREDITS-MUSIC)",
            _whole("freedoom/freedoom-musics.tar.xz", "band", "BSD-3-Clause"),
        ),
        Source(
            "simutrans", "Simutrans, game music", "Artistic-1.0", "Simutrans contributors",
            _whole("simutrans/simutrans-music.tar.xz", "band", "Artistic-1.0"),
        ),
        Source(
            "polish", "Heritage of Polish Music in Open Access, scores of the 15th to 20th century", "CC BY 4.0",
            "The Fryderyk Chopin Institute (polishscores.org)",
            _whole("polish-scores/polish-scores.tar.xz", "", "CC BY 4.0"),
        ),
        Source(
            "chopin", "Chopin's first editions", "CC BY 4.0", "The Fryderyk Chopin Institute", _chopin,
        ),
        Source(
            "orchestra", "OpenScore Orchestra", "CC0 1.0", "OpenScore; Hauptstimme",
            _whole("openscore-orchestra/openscore-orchestra.tar.xz", "orchestra", "CC0 1.0"),
        ),
        Source(
            "anthology", "The Public Domain Song Anthology, melodies with two harmonisations", "CC0 1.0",
            "David Berger and Chuck Israels, The Public Domain Song Anthology", _song_anthology,
        ),
        Source(
            "billboard", "McGill Billboard, sections and chords of popular songs", "CC0 1.0",
            "McGill Billboard project (Burgoyne, Wild, Fujinaga 2011)", _billboard,
        ),
        Source(
            "blasphemer", "Blasphemer, game music", "BSD-3-Clause", "Blasphemer contributors (CREDITS.md)",
            _whole("blasphemer/blasphemer.tar.xz", "band", "BSD-3-Clause"),
        ),
        Source(
            "easyrpg", "EasyRPG RTP, game music", "CC BY 4.0", "EasyRPG RTP contributors (AUTHORS.md)",
            _whole("easyrpg-rtp/easyrpg-rtp.tar.xz", "band", "CC BY 4.0"),
        ),
        Source(
            "fluidr3", "Fluid R3 General MIDI SoundFont, notes of its melodic programs", "MIT",
            "Frank Wen (Fluid R3, 2000-2002 and 2008)", _no_pieces,
        ),
        Source(
            "synthesised-tones", "Notes of plain synthesis, made by firmus.learning.tone_sets", "Apache-2.0",
            "the Firmus authors", _no_pieces,
        ),
    )
}  # fmt: skip
