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
        Option(
            "audible_label",
            "begin the sound with the rhythm short-long-short-short, which says that it is AI-generated",
            "音频以“短长短短”节奏开头，提示由 AI 生成",
            bool,
        ),
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
    force: bool = False,
    beside: str | PathLike[str] | None = None,
) -> list[Path]:
    """Read a music file, write sound, a score or a piano roll, by the ending of the target; what was written.

    What is written of a work of Firmus bears its label. `beside` is the file that a Score was read from.

    Raises
    ------
    FormatError, OutputExists
    """
    from firmus import formats
    from firmus.render import files
    from firmus.rights.files import label_of
    from firmus.score import Score

    score = source if isinstance(source, Score) else formats.read(source, tune=tune)
    label = label_of(score, beside if isinstance(source, Score) else source)
    return files.render(score, Path(target), stems=stems, force=force, audible_label=audible_label, label=label)
