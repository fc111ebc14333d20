"""Files of a Work: MIDI, MusicXML, audio, engraved score and JSON; a Score as one file of any kind."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from firmus import formats
from firmus.errors import FirmusError, FormatError, OutputExists, unknown
from firmus.score import Score
from firmus.work import Brief, Origin, Work

if TYPE_CHECKING:
    from firmus.render.mixing import Mixed
    from firmus.render.synth import Audio

SOUNDS = {".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".mp3": "audio/mpeg"}
PICTURES = {".svg": "image/svg+xml", ".pdf": "application/pdf", ".png": "image/png"}
"""Media type of each file of sound and of each picture, by its ending."""

Written = list[tuple[str, bytes]]
WORK = b'"firmus-work"'  # how the file of a Work begins
ORIGIN_TYPES: dict[type, tuple[str, ...]] = {
    str: ("firmus", "model", "weights", "task", "source", "watermark"),
    int: ("seed",),
    bool: ("ai_generated",),
    dict: ("brief", "measured", "rules"),
}  # of its fields in a file
FILES = ("piece.mid", "piece.musicxml", "piece.wav", "piece.svg", "piece.json")


def names(endings: Sequence[str] | None) -> tuple[str, ...]:
    """Names of the files of a Work: ``piece.json`` and those of some endings, the usual ones where None.

    Raises
    ------
    FormatError
        Where a Work cannot be written so; the message names the nearest.

    Examples
    --------
    >>> names(["mid", ".svg"])
    ('piece.mid', 'piece.svg', 'piece.json')
    """
    if endings is None:
        return FILES
    able = [*formats.extensions(), *SOUNDS, *PICTURES]
    given = [f".{ending.strip().lower().removeprefix('.')}" for ending in endings]
    for ending in given:
        if ending not in able:
            raise FormatError(unknown("format", ending[1:], [each[1:] for each in able]))
    return (*(f"piece{ending}" for ending in dict.fromkeys(given) if ending != ".json"), "piece.json")


def save(
    work: Work,
    folder: Path,
    *,
    force: bool = False,
    endings: Sequence[str] | None = None,
    audible_label: bool = False,
    label: Callable[[Written], Written] = list,
) -> list[Path]:
    """Write the files of a Work; all appear, or none. Those of a score that is too long to engrave are left out.

    Parameters
    ----------
    work : Work
    folder : Path
        Created if it does not exist.
    force : bool
        Replace the files of an earlier Work.
    endings : sequence of str, optional
        Such as ``["mid", "svg"]``; ``piece.json`` is always there.
    audible_label : bool
        Whether sound begins with the rhythm of `firmus.render.audible`.
    label : callable
        What becomes of the files, names and contents, before they are written (`firmus.rights.files`).

    Returns
    -------
    list of Path

    Raises
    ------
    OutputExists
        Where the folder already holds something and `force` is not given.
    FormatError
        Where a Work has no such file.
    """
    from firmus.render import engrave

    files = names(endings)
    if engrave.is_too_long(work.score):
        files = tuple(name for name in files if not name.endswith((".svg", ".pdf")))
    check_free(folder, force)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        written = label([(each, data) for name in files for each, data in _files(work, name, audible_label)])
        for name, data in written:
            (temporary / name).write_bytes(data)
        folder.mkdir(exist_ok=True)
        for name, _ in written:
            (temporary / name).replace(folder / name)
        if "piece.svg" in files:  # an earlier Work had more pages
            for page in folder.glob("piece*.svg"):
                if re.fullmatch(r"piece(-\d+)?\.svg", page.name) and page.name not in dict(written):
                    page.unlink()
    except OSError as error:
        raise FirmusError(f"{folder}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return [folder / name for name, _ in written]


def read(path: str | Path, tune: int = 1) -> Work | Score:
    """Read a piece: a Work from its folder or ``piece.json``, a Score from any music file."""
    path = Path(path)
    if path.is_dir():
        return load(path)
    score = formats.read(path, tune=tune)
    return load(path) if is_work(path.read_bytes()) else score


def is_work(data: bytes) -> bool:
    """Whether bytes begin as the file of a Work does."""
    return WORK in data[:100]


def load(path: Path) -> Work:
    """Read a Work from its folder, or from its ``piece.json``.

    Raises
    ------
    FormatError
        Where there is none: a score alone has no origin.
    """
    file = path / "piece.json" if path.is_dir() else path
    if path.is_dir() and not file.is_file():
        raise FormatError(f"{path} holds no piece.json: it is no folder that Firmus composed; name a file in it")
    score = formats.read(file)
    return read_work(file.read_bytes(), score, str(file))


def read_work(data: bytes, score: Score, name: str) -> Work:
    """The Work of a file whose Score was read; ``name`` is the file's.

    Raises
    ------
    FormatError
        Where it has no origin, or a damaged one.
    """
    try:
        fields = json.loads(data)["origin"]
        lists = {name: tuple(fields.get(name, ())) for name in ("credits", "composed", "steps")}
        spans = tuple((int(first), int(last), int(part)) for first, last, part in lists["composed"])
        if not all(0 <= part < len(score.parts) for *_, part in spans):
            raise ValueError("it names a part that is not there")
        origin = Origin(**{**fields, **lists, "composed": spans})
        _check_types(origin)
        Brief.of(**origin.brief)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            f"{name}: a score, but no work of Firmus: its origin is missing or damaged ({error})"
        ) from None
    return Work(score, origin)


def _check_types(origin: Origin) -> None:
    for kind, names in ORIGIN_TYPES.items():
        for name in names:
            if type(getattr(origin, name)) is not kind:
                raise TypeError(f"{name} is no {kind.__name__}")
    if not all(isinstance(each, str) for each in origin.credits):
        raise TypeError("credits are no texts")


def check_audible(endings: Sequence[str], audible_label: bool) -> None:
    """Refuse an audible label where no sound is written.

    Raises
    ------
    FormatError
    """
    if audible_label and not any(ending in SOUNDS for ending in endings):
        raise FormatError(f"an audible label is for sound ({', '.join(SOUNDS)}), not for {', '.join(endings)}")


def check_free(folder: Path, force: bool) -> None:
    """Refuse a folder that already holds something, unless forced; and one that cannot be, or be written to."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise OutputExists(f"{there} is a file: name a folder with --out")
    if not os.access(there, os.W_OK | os.X_OK):
        raise OutputExists(f"{there} cannot be written to: name another folder with --out")
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise OutputExists(f"{folder} already exists: give --force to replace what is there, or another --out")


