"""Verifying: whether a file is as it was written, and whether its notes bear the watermark."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.tasks import Option, Verb

if TYPE_CHECKING:
    from firmus.rights.verification import Verification

VERB = Verb(
    name="verify",
    english="say whether a file is as Firmus wrote it, altered or unknown, and whether its notes bear the watermark",
    chinese="检验文件是否与 Firmus 写出时一致（完整、已改动或未知），以及音符是否带有水印",
    arguments=(
        Option(
            "source",
            "a file: notes, sound, score or sidecar",
            "文件：乐谱数据、音频、乐谱图像或附带记录",
            metavar="FILE",
        ),
    ),
    writes=False,
    place=21,
)


def verify(source: str | PathLike[str]) -> Verification:
    """Whether a file is as it was written; see `firmus.rights.verification`.

    Raises
    ------
    FormatError
    """
    from firmus.rights import verification

    return verification.verify(Path(source))
