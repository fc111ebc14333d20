"""Rendering: a music file becomes sound, an engraved score, a piano roll."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.tasks import AUDIBLE_LABEL, C2PA, PIECES, TUNE, Option, Verb

if TYPE_CHECKING:
    from firmus._options import Piece

VERB = Verb(
    name="render",
    english="turn a music file into sound, a score or a piano roll",
    chinese="把音乐文件渲染为音频、乐谱或钢琴卷帘",
    arguments=(
        PIECES["source"]._replace(metavar="IN"),
        Option(
            "target",
            "sound (.wav .flac .ogg .mp3), score (.pdf .svg) or roll (.png)",
            "音频（.wav .flac .ogg .mp3）、乐谱（.pdf .svg）或卷帘（.png）",
            metavar="OUT.wav",
        ),
    ),
    options=(
        TUNE,
        Option("stems", "also one sound file a part", "另为每个声部输出一个音频文件", bool),
        AUDIBLE_LABEL,
        C2PA,
    ),
    place=12,
)


def render(
    source: Piece,
    target: str | PathLike[str],
    *,
    tune: int = 1,
    stems: bool = False,
    audible_label: bool = False,
    c2pa: bool = False,
    force: bool = False,
    beside: str | PathLike[str] | None = None,
) -> list[Path]:
    """Read a music file, write sound, a score or a piano roll, by the target's ending; what was written.

    What is written of a work of Firmus bears its label, and its sound, where asked for, a C2PA manifest. `beside` is
    the file that a Score was read from.

    Raises
    ------
    FormatError, OutputExists
    """
    from firmus import formats
    from firmus.render import files
    from firmus.rights.files import check_marks, label_of
    from firmus.score import Score

    check_marks([Path(target).suffix.lower()], audible_label=audible_label, c2pa=c2pa)
    score = source if isinstance(source, Score) else formats.read(source, tune=tune)
    label = label_of(score, beside if isinstance(source, Score) else source, c2pa=c2pa)
    return files.render(score, Path(target), stems=stems, force=force, audible_label=audible_label, label=label)
