"""Traits and labels of every piece of some sets: what a classifier learns from, and is measured on.

A piece stands there whole (its first 64 bars), as eight bars of it, with its parts merged into one, and in random
excerpts of 8 to 32 bars, some with parts merged, repeated notes held or held notes struck again. Files of one work and
versions of one tune stand on one side of the split, copies are left out (`firmus.learning.prepare`); where a set's
publishers split it, their validation pieces are tested on. Beside the music stands noise, which has no style; one kind
of it is met in the test alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmus import formats
from firmus.analysis.excerpt import beginning
from firmus.analysis.traits import names, traits
from firmus.errors import FormatError, RecipeError
from firmus.learning import excerpts
from firmus.learning.chorales import from_raster
from firmus.learning.labels import Labels, labeller
from firmus.learning.parallel import Spread, on_every_core
from firmus.learning.prepare import LEAST_NOTES, Fingerprint, families, fingerprint, share, source_files
from firmus.learning.sources import Document, Source
from firmus.score import Score

NOISE = "noise"
KEPT_NOISE = "walk"  # the kind that is met in the test alone
NOISES = 150  # of each kind
SIDES = (("test", 0.15), ("valid", 0.10), ("train", 0.75))
EXCERPTS, EXCERPTS_OF_TUNES = 2, 1
SHAPES = {"plain": 0.4, "merged": 0.25, "struck": 0.2, "tied": 0.15}  # of a random excerpt, and their chances


@dataclass(frozen=True, slots=True)
class Portraits:
    """Rows of traits, and the pieces that they are of.

    Parameters
    ----------
    values : array (N, F)
    piece : array (N,)
        Which piece a row is of.
    shape : array (N,) of str
        ``"whole"``, ``"eight"``, ``"merged"`` or ``"excerpt"``.
    sets, names, licences, splits : tuple of str
        Of each piece.
    labels : tuple of Labels
        Of each piece.
    """

    values: NDArray[np.float32]
    piece: NDArray[np.int64]
    shape: NDArray[np.str_]
    sets: tuple[str, ...]
    names: tuple[str, ...]
    licences: tuple[str, ...]
    splits: tuple[str, ...]
    labels: tuple[Labels, ...]

    def rows(self, split: str, *shapes: str) -> NDArray[np.int64]:
        """Rows of one side, in some shapes or all."""
        of_side = np.array([each == split for each in self.splits])[self.piece]
        return np.flatnonzero(of_side & (np.isin(self.shape, shapes) if shapes else True))


Row = tuple[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class _Read:
    """One piece as read: its rows and fingerprint."""

    name: str
    document: Document
    labels: Labels
    rows: list[Row]
    fingerprint: Fingerprint


def gather(
    sources: list[Source], data: Path, cache: Path, report: Callable[[str], None] = print,
    spread: Spread = on_every_core,
) -> Portraits:  # fmt: skip
    """Portraits of every piece of some sets, out of the cache where nothing has changed.

    Parameters
    ----------
    sources : list of Source
    data : Path
        Folder that holds the sets.
    cache : Path
        Folder for what was gathered; may be deleted at any time.
    report : callable
        Takes one line of progress.
    spread : callable
        Has files read: on every core, or on the machines of a cluster.
    """
    path = cache / f"portraits-{_digest(sources, data)}.npz"
    if path.exists():
        report(f"portraits from {path.name}")
        return load(path)
    read: list[tuple[str, _Read]] = []
    for each in sources:
        found = list(_read_all(each, data, report, spread))
        report(f"{each.name}: {len(found)} pieces")
        read += [(each.name, one) for one in found]
    if not read:
        raise RecipeError(f"no piece of {', '.join(each.name for each in sources)} could be read")
    made = _assemble(read, report)
    save(made, path)
    return made


def _read_all(origin: Source, data: Path, report: Callable[[str], None], spread: Spread) -> Iterator[_Read]:
    """Read every piece of a set; says every ten seconds how far it is."""
    told, label = time.monotonic(), labeller(origin.name, data)
    jobs = [(document, label(document), origin.name) for document in origin.read(data)]
    for number, some in enumerate(spread(_read, jobs), 1):
        yield from some
        if time.monotonic() - told > 10:
            report(f"{origin.name}: {number} of {len(jobs)} files read")
            told = time.monotonic()


def _read(job: tuple[Document, Labels, str]) -> list[_Read]:
    document, labels, set_name = job
    try:
        raster = document.name.endswith(".raster")
        scores = [from_raster(document.data)] if raster else formats.read_all(document.data, trusted=True)
    except FormatError:
        return []
    found = []
    bare = Document(document.name, b"", document.style, document.licence, document.split)
    for index, score in enumerate(scores):
        name = f"{document.name}#{index + 1}"
        if sum(len(part.notes) for part in score.parts) < LEAST_NOTES:
            continue
        work = f"{labels.work}#{index + 1}" if len(scores) > 1 else labels.work
        told = Labels(labels.style, labels.genre, labels.composer, work)
        count = EXCERPTS_OF_TUNES if document.style == "folk" else EXCERPTS
        generator = np.random.default_rng(int(2**32 * share(f"{set_name}/{name}")))
        found.append(_Read(name, bare, told, list(shapes(score, generator, count)), fingerprint(score)))
    return found


def shapes(score: Score, generator: np.random.Generator, count: int) -> Iterator[Row]:
    """Traits of a piece in every shape, and of `count` random excerpts; shuffled now and then, as noise."""
    piece = beginning(score)
    yield "whole", traits(piece)
    if (eight := excerpts.drawn(piece, generator, 8)) is not None:
        yield "eight", traits(eight)
    if (merged := excerpts.merged(piece)) is not piece:
        yield "merged", traits(merged)
    kinds, chances = list(SHAPES), list(SHAPES.values())
    for _ in range(count):
        cut = excerpts.drawn(score, generator) or piece
        kind = str(generator.choice(kinds, p=chances))
        yield "excerpt", traits(cut if kind == "plain" else getattr(excerpts, kind)(cut))
    if generator.random() < 0.04:
        yield NOISE, traits(excerpts.noise("shuffled", generator, excerpts.drawn(score, generator) or piece))


def _assemble(read: list[tuple[str, _Read]], report: Callable[[str], None]) -> Portraits:
    """Sides of all pieces, copies left out, noise put beside them."""
    works: dict[str, list[int]] = {}
    for index, (_, one) in enumerate(read):
        works.setdefault(one.labels.work, []).append(index)
    together = [pair for some in works.values() for pair in pairwise(some)]
    head, copies = families([one.fingerprint for _, one in read], together)
    learnt = {head[index] for index, (_, one) in enumerate(read) if one.document.split == "train"}
    rows: list[tuple[int, str, NDArray[np.float32]]] = []
    facts: list[tuple[str, str, str, str, Labels]] = []
    for index, (set_name, one) in enumerate(read):
        if index in copies:
            continue
        family = head[index]
        split = "test" if one.document.split == "valid" else side(read[family][1].labels.work, family in learnt)
        rows += [(len(facts), shape, values) for shape, values in one.rows if shape != NOISE]
        facts.append((set_name, one.name, one.document.licence, split, one.labels))
        for values in (values for shape, values in one.rows if shape == NOISE):
            rows.append((len(facts), "whole", values))
            facts.append((NOISE, f"shuffled {one.name}", "", split, Labels(NOISE, work=one.name)))
    nothing = Score()
    for kind in excerpts.NOISES:
        for number in range(NOISES if kind != "shuffled" else 0):
            generator = np.random.default_rng([number, *kind.encode()])
            split = "test" if kind == KEPT_NOISE else side(f"{kind} {number}")
            rows.append((len(facts), "whole", traits(excerpts.noise(kind, generator, nothing))))
            facts.append((NOISE, f"{kind} {number}", "", split, Labels(NOISE, work=f"{kind} {number}")))
    report(f"{len(facts)} pieces in {len(set(head))} families of works and versions; {len(copies)} copies left out")
    piece, shape, measured = zip(*rows, strict=True)
    sets, named, licences, splits, labels = zip(*facts, strict=True)
    return Portraits(np.stack(measured), np.array(piece), np.array(shape), sets, named, licences, splits, labels)


def side(name: str, learnt: bool = False) -> str:
    """Side of the split by a hash of a work's name; where its publishers learn from a part of it, never the test."""
    place = share(name)
    for split, width in SIDES:
        if place < width:
            return "train" if learnt and split == "test" else split
        place -= width
    return "train"