def free_folder(folder: Path) -> Path:
    """The folder, where nothing is in it; else the first of ``folder-2``, ``folder-3`` ... that is free."""
    candidates = itertools.chain(
        [folder], (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))
    )
    return next(each for each in candidates if not each.exists() or (each.is_dir() and not any(each.iterdir())))


def check_absent(path: Path, force: bool) -> None:
    """Refuse a file that is there already, unless forced, and one whose folder is not there.

    Raises
    ------
    OutputExists, FirmusError
    """
    if not path.parent.is_dir():
        raise FirmusError(f"{path.parent} is no folder: make it first")
    if path.exists() and not force:
        raise OutputExists(f"{path} already exists: give --force to replace it")


def render(
    piece: Score | Mixed,
    path: Path,
    *,
    stems: bool = False,
    force: bool = False,
    audible_label: bool = False,
    label: Callable[[bytes, str], bytes] = lambda data, ending: data,
) -> list[Path]:
    """Write a Score, mixed or not, as sound (.wav ...), engraved score (.pdf, .svg), or piano roll (.png).

    With `stems`, also one sound file a part beside it: ``name.01 Flute.wav``. An SVG of several pages is as many
    files: ``name-1.svg``, ``name-2.svg`` ... `audible_label` puts the rhythm of `firmus.render.audible` before the
    sound; `label` says what becomes of each file, given its ending (`firmus.rights.files`).
    """
    check_absent(path, force)
    ending = path.suffix.lower()
    score = piece if isinstance(piece, Score) else piece.score
    if ending not in (*SOUNDS, *PICTURES):
        raise FormatError(unknown("file ending", ending or path.name, [*SOUNDS, *PICTURES]))
    check_audible([ending], audible_label)
    if ending == ".svg":
        targets = [(path.with_name(name), data) for name, data in _pages(score, path.name)]
        for target, _ in targets:
            check_absent(target, force)
        for target, data in targets:
            formats.save(label(data, ending), target)
        return [target for target, _ in targets]
    written = [(path, label(encoded(piece, ending, audible_label), ending))]
    if stems and ending in SOUNDS:
        every = encoded_stems(piece, ending, audible_label)
        written += [(path.with_name(f"{path.stem}.{name}{path.suffix}"), label(data, ending)) for name, data in every]
    for target, data in written:
        formats.save(data, target)
    return [target for target, _ in written]


