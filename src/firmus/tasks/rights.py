"""The rights card of a piece: who made which notes, and what the model learnt from."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.tasks import Option, Verb

if TYPE_CHECKING:
    from firmus._options import Piece

VERB = Verb(
    name="rights",
    english="say who made which notes of a piece, the person or the model, and what the model learnt from",
    chinese="说明乐曲中哪些音由人所作、哪些由模型所作，以及模型的训练来源",
    arguments=(
        Option(
            "source",
            "a folder that Firmus wrote, or a file in it",
            "Firmus 写出的文件夹，或其中的文件",
            metavar="FILE|FOLDER",
        ),
    ),
    options=(
        Option(
            "given",
            "what the person gave: how much of it is there is said too",
            "作者给出的原曲：另说明其中有多少保留下来",
            metavar="FILE",
        ),
    ),
    writes=False,
    place=22,
)


def rights(source: str | PathLike[str], *, given: Piece | None = None) -> dict[str, Any]:
    """The rights card of a work; see `firmus.rights.card`.

    Raises
    ------
    FormatError
    """
    from firmus import formats
    from firmus.rights.card import card
    from firmus.score import Score

    score = given if given is None or isinstance(given, Score) else formats.read(given)
    return card(Path(source), score)
