"""Dataset of traits and labels of every piece of some sets, on which a classifier is trained and evaluated.

Variants of a piece, as data augmentation: whole (its first 64 bars), eight bars of it, with its parts merged into one,
and random excerpts of 8 to 32 bars, some with parts merged, repeated notes tied or long notes struck again. Files of
one work and versions of one tune are in one split, copies are left out (`firmus.learning.prepare`); where a set's
publishers split it, their validation pieces are in the test split. Negative examples are noise, which has no style; one
kind of it is in the test split alone.
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
from firmus.learning.prepare import source_files
from firmus.learning.reading import LEAST_NOTES
from firmus.learning.sources import Document, Source
from firmus.learning.versions import Fingerprint, families, fingerprint, hash_fraction
from firmus.score import Score

NOISE = "noise"
HELD_OUT_NOISE = "walk"  # a kind that is in the test split alone
NOISES_PER_KIND = 150
SPLITS = (("test", 0.15), ("valid", 0.10), ("train", 0.75))
EXCERPTS, EXCERPTS_OF_TUNES = 2, 1
EXCERPT_VARIANTS = {"plain": 0.4, "merged": 0.25, "restruck": 0.2, "tied": 0.15}  # and their probabilities


@dataclass(frozen=True, slots=True)
class FeatureDataset:
    """Feature vectors (traits), one a row, with the metadata of their pieces.

    Parameters
    ----------
    values : array (N, F)
    piece_index : array (N,)
        Piece of each row.
    variant : array (N,) of str
        ``"whole"``, ``"eight"``, ``"merged"`` or ``"excerpt"``.
    sets, names, licences, splits : tuple of str
        Of each piece.
    labels : tuple of Labels
        Of each piece.
    """

    values: NDArray[np.float32]
    piece_index: NDArray[np.int64]
    variant: NDArray[np.str_]
    sets: tuple[str, ...]
    names: tuple[str, ...]
    licences: tuple[str, ...]
    splits: tuple[str, ...]
    labels: tuple[Labels, ...]

    def rows(self, split: str, *variants: str) -> NDArray[np.int64]:
        """Indices of the rows of a split, of some variants or of all."""
        in_split = np.array([each == split for each in self.splits])[self.piece_index]
        return np.flatnonzero(in_split & (np.isin(self.variant, variants) if variants else True))


Row = tuple[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class _ReadPiece:
    """A piece as read: its rows and fingerprint."""

    name: str
    document: Document
    labels: Labels
    rows: list[Row]
    fingerprint: Fingerprint


def gather(
    sources: list[Source],
    data: Path,
    cache: Path,
    report: Callable[[str], None] = print,
    spread: Spread = on_every_core,
) -> FeatureDataset:
    """Feature dataset of some sets of music, from the cache where nothing has changed.

    Parameters
    ----------
    sources : list of Source
    data : Path
        Folder that holds the sets.
    cache : Path
        Folder of cached datasets; may be deleted at any time.
    report : callable
        Called with each line of progress.
    spread : callable
        A parallel `map` that reads the files: on every core, or on the machines of a cluster.
    """
    path = cache / f"features-{_digest(sources, data)}.npz"
    if path.exists():
        report(f"features from {path.name}")
        return load(path)
    read: list[tuple[str, _ReadPiece]] = []
    for each in sources:
        pieces = list(_read_all(each, data, report, spread))
        report(f"{each.name}: {len(pieces)} pieces")
        read += [(each.name, piece) for piece in pieces]
    if not read:
        raise RecipeError(f"no piece of {', '.join(each.name for each in sources)} could be read")
    dataset = _assemble(read, report)
    save(dataset, path)
    return dataset


def _read_all(origin: Source, data: Path, report: Callable[[str], None], spread: Spread) -> Iterator[_ReadPiece]:
    """Read every piece of a set; reports progress every ten seconds."""
    reported, label = time.monotonic(), labeller(origin.name, data)
    jobs = [(document, label(document), origin.name) for document in origin.read(data)]
    for number, some in enumerate(spread(_read, jobs), 1):
        yield from some
        if time.monotonic() - reported > 10:
            report(f"{origin.name}: {number} of {len(jobs)} files read")
            reported = time.monotonic()


def _read(job: tuple[Document, Labels, str]) -> list[_ReadPiece]:
    document, labels, set_name = job
    try:
        raster = document.name.endswith(".raster")
        scores = [from_raster(document.data)] if raster else formats.read_all(document.data, trusted=True)
    except FormatError:
        return []
    pieces = []
    bare = Document(document.name, b"", document.style, document.licence, document.split)
    for index, score in enumerate(scores):
        name = f"{document.name}#{index + 1}"
        if sum(len(part.notes) for part in score.parts) < LEAST_NOTES:
            continue
        work = f"{labels.work}#{index + 1}" if len(scores) > 1 else labels.work
        of_score = Labels(labels.style, labels.genre, labels.composer, work)
        count = EXCERPTS_OF_TUNES if document.style == "folk" else EXCERPTS
        generator = np.random.default_rng(int(2**32 * hash_fraction(f"{set_name}/{name}")))
        pieces.append(_ReadPiece(name, bare, of_score, list(variants(score, generator, count)), fingerprint(score)))
    return pieces


def variants(score: Score, generator: np.random.Generator, count: int) -> Iterator[Row]:
    """Traits of a piece's variants, `count` random excerpts among them; now and then shuffled, as noise."""
    piece = beginning(score)
    yield "whole", traits(piece)
    if (eight := excerpts.random_excerpt(piece, generator, 8)) is not None:
        yield "eight", traits(eight)
    if (merged := excerpts.merged(piece)) is not piece:
        yield "merged", traits(merged)
    kinds, probabilities = list(EXCERPT_VARIANTS), list(EXCERPT_VARIANTS.values())
    for _ in range(count):
        cut = excerpts.random_excerpt(score, generator) or piece
        kind = str(generator.choice(kinds, p=probabilities))
        yield "excerpt", traits(cut if kind == "plain" else getattr(excerpts, kind)(cut))
    if generator.random() < 0.04:
        yield NOISE, traits(excerpts.noise("shuffled", generator, excerpts.random_excerpt(score, generator) or piece))


