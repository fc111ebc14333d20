"""What a piece shares with other music, and what to call it: original, borrows as people do, copies.

One measure of a copy: the bits that its most telling passage tells beyond what occurs by chance
(`firmus.rights.matching`), and whether it is a version of one other piece as a whole. A piece copies where the passage
tells more than those of 99 of 100 held-out pieces by people (`firmus.rights.baseline`), or where a third of a part is
in passages of one other piece. Against a folder the same bits count. No law names such limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from firmus.analysis import lines as melodic_lines
from firmus.analysis.lines import BORDER
from firmus.analysis.melodies import Melodies, Symbols
from firmus.rights.baseline import MANY, USUAL, Standing, standing
from firmus.rights.collection import Collection, Source, shipped
from firmus.rights.matching import Passage, shared
from firmus.score import Score

ORIGINAL, BORROWS, COPIES = "original", "borrows as people do", "copies"
VERDICTS = (ORIGINAL, BORROWS, COPIES)
TELLING = 10.0  # bits of a passage that counts: by chance one piece in a thousand has such
VERSION = 1 / 3  # share of a part in passages of one other piece that makes a version of it


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that also stands in another piece.

    Parameters
    ----------
    source : Source
    piece : int
        Number of the other piece in its collection.
    part : int
        Index in `Score.parts`.
    bars, other_bars : (int, int)
        Numbers of the first and the last bar, here and there.
    notes, run : int
        Notes of the passage, repeated ones counted once; and how many of them in a row are the same, rhythm and all.
    bits : float
        How much it tells beyond chance: a passage of common turns tells little.
    """

    source: Source
    piece: int
    part: int
    bars: tuple[int, int]
    other_bars: tuple[int, int]
    notes: int
    run: int
    bits: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values; parts are counted from 1."""
        return {**asdict(self), "source": self.source._asdict(), "part": self.part + 1, "bits": round(self.bits, 1)}


@dataclass(frozen=True, slots=True)
class Originality:
    """What a piece shares with a collection.

    Parameters
    ----------
    verdict : str
        One of `VERDICTS`.
    run : int
        Notes of the longest run that is the same in another piece, in any key and at any tempo.
    coverage : float
        Share of the notes of one part that lie in passages of one other piece, altered or not; of all parts the most.
    bits : float
        Of the passage that tells most, beyond chance.
    standings : dict
        Of each measure where the piece stands among pieces by people; empty against a folder.
    matches : tuple of Match
        Those first that tell most.
    collection : str
    pieces : int
        In the collection.
    """

    verdict: str
    run: int
    coverage: float
    bits: float
    standings: dict[str, Standing]
    matches: tuple[Match, ...]
    collection: str
    pieces: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "verdict": self.verdict,
            "longest_run": self.run,
            "coverage": round(self.coverage, 4),
            "bits": round(self.bits, 1),
            "people": {name: _rounded(each) for name, each in self.standings.items()},
            "matches": [match.as_dict() for match in self.matches],
            "collection": self.collection,
            "pieces": self.pieces,
        }

    def summary(self) -> dict[str, Any]:
        """In short, as the Origin of a Work holds it: verdict, longest run, and where that stands."""
        longest = max(self.matches, key=lambda match: (match.run, match.bits), default=None)
        return {
            "verdict": self.verdict,
            "longest_run": self.run,
            "coverage": round(self.coverage, 4),
            "source": longest.source._asdict() if longest else None,
            "pieces": self.pieces,
        }


def _rounded(found: Standing) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in found._asdict().items()}


def judge(score: Score, collection: Collection | None = None, style: str = "", *, altered: bool = True) -> Originality:
    """Compare a piece with a collection, the training music where none is given.

    Parameters
    ----------
    score : Score
    collection : Collection, optional
    style : str
        Among whose pieces it is judged; ``""`` for those of all styles.
    altered : bool
        Whether passages with wrong notes and ornaments are looked for as well.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> pitches = (60, 64, 62, 65, 69, 67, 60, 71, 72, 66, 62, 70, 61, 68, 64, 67)
    >>> tune = Score((Part("", tuple(Note(480 * i, 480, pitch) for i, pitch in enumerate(pitches))),))
    >>> folder = Collection.of(melodic_lines.of_score(tune), [Source("Tune", "", "tune.abc")], "folder")
    >>> found = judge(tune, folder)
    >>> found.verdict, found.run, found.coverage, found.matches[0].source.title
    ('copies', 16, 1.0, 'Tune')
    """
    own = melodic_lines.of_score(score)
    melodies = Melodies.of(own)
    against = collection or shipped()
    modulus = against.index.symbols.modulus
    passages = [
        each for each in shared(against.index, Symbols.of(melodies, modulus), altered=altered) if each.bits >= TELLING
    ]
    measures = measure(passages, melodies)
    parts = own.parts[melodies.lines].tolist() if len(melodies) else []
    matches = tuple(_match(each, against, melodies, parts[each.first]) for each in passages)
    standings: dict[str, Standing] = {}
    if collection is None:
        standings = {name: standing(name, value, modulus, style) for name, value in measures.items()}
    return Originality(
        verdict(measures, modulus),
        int(measures["run"]),
        measures["coverage"],
        measures["bits"],
        standings,
        matches,
        against.name,
        len(against.sources),
    )


def _match(passage: Passage, against: Collection, melodies: Melodies, part: int) -> Match:
    here, there = (
        bars[notes] for bars, notes in ((melodies.bars, passage.pairs[:, 0]), (against.bars, passage.pairs[:, 1]))
    )
    return Match(
        against.sources[passage.piece],
        passage.piece,
        part,
        (int(here.min()), int(here.max())),
        (int(there.min()), int(there.max())),
        len(passage.pairs),
        passage.run,
        passage.bits,
    )


def measure(passages: Sequence[Passage], melodies: Melodies) -> dict[str, float]:
    """`firmus.rights.baseline.MEASURES` of melodies, by the passages that they share."""
    sizes = np.bincount(melodies.lines[melodies.pitches != BORDER])
    covered: dict[tuple[int, int], set[int]] = {}
    for each in passages:
        covered.setdefault((each.piece, int(melodies.lines[each.first])), set()).update(each.pairs[:, 0].tolist())
    return {
        "run": max((each.run for each in passages), default=0),
        "bits": max((each.bits for each in passages), default=0.0),
        "coverage": max((len(notes) / float(sizes[line]) for (_, line), notes in covered.items()), default=0.0),
    }


def verdict(measures: Mapping[str, float], modulus: int) -> str:
    """What to call a piece of which these measures are known."""
    share = standing("bits", measures["bits"], modulus).share
    if share > MANY or measures["coverage"] >= VERSION:
        return COPIES
    return BORROWS if share > USUAL and measures["bits"] > 0 else ORIGINAL
