"""Converting: a music file becomes one of another format."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.tasks import PIECES, QUANTISE, TUNE, Option, Verb

if TYPE_CHECKING:
    from firmus._options import Piece

VERB = Verb(
    name="convert",
    english="convert a music file into another format",
    chinese="转换音乐文件格式",
    arguments=(
        PIECES["source"]._replace(metavar="IN", nargs="+"),
        Option(
            "target",
            "the new file, whose ending says the format; or a folder",
            "新文件，由扩展名决定格式；或文件夹",
            metavar="OUT",
        ),
    ),
    options=(
        TUNE,
        QUANTISE,
        Option(
            "to",
            "the format of files in a folder: mid, musicxml, abc ...",
            "写入文件夹的格式：mid、musicxml、abc……",
            metavar="abc",
        ),
    ),
    place=11,
)


def convert(
    source: Piece,
    target: str | PathLike[str],
    *,
    tune: int = 1,
    force: bool = False,
    beside: str | PathLike[str] | None = None,
) -> list[Path]:
    """Read one format, write another, by the endings of the files; what was written.

    What is written of a work of Firmus bears its label. `beside` is the file that a Score was read from.

    Raises
    ------
    FormatError, OutputExists
    """
    from firmus import formats
    from firmus.render.files import check_absent
    from firmus.rights.files import label_of
    from firmus.score import Score

    path = Path(target)
    formats.by_extension(path.name)
    check_absent(path, force)
    score = source if isinstance(source, Score) else formats.read(source, tune=tune)
    label = label_of(score, beside if isinstance(source, Score) else source)
    formats.save(label(formats.encoded(score, path.name), path.suffix), path)
    return [path]
