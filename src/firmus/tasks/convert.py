"""Converting: a music file becomes one of another format."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from firmus.tasks import TUNE, Option, Verb

VERB = Verb(
    name="convert",
    english="convert a music file into another format",
    chinese="转换音乐文件格式",
    arguments=(
        Option(
            "source",
            "a music file: MIDI, MusicXML, ABC or Firmus JSON",
            "音乐文件：MIDI、MusicXML、ABC 或 Firmus JSON",
            metavar="IN",
        ),
        Option("target", "the new file; its ending says the format", "新文件，由扩展名决定格式", metavar="OUT"),
    ),
    options=(TUNE,),
    place=11,
)


def convert(
    source: str | PathLike[str], target: str | PathLike[str], *, tune: int = 1, force: bool = False
) -> list[Path]:
    """Read one format, write another, by the endings of the files; what was written.

    Raises
    ------
    FormatError, OutputExists
    """
    from firmus import formats
    from firmus.render.files import check_absent

    path = Path(target)
    formats.by_extension(path.name)
    check_absent(path, force)
    formats.write(formats.read(source, tune=tune), path)
    return [path]