def save(made: Portraits, path: Path) -> None:
    """Write portraits as one NumPy archive."""
    facts = [made.sets, made.names, made.licences, made.splits]
    told = [[each.style, each.genre, each.composer, each.work] for each in made.labels]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = np.frombuffer(json.dumps([facts, told, names()]).encode(), np.uint8)
    temporary = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez_compressed(temporary, values=made.values, piece=made.piece, shape=made.shape, facts=text)
    temporary.replace(path)


def load(path: Path) -> Portraits:
    """Read portraits; the inverse of `save`."""
    with np.load(path, allow_pickle=False) as archive:
        facts, told, _ = json.loads(archive["facts"].tobytes())
        sets, named, licences, splits = (tuple(each) for each in facts)
        labels = tuple(Labels(*each) for each in told)
        arrays = archive["values"], archive["piece"], archive["shape"]
        return Portraits(*arrays, sets, named, licences, splits, labels)


def _digest(sources: list[Source], data: Path) -> str:
    """Digest of the sets' files and of the code that reads, labels and measures them."""
    modules = [f"firmus.learning.{name}" for name in ("portraits", "excerpts", "labels", "sources", "chorales")]
    made_by = hashlib.blake2b(digest_size=8)
    for file in source_files(*modules, "firmus.analysis.traits"):
        made_by.update(file.read_bytes())
    stamps = sorted((file.name, file.stat().st_size) for file in data.rglob("*.xz")) if data.is_dir() else []
    made_by.update(json.dumps([[each.name for each in sources], stamps]).encode())
    return made_by.hexdigest()
