"""The rights card of a piece: who made which notes, by parts and bars, and what the model learnt from.

Conventions: a note that Firmus composed is the model's; one that was given, or that came in after the piece was
written, is a person's. Notes are the same where part, onset and pitch are. The map of roles follows the disclosure of
AI that DDEX published for recordings (2025); its names of elements are not used, for their text was not at hand. A card
says what the files say; who holds which right, it cannot know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from firmus import formats, timing
from firmus.errors import FormatError
from firmus.rights.attribution import attribute
from firmus.rights.manifest import identifier, is_composed
from firmus.rights.manifest import of_work as record_of
from firmus.rights.verification import verify
from firmus.score import Score
from firmus.work import Work

MODEL, PERSON = "model", "person"
ROLES = ("composition", "lyrics", "vocals", "instrumentation", "post-production")

Key = tuple[int, int, int]  # part, onset, pitch


def card(path: Path, source: Score | None = None) -> dict[str, Any]:
    """The rights card of a work, or of a file of one that was edited.

    Parameters
    ----------
    path : Path
        A folder that Firmus wrote, or a file of notes in it.
    source : Score, optional
        What the person gave, of which the card then says how much is there.

    Raises
    ------
    FormatError
        Where no work of Firmus is there: a file alone does not say who made which note.
    """
    file = path / "piece.json" if path.is_dir() else path
    work = _work_of(file)
    score = work.score if file.name == "piece.json" else formats.read(file)
    found = attributed(of_work(work, score, source), score)
    return {**found, "title": found["title"] or path.stem, "verdict": verify(file, watermark=False).verdict}


def attributed(card: dict[str, Any], score: Score) -> dict[str, Any]:
    """A rights card with the training works that its score stands nearest to, and those that make it likelier."""
    return {**card, "attribution": attribute(score).as_dict()}


def of_work(work: Work, score: Score | None = None, source: Score | None = None) -> dict[str, Any]:
    """The rights card of a Work, or of what became of its score; without a verdict on files."""
    score = score or work.score
    authors = _authors(work, score)
    kinds = Counter(author for _, author in authors)
    gone = Counter(key for key, _ in _notes(work)) - Counter(key for key, _ in authors)
    record, total = record_of(work), max(len(authors), 1)
    return {
        "title": score.title,
        "work": identifier(record),
        "notes": {MODEL: kinds[MODEL], PERSON: kinds[PERSON]},
        "share": {who: round(kinds[who] / total, 4) for who in (MODEL, PERSON)},
        "removed": sum(gone.values()),
        "kept": None if source is None else round(kept(source, score), 4),
        "parts": [_part(score, place, authors) for place in range(len(score.parts))],
        "roles": roles(kinds, f"{work.origin.model} ({record['software']})"),
        "model": {"name": work.origin.model, "weights": work.origin.weights, "software": record["software"]},
        "training": record["training"],
        "watermark": work.origin.watermark,
        "licence": "",
    }


def roles(kinds: Counter[str], model: str) -> dict[str, Any]:
    """Which contributions are a machine's: ``"full"``, ``"partial"`` or ``"none"``, and whose.

    Examples
    --------
    >>> roles(Counter(model=3, person=1), "composer")["composition"]
    {'ai': 'partial', 'contributors': ['composer', 'person']}
    """
    extent = "none" if not kinds[MODEL] else "partial" if kinds[PERSON] else "full"
    names = [name for who, name in ((MODEL, model), (PERSON, PERSON)) if kinds[who]]
    others: dict[str, Any] = {role: {"ai": "none", "contributors": []} for role in ROLES[1:]}
    return {ROLES[0]: {"ai": extent, "contributors": names}, **others}


def kept(source: Score, score: Score) -> float:
    """Share of a source's notes that stand in a score, in whatever part.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> one, two = (Score((Part("", (Note(0, 480, 60), Note(480, 480, pitch))),)) for pitch in (62, 64))
    >>> kept(one, two)
    0.5
    """
    given, there = (
        Counter((note.start, note.pitch) for part in each.parts for note in part.notes) for each in (source, score)
    )
    return sum((given & there).values()) / max(given.total(), 1)


def _work_of(file: Path) -> Work:
    beside = file.with_name("piece.json")
    if not beside.is_file():
        raise FormatError(f"{file}: there is no piece.json beside it, which says who made which note")
    return Work.load(beside)


def _notes(work: Work) -> Iterable[tuple[Key, str]]:
    for place, part in enumerate(work.score.parts):
        for note in part.notes:
            yield (place, note.start, note.pitch), MODEL if is_composed(work, place, note) else PERSON


def _authors(work: Work, score: Score) -> list[tuple[Key, str]]:
    """Who made each note of a score."""
    known = dict(_notes(work))
    keys = [(place, note.start, note.pitch) for place, part in enumerate(score.parts) for note in part.notes]
    return [(key, known.get(key, PERSON)) for key in keys]


def _part(score: Score, place: int, authors: list[tuple[Key, str]]) -> dict[str, Any]:
    """Whose the bars of a part are; of a bar in which both have notes, both."""
    all_bars = timing.bars(score)
    found: dict[int, set[str]] = {}
    own = [(start, author) for (part, start, _), author in authors if part == place]
    for start, author in own:
        found.setdefault(all_bars[timing.bar_at(all_bars, start)].number, set()).add(author)
    named = [(number, " and ".join(sorted(found[number]))) for number in sorted(found)]
    spans = []
    for by, group in groupby(named, key=lambda each: each[1]):
        numbers = [number for number, _ in group]
        spans.append({"bars": f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}", "by": by})
    counts = Counter(author for _, author in own)
    name = score.parts[place].name or f"{place + 1}"
    return {"name": name, "notes": {MODEL: counts[MODEL], PERSON: counts[PERSON]}, "bars": spans}
