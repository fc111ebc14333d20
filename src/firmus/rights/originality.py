"""What a piece shares with other music, and what to call it: original, borrows as people do, copies.

Against the training music a piece is judged by how much people borrow (`firmus.rights.baseline`): it copies where it
shares a longer run, a more telling passage, or more with one other piece, than 997 of 1,000 held-out pieces by people.
Against a folder no such baseline is known: a run of 20 notes, or 40 % of the notes, is called a copy; 12 notes, or
20 %, borrowing. No law names such limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from firmus.analysis import lines as melodic_lines
from firmus.analysis.fingerprints import Melodies
from firmus.rights.baseline import MANY, USUAL, Standing, standing
from firmus.rights.collection import Collection, Source, shipped
from firmus.rights.matching import Passage, shared
from firmus.score import Score

ORIGINAL, BORROWS, COPIES = "original", "borrows as people do", "copies"
VERDICTS = (ORIGINAL, BORROWS, COPIES)
WARNED, COPIED = (12, 0.2), (20, 0.4)  # run of notes, share of all, against a folder
TELLING, TELLING_IN_FOLDER = 40.0, 20.0  # bits of a passage that counts: what tells less occurs by chance


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
        How much it tells; a passage of common turns tells little.
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
        Share of the notes that lie in passages of the one other piece that has most of them, altered or not.
    bits : float
        Of the passage that tells most.
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
    found = shared(against.index, melodies, altered=altered)
    measures = measure(found, melodies)
    least = TELLING if collection is None else TELLING_IN_FOLDER
    passages = [each for each in found if each.bits >= least or each.run >= WARNED[0]]
    parts = own.parts[melodies.lines].tolist() if len(melodies) else []
    matches = tuple(
        Match(
            against.sources[each.piece],
            each.piece,
            parts[each.first],
            (int(melodies.bars[each.first]), int(melodies.bars[each.last])),
            (each.begin, each.end),
            each.notes,
            each.run,
            each.bits,
        )
        for each in passages
    )
    standings: dict[str, Standing] = {}
    if collection is None:
        standings = {name: standing(name, value, style) for name, value in measures.items()}
        verdict = _verdict([standing(name, value).share for name, value in measures.items()])
    else:
        verdict = _verdict_of_folder(measures["run"], measures["coverage"])
    return Originality(
        verdict,
        int(measures["run"]),
        measures["coverage"],
        measures["bits"],
        standings,
        matches,
        against.name,
        len(against.sources),
    )


def measure(passages: Sequence[Passage], melodies: Melodies) -> dict[str, float]:
    """`firmus.rights.baseline.MEASURES` of melodies, by the passages that they share."""
    notes = int((melodies.pitches != melodic_lines.BORDER).sum())
    covered: dict[int, set[int]] = {}
    for each in passages:
        if each.bits >= TELLING_IN_FOLDER:
            covered.setdefault(each.piece, set()).update(range(each.first, each.last + 1))
    return {
        "run": max((each.run for each in passages), default=0),
        "bits": max((each.bits for each in passages), default=0.0),
        "coverage": max(map(len, covered.values()), default=0) / max(notes, 1),
    }


def _verdict(shares: Sequence[float]) -> str:
    if max(shares) > MANY:
        return COPIES
    return BORROWS if max(shares) > USUAL else ORIGINAL


def _verdict_of_folder(run: float, coverage: float) -> str:
    for (notes, share), verdict in ((COPIED, COPIES), (WARNED, BORROWS)):
        if run >= notes or coverage >= share:
            return verdict
    return ORIGINAL