def _assemble(read: list[tuple[str, _ReadPiece]], report: Callable[[str], None]) -> FeatureDataset:
    """Split all pieces, leave copies out, add noise."""
    works: dict[str, list[int]] = {}
    for index, (_, piece) in enumerate(read):
        works.setdefault(piece.labels.work, []).append(index)
    together = [pair for some in works.values() for pair in pairwise(some)]
    head, copies = families([piece.fingerprint for _, piece in read], together)
    never_test = {head[index] for index, (_, piece) in enumerate(read) if piece.document.split == "train"}
    rows: list[tuple[int, str, NDArray[np.float32]]] = []
    facts: list[tuple[str, str, str, str, Labels]] = []
    for index, (set_name, piece) in enumerate(read):
        if index in copies:
            continue
        family = head[index]
        by_hash = split_by_hash(read[family][1].labels.work, family in never_test)
        split = "test" if piece.document.split == "valid" else by_hash
        rows += [(len(facts), variant, values) for variant, values in piece.rows if variant != NOISE]
        facts.append((set_name, piece.name, piece.document.licence, split, piece.labels))
        for values in (values for variant, values in piece.rows if variant == NOISE):
            rows.append((len(facts), "whole", values))
            facts.append((NOISE, f"shuffled {piece.name}", "", split, Labels(NOISE, work=piece.name)))
    unused = Score()
    for kind in excerpts.NOISE_KINDS:
        for number in range(NOISES_PER_KIND if kind != "shuffled" else 0):
            generator = np.random.default_rng([number, *kind.encode()])
            split = "test" if kind == HELD_OUT_NOISE else split_by_hash(f"{kind} {number}")
            rows.append((len(facts), "whole", traits(excerpts.noise(kind, generator, unused))))
            facts.append((NOISE, f"{kind} {number}", "", split, Labels(NOISE, work=f"{kind} {number}")))
    report(f"{len(facts)} pieces in {len(set(head))} families of works and versions; {len(copies)} copies left out")
    piece_index, variant, vectors = zip(*rows, strict=True)
    arrays = np.stack(vectors), np.array(piece_index), np.array(variant)
    return FeatureDataset(*arrays, *zip(*facts, strict=True))


def split_by_hash(name: str, never_test: bool = False) -> str:
    """Split of a work by a hash of its name; never the test split where its publishers train on a part of it."""
    fraction = hash_fraction(name)
    for split, width in SPLITS:
        if fraction < width:
            return "train" if never_test and split == "test" else split
        fraction -= width
    return "train"


def save(dataset: FeatureDataset, path: Path) -> None:
    """Write a dataset as one NumPy archive."""
    facts = [dataset.sets, dataset.names, dataset.licences, dataset.splits]
    labels = [[each.style, each.genre, each.composer, each.work] for each in dataset.labels]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = np.frombuffer(json.dumps([facts, labels, names()]).encode(), np.uint8)
    temporary = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez_compressed(temporary, values=dataset.values, piece=dataset.piece_index, shape=dataset.variant, facts=text)
    temporary.replace(path)


def load(path: Path) -> FeatureDataset:
    """Read a dataset; the inverse of `save`."""
    with np.load(path, allow_pickle=False) as archive:
        facts, rows, _ = json.loads(archive["facts"].tobytes())
        sets, named, licences, splits = (tuple(each) for each in facts)
        labels = tuple(Labels(*each) for each in rows)
        arrays = archive["values"], archive["piece"], archive["shape"]
        return FeatureDataset(*arrays, sets, named, licences, splits, labels)


def _digest(sources: list[Source], data: Path) -> str:
    """Digest of the sets' files and of the code that reads, labels and measures them."""
    modules = [f"firmus.learning.{name}" for name in ("feature_dataset", "excerpts", "labels", "sources", "chorales")]
    digest = hashlib.blake2b(digest_size=8)
    for file in source_files(*modules, "firmus.analysis.traits"):
        digest.update(file.read_bytes())
    stamps = sorted((file.name, file.stat().st_size) for file in data.rglob("*.xz")) if data.is_dir() else []
    digest.update(json.dumps([[each.name for each in sources], stamps]).encode())
    return digest.hexdigest()