def encoded(piece: Score | Mixed, ending: str, audible_label: bool = False) -> bytes:
    """A Score, mixed or not, as a file: music, sound, engraved score (``".pdf"``, ``".svg"``), piano roll (``".png"``).

    Of a long piece, PDF has pages and SVG is one high picture, for the screen. `audible_label` is of sound alone.

    Raises
    ------
    FormatError
        Where the suffix is unknown.
    """
    score, settings = (piece, {}) if isinstance(piece, Score) else (piece.score, piece.settings)
    if ending == ".svg":
        from firmus.render import engrave

        return engrave.svg(score).encode()
    if ending == ".pdf":
        from firmus.render import engrave, pdf

        return pdf.of_pages(engrave.pages(score), score.title)
    if ending == ".png":
        from firmus.render import drawing, roll

        return drawing.png(roll.svg(score))
    if ending in SOUNDS:
        from firmus.render import synth

        return synth.encode(_begun(synth.render(score, **settings), audible_label), ending)
    return formats.encoded(score, ending)


def write(score: Score, path: str | os.PathLike[str]) -> None:
    """Write a Score as one file of any kind, by its ending; it appears whole or not at all.

    Raises
    ------
    FormatError
        Where no file of ours ends so.
    """
    target = Path(path)
    if target.suffix.lower() in (*SOUNDS, *PICTURES):
        formats.save(encoded(score, target.suffix.lower()), target)
    else:
        formats.write(score, target)


def encoded_stems(piece: Score | Mixed, ending: str, audible_label: bool = False) -> Iterator[tuple[str, bytes]]:
    """Name and sound of each part alone, at its level in the mix."""
    from firmus.render import synth

    score, settings = (piece, {}) if isinstance(piece, Score) else (piece.score, piece.settings)
    for name, audio in synth.stems(score, **settings):
        yield re.sub(r"[^\w -]+", "", name), synth.encode(_begun(audio, audible_label), ending)


def _begun(audio: Audio, audible_label: bool) -> Audio:
    """Sound behind its audible label, where it has one."""
    from firmus.render import audible

    return audible.with_label(audio) if audible_label else audio


def _files(work: Work, name: str, audible_label: bool) -> list[tuple[str, bytes]]:
    """Name and content of one of a Work's files, or of its pages."""
    if name == "piece.json":
        return [(name, (json.dumps(work.as_dict(), ensure_ascii=False) + "\n").encode())]
    if name.endswith(".svg"):
        return _pages(work.score, name)
    ending = Path(name).suffix
    return [(name, encoded(work.score, ending, audible_label and ending in SOUNDS))]


def _pages(score: Score, name: str) -> list[tuple[str, bytes]]:
    """One picture cut below the music where it fits on a page; else every page of A4, numbered."""
    from firmus.render import engrave

    pages = engrave.pages(score, cut=True)
    if len(pages) == 1:
        return [(name, pages[0].encode())]
    stem = name.rpartition(".")[0]
    return [(f"{stem}-{number}.svg", page.encode()) for number, page in enumerate(engrave.pages(score), 1)]
