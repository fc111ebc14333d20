"""Reading the files of a set: each piece labelled, written as people would, annotated and encoded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import formats, plugins
from firmus.analysis import chords, form, keys
from firmus.errors import FirmusError, FormatError
from firmus.learning import billboard
from firmus.learning.chorales import from_raster
from firmus.learning.ensembles import style_of
from firmus.learning.genres import TUNE_BOOKS, genre_of, genres_of_tunes
from firmus.learning.labels import Labels, labeller
from firmus.learning.notated import as_written
from firmus.learning.parallel import Spread, on_every_core
from firmus.learning.recipe import Recipe
from firmus.learning.sources import Document, Source
from firmus.learning.versions import Fingerprint, fingerprint
from firmus.score import Key, Score

LEAST_NOTES, LEAST_CHORDS = 12, 8
CERTAIN = 0.5  # confidence of an estimated key that is taken
NO_PATTERNS: Fingerprint = np.empty(0, np.uint64)


@dataclass(frozen=True, slots=True)
class ReadPiece:
    """A piece as read: its encoding and what it is compared by, or the reason why it was left out.

    Parameters
    ----------
    name : str
    document : Document
        Without its bytes.
    prepared : dict of arrays, optional
    fingerprint : array of uint64
    notes : int
    style : str
    work : str
        Pieces of one work are in one split.
    harmony : str
        Its chord symbols, where the file has them: harmonisations of one tune are no copies.
    reason : str
    """

    name: str
    document: Document
    prepared: dict[str, NDArray[Any]] | None
    fingerprint: Fingerprint
    notes: int
    style: str = ""
    work: str = ""
    harmony: str = ""
    reason: str = ""


def read_all(
    origin: Source,
    data: Path,
    recipe: Recipe,
    *,
    trusted: bool,
    report: Callable[[str], None] = lambda line: None,
    spread: Spread = on_every_core,
) -> list[ReadPiece]:
    """Read and encode every piece of a set; reports progress every ten seconds."""
    label = labeller(origin.name, data)
    jobs = [
        _Job(recipe.representation, document, origin.name, label(document), trusted) for document in origin.read(data)
    ]
    pieces: list[ReadPiece] = []
    reported = time.monotonic()
    for number, some in enumerate(spread(_read, jobs), 1):
        pieces += some
        if time.monotonic() - reported > 10:
            report(f"{origin.name}: {number} of {len(jobs)} files read")
            reported = time.monotonic()
    return pieces


@dataclass(frozen=True, slots=True)
class _Job:
    """One file to read, and how."""

    representation: str
    document: Document
    set_name: str
    labels: Labels
    trusted: bool


def _read(job: _Job) -> list[ReadPiece]:
    document, labels = job.document, job.labels
    try:
        scores = _scores(document, job.trusted)
    except FormatError as error:
        return [ReadPiece(document.name, document, None, NO_PATTERNS, 0, reason=f"unreadable ({error})"[:90])]
    module = plugins.load("firmus.tokens", job.representation)
    genres = genres_of_tunes(document) if job.set_name in TUNE_BOOKS else []
    genre = genre_of(job.set_name, labels)
    read = []
    for index, score in enumerate(scores):
        style = labels.style or (style_of(score) if job.trusted else "")
        own = replace(
            labels,
            style=style,
            genre=genres[index] if len(genres) == len(scores) else genre,
            work=f"{labels.work}#{index + 1}" if len(scores) > 1 else labels.work,
        )
        read.append(_encode(module, score, replace(job, labels=own), f"{document.name}#{index + 1}"))
    return read


def _scores(document: Document, trusted: bool) -> list[Score]:
    """Scores of a file, of whichever kind."""
    if document.name.endswith(".raster"):
        return [from_raster(document.data)]
    if document.name.endswith("salami_chords.txt"):
        return [billboard.read(document.data)]
    return formats.read_all(document.data, trusted=trusted)


def annotate(score: Score) -> Score:
    """Add an estimated key, chords and sections where the score has none."""
    if not any(part.notes for part in score.parts):
        return score
    score = replace(score, keys=heard_keys(score))
    return replace(
        score, chords=score.chords or chords.recognise(score), sections=score.sections or form.sections(score)
    )


def heard_keys(score: Score) -> tuple[Key, ...]:
    """Keys of a score; where it has none, or has the major key of a signature and is in minor, the key that is heard.

    MIDI files and hymnals often write a signature without its mode, which is major by default.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> notes = (Note(480 * place, 480, pitch) for place, pitch in enumerate([57, 60, 64, 68, 69, 64, 57]))
    >>> [key.text for key in heard_keys(Score((Part("", tuple(notes)),), keys=(Key(0, "C"),)))]
    ['A minor']
    """
    found = keys.estimate(score)
    if found is None or found.confidence < CERTAIN or len(score.keys) > 1:
        return score.keys
    if not score.keys:
        return (found.key,)
    own = score.keys[0]
    relative = Key.from_signature(own.signature, "minor", own.start)
    is_heard = (found.key.pitch_class, found.key.mode) == (relative.pitch_class, "minor")
    return (relative,) if is_heard else score.keys


def _encode(module: Any, score: Score, job: _Job, name: str) -> ReadPiece:
    """A piece as its representation prepares it; composers learn from music as people would write it."""
    bare, labels = replace(job.document, data=b""), job.labels
    notes = sum(len(part.notes) for part in score.parts)
    if notes < LEAST_NOTES and (notes or len(score.chords) < LEAST_CHORDS):
        return ReadPiece(name, bare, None, NO_PATTERNS, notes, reason=f"fewer than {LEAST_NOTES} notes")
    if job.trusted and not labels.style:
        return ReadPiece(name, bare, None, NO_PATTERNS, notes, reason="a single part of a piece for more")
    patterns, harmony = fingerprint(score), "".join(f"{chord.start} {chord.text} " for chord in score.chords)
    derived = not score.chords
    try:
        if job.representation == "events":
            score = as_written(score, job.set_name, labels.style)
        if module.KIND != "sound":  # of notes alone
            score = annotate(score)
        prepared = module.prepare(score, labels.style, derived, labels.genre)
    except FirmusError as error:
        return ReadPiece(name, bare, None, NO_PATTERNS, notes, reason=str(error)[:90])
    return ReadPiece(name, bare, prepared, patterns, notes, labels.style, labels.work, harmony)
