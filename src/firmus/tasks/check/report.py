"""Checking a piece: passages that stand elsewhere too, each with its source, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmus import formats
from firmus.analysis.excerpt import excerpt
from firmus.composing.styles import styles
from firmus.errors import FormatError, InvalidBrief, unknown
from firmus.progress import Progress
from firmus.render.files import read
from firmus.render.pages import originality as page
from firmus.retrieval.library import Library, of_scores, open_library
from firmus.rights.originality import Match, Originality, judge
from firmus.score import Score
from firmus.timing import bars
from firmus.work import Work

__all__ = ["Report", "check", "read"]

ENGRAVED = 6  # matches that are engraved
MOST_BARS = 8  # of each
LIMITS = (
    "Similarity of melodic lines is measured, not copyright: no law names a number of notes. Harmony, rhythm alone, "
    "words and sound are not compared; drums are left out."
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Parameters
    ----------
    score : Score
    originality : Originality
    others : dict of int to Score
        Pieces of a folder, by their numbers in it, that have a passage in common; none of the training music, whose
        index cannot be played.
    """

    score: Score
    originality: Originality
    others: Mapping[int, Score]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; ``docs/originality.md`` describes them."""
        return {"title": self.score.title, **self.originality.as_dict(), "limits": LIMITS}

    def html(self, language: str = "en") -> str:
        """A page, with the bars of the most telling matches engraved."""
        return page.page(self.as_dict(), self.pairs(), language)

    def pairs(self) -> list[tuple[Score, Score | None]]:
        """The bars of the most telling matches here and, where their notes are at hand, there."""
        return [self._bars(match) for match in self.originality.matches[:ENGRAVED]]

    def _bars(self, match: Match) -> tuple[Score, Score | None]:
        """The bars of a match here and, where its notes are at hand, there."""
        own = _excerpt(self.score, match.bars, match.part)
        other = self.others.get(match.piece)
        return own, None if other is None else _excerpt(other, match.other_bars)


def _excerpt(score: Score, numbers: tuple[int, int], part: int | None = None) -> Score:
    """Some bars, of all parts or of one."""
    every = bars(score)
    first = min(max(numbers[0] - every[0].number, 0), len(every) - 1)
    cut = excerpt(score, first, min(numbers[1] - numbers[0] + 1, MOST_BARS))
    return cut if part is None else Score((cut.parts[part],), cut.meters, cut.tempi, keys=score.keys[:1], end=cut.end)


def check(
    source: Work | Score,
    *,
    against: str | Path | Mapping[str, Score] | None = None,
    style: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check how original a piece is.

    Parameters
    ----------
    source : Work or Score
    against : path or mapping of str to Score, optional
        A folder of music, or pieces by name; the music that Firmus learnt from where it is not given.
    style : str, optional
        Among whose pieces by people it is judged; that of a Work, else all.
    progress : callable, optional
        Called with a title, files read and files in total.

    Raises
    ------
    InvalidBrief
        Where the piece has no notes of a pitch, or there is no such style.
    FormatError
        Where there is no such folder, or no music in it.
    """
    score = source.score if isinstance(source, Work) else source
    if not any(part.notes for part in score.parts if not part.is_drums):
        raise InvalidBrief("the piece has no melody: drums alone are not compared")
    if style is not None and style not in styles():
        raise InvalidBrief(unknown("style", style, styles()))
    named = style or (str(source.origin.measured.get("style", "")) if isinstance(source, Work) else "")
    if against is None:
        return Report(score, judge(score, style=named), {})
    library = of_scores(against, progress) if isinstance(against, Mapping) else open_library(Path(against), progress)
    found = judge(score, library.collection(str(getattr(against, "name", against))), named)
    return Report(score, found, _others(library, found, against if isinstance(against, Mapping) else None))


def _others(library: Library, found: Originality, given: Mapping[str, Score] | None) -> dict[int, Score]:
    """The pieces of the first matches, read again."""
    others: dict[int, Score] = {}
    for match in found.matches[:ENGRAVED]:
        file, tune = library.where[match.piece].tolist()
        name = library.catalogue.files[file].name
        try:
            others[match.piece] = given[name] if given else formats.read(library.folder / name, tune=tune + 1)
        except FormatError:
            continue  # it was changed meanwhile
    return others
