"""One turn with a listener: what they rated is remembered, then pieces are recommended, or composed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from firmus.errors import InvalidBrief
from firmus.progress import Progress
from firmus.retrieval import taste as tastes
from firmus.retrieval.embeddings import Embeddings
from firmus.retrieval.taste import RATINGS, Taste
from firmus.score import Score
from firmus.tasks.recommend import composing, recommendation
from firmus.tasks.recommend.recommendation import Named, Recommendations
from firmus.work import Work


def recommend(
    library: str | os.PathLike[str] | Mapping[str, Score] | None = None, *, compose: bool = False,
    taste: str | os.PathLike[str] | None = None, count: int | None = None, progress: Progress | None = None,
    **options: Any,
) -> Recommendations | list[Work]:  # fmt: skip
    """Rate pieces, and recommend some, or compose; see `firmus.recommend`.

    Raises
    ------
    InvalidBrief, FormatError, ModelError
    """
    if compose == (library is not None):
        raise InvalidBrief("give a library, from which pieces are chosen, or compose")
    if not compose and count is not None:
        recommendation.check_count(count)
    feedback = {kind: options.pop(kind) for kind in RATINGS if kind in options}
    read = None if library is None else recommendation.read_library(library, progress)
    path = Path(taste) if taste else tastes.default_path()
    known = remember(path, read, feedback)
    if read is None:
        return composing.compose(known, 1 if count is None else count, progress=progress, **options)
    return recommendation.recommend(known, read, **options, **({} if count is None else {"count": count}))


def remember(path: Path, library: Embeddings | None, feedback: Mapping[str, Sequence[Named]]) -> Taste:
    """The taste in a file, with ratings more, which are written there.

    Raises
    ------
    InvalidBrief, FormatError
    """
    taste = recommendation.rate(tastes.load(path), library, feedback)
    if any(feedback.values()):
        tastes.save(taste, path)
    return taste
