"""Rendering: a music file becomes sound, an engraved score, a piano roll."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.tasks import PIECES, TUNE, Option, Verb

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
    ),
    place=12,
)


def render(
    source: Piece, target: str | PathLike[str], *, tune: int = 1, stems: bool = False, force: bool = False
) -> list[Path]:
    """Read a music file, write sound, a score or a piano roll, by the ending of the target; what was written.

    Raises
    ------
    FormatError, OutputExists
    """
    from firmus import formats
    from firmus.render import files
    from firmus.score import Score

    score = source if isinstance(source, Score) else formats.read(source, tune=tune)
    return files.render(score, Path(target), stems=stems, force=force)
