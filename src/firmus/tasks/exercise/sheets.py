"""The files of an exercise: the sheet (MusicXML, SVG, PDF, MIDI, Braille), the sound, the answer key and a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from firmus import formats
from firmus.errors import FormatError, InvalidBrief
from firmus.render import braille, engrave, files, pdf
from firmus.render.pages import exercise as page
from firmus.rights.files import labelled
from firmus.score import Score
from firmus.tasks.exercise.exercises import Exercise
from firmus.translation import language, translate
from firmus.work import Work

KEY = "key"
KEY_FORMATS = ("mid", "musicxml", "wav", "svg")
DOCUMENT = "exercise.json"
STUDIO = "http://127.0.0.1:8340/"  # where firmus studio is, if no other port is asked for


def save(exercise: Exercise, folder: Path, *, force: bool = False) -> list[Path]:
    """Write an exercise into a folder, its answer key in a folder within.

    Raises
    ------
    OutputExists
        Where the folder holds something, unless `force`.
    """
    files.check_free(folder, force)
    key = replace(exercise.work, score=replace(exercise.key, title=_title(exercise)))
    written = {name: _labelled(exercise.work, name, data) for name, data in _files(exercise)}
    keys = key.save(folder / KEY, force=force, endings=KEY_FORMATS)
    for name, data in written.items():
        formats.save(data, folder / name)
    return [*(folder / name for name in written), *keys]


def load(folder: Path) -> Exercise:
    """Read an exercise from its folder, without its sheet and sound: what is needed to mark an answer.

    Raises
    ------
    FormatError
        Where there is none.
    """
    path = folder / DOCUMENT
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != "firmus-exercise":
            raise KeyError("format")
        choices, skills = tuple(document["choices"]), tuple(document["skills"])
        figures = tuple((int(tick), str(text)) for tick, text in document["figures"])
        plain = {name: document[name] for name in ("kind", "level", "seed", "answer", "species")}
    except (OSError, ValueError, KeyError, TypeError):
        raise FormatError(f"{folder} holds no exercise: give a folder that firmus exercise wrote") from None
    return Exercise(**plain, choices=choices, skills=skills, figures=figures, work=Work.load(folder / KEY))


def studio_link(score: Score) -> str:
    """A link that opens a piece in the Studio of this machine, while it runs (``firmus studio``).

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> studio_link(Score((Part("", (Note(0, 480, 60),)),)))[:27]
    'http://127.0.0.1:8340/#abc='
    """
    return f"{STUDIO}#abc={quote(formats.encoded(score, '.abc').decode())}"


def _title(exercise: Exercise) -> str:
    return translate(exercise.title)


def _files(exercise: Exercise) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file but those of the answer key."""
    document, drawn = exercise.as_dict(), ""
    if exercise.sheet is not None:
        sheet = replace(exercise.sheet, title=_title(exercise))
        written = notated(sheet, exercise.figures)
        drawn = engrave.svg_of_musicxml(written)
        document["studio"] = studio_link(sheet)
        yield "sheet.musicxml", written.encode()
        yield "sheet.svg", drawn.encode()
        yield "sheet.pdf", pdf.of_pages(engrave.pages_of_musicxml(written), sheet.title)
        yield "sheet.mid", files.encoded(exercise.sheet, ".mid")
        try:
            yield "sheet.brf", braille.brf(exercise.sheet)
        except FormatError as error:
            document["braille"] = str(error)
    if exercise.sound is not None:
        yield "sound.wav", files.encoded(exercise.sound, ".wav")
        yield "sound.mid", files.encoded(exercise.sound, ".mid")
    sound = "sound.wav" if exercise.sound is not None else ""
    key = engrave.svg(replace(exercise.key, title=""))
    yield "exercise.html", page.page(document, drawn, key, sound, language()).encode()
    yield DOCUMENT, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _labelled(work: Work, name: str, data: bytes) -> bytes:
    """A file of a composed exercise with its label; the page and the document have none."""
    ending = Path(name).suffix
    if not work.origin.ai_generated or ending in (".json", ".html", ".brf"):
        return data
    return labelled(work, data, ending)


def notated(sheet: Score, figures: Sequence[tuple[int, str]] = ()) -> str:
    """MusicXML of a sheet, with the figures of a bass under its notes.

    Parameters
    ----------
    sheet : Score
    figures : sequence of (int, str)
        Of each note, its tick and figures; those of a triad in root position are not written.

    Raises
    ------
    InvalidBrief
        Where there are figures of other notes.
    """
    text = formats.encoded(sheet, ".musicxml").decode()
    if not figures:
        return text
    pieces = text.split("<note")
    heads = [
        place for place, piece in enumerate(pieces)
        if place and "<pitch>" in piece and '<tie type="stop"' not in piece.partition("</note>")[0]
    ]  # fmt: skip
    if len(heads) != len(figures):
        raise InvalidBrief(f"{len(figures)} figures of {len(heads)} notes: each note of a bass has its own")
    for place, (_, shown) in zip(heads, figures, strict=True):
        pieces[place - 1] += _figured(shown)
    return "<note".join(pieces)


def _figured(shown: str) -> str:
    """MusicXML of the figures of one note, from the top."""
    if shown == "5":
        return ""
    rows = ""
    for figure in shown.split("/"):
        sign = {"#": "sharp", "b": "flat"}.get(figure[0])
        prefix = f"<prefix>{sign}</prefix>" if sign else ""
        number = figure.lstrip("#b")
        rows += f"<figure>{prefix}{f'<figure-number>{number}</figure-number>' if number else ''}</figure>"
    return f"<figured-bass>{rows}</figured-bass>"
