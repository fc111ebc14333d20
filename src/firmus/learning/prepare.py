"""From files to a corpus: read, deduplicate, split by piece, encode, cache.

Versions of a tune (transposed, in another collection, under another name) are in the same split, and copies are
dropped. Two pieces are versions of one when they share at least a third of the shorter one's melodic 8-note
interval patterns, copies when they share 95 % of both. Patterns that occur in more than fifty pieces are common
property and are not counted.
"""

from __future__ import annotations

import ast
import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import formats, plugins
from firmus.analysis import chords, form
from firmus.analysis.features import is_monophonic
from firmus.errors import FirmusError, FormatError, RecipeError
from firmus.learning.chorales import from_raster
from firmus.learning.corpus import Corpus, Piece, load, save
from firmus.learning.parallel import Spread, on_every_core
from firmus.learning.recipe import Recipe
from firmus.learning.sources import Document, Source, folder, source
from firmus.score import Score

VALIDATION = 0.05  # share of pieces in the validation split, where the publishers have not split
PATTERN = 8  # notes
COMMON = 50  # pieces; a pattern in more of them is not counted
LEAST_NOTES = 12
Fingerprint = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class ReadPiece:
    """A piece as read: its encoding and fingerprint, or the reason why it was left out."""

    name: str
    document: Document
    prepared: dict[str, NDArray[Any]] | None
    fingerprint: Fingerprint
    notes: int
    reason: str = ""


def prepare(
    recipe: Recipe,
    data: Path,
    cache: Path,
    *,
    user_folder: Path | None = None,
    report: Callable[[str], None] = print,
    spread: Spread = on_every_core,
) -> Corpus:
    """Corpus of a recipe's sets, from the cache where nothing has changed.

    Parameters
    ----------
    recipe : Recipe
    data : Path
        Folder that holds the sets; where it does not exist, the newest cached corpus of the recipe is taken.
    cache : Path
        Folder of cached corpora; may be deleted at any time.
    user_folder : Path, optional
        A folder of music files to learn from instead of the recipe's sets.
    report : callable
        Called with each line of progress.
    spread : callable
        A parallel `map` that reads and encodes the files: on every core, or on the machines of a cluster, with the
        same result.
    """
    sources = (
        [folder(user_folder, "".join(recipe.styles[:1]))]
        if user_folder
        else [source(name) for name in recipe.data.sets]
    )
    if not sources:
        raise RecipeError("the recipe names no sets: write sets = [...] in [data], or give a folder with --data")
    path = cache / f"{recipe.name}-{_digest(recipe, sources, data)}.npz"
    if not user_folder and not data.is_dir():  # prepared on another machine and copied here
        path = max(cache.glob(f"{recipe.name}-*.npz"), key=lambda each: each.stat().st_mtime, default=path)
    if path.exists():
        report(f"prepared music from {path.name}")
        return load(path, recipe.data.weights)
    began = time.monotonic()
    read: list[tuple[str, ReadPiece]] = []
    for each in sources:
        all_read = read_all(each, data, recipe, trusted=user_folder is None, report=report, spread=spread)
        encoded = [piece for piece in all_read if piece.prepared is not None]
        reasons = Counter(piece.reason for piece in all_read if piece.prepared is None)
        report(
            f"{each.name}: {len(encoded)} of {len(all_read)} pieces, {sum(piece.notes for piece in encoded):,} notes"
            + "".join(f"; {count} left out: {reason}" for reason, count in reasons.most_common(4))
        )
        read += [(each.name, piece) for piece in encoded]
    pieces = _split(read, report)
    notes = sum(piece.notes for _, piece in read)
    seconds = time.monotonic() - began
    report(f"{notes:,} notes in {seconds:.0f} s: {notes / max(seconds, 1e-9):,.0f} notes/s")
    if not any(piece.split == "train" for piece in pieces):
        raise RecipeError("no piece to train on is left: see above why each was left out")
    module = plugins.load("firmus.tokens", recipe.representation)
    train_pieces = [piece.prepared for piece in pieces if piece.split == "train"]
    scales = module.scales(train_pieces, recipe.training.length) if module.KIND == "sequence" else {}
    corpus = Corpus(recipe.representation, pieces, recipe.data.weights, scales)
    save(corpus, path)
    return corpus


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
    jobs = [(recipe.representation, document, trusted) for document in origin.read(data)]
    pieces: list[ReadPiece] = []
    reported = time.monotonic()
    for number, some in enumerate(spread(_read, jobs), 1):
        pieces += some
        if time.monotonic() - reported > 10:
            report(f"{origin.name}: {number} of {len(jobs)} files read")
            reported = time.monotonic()
    return pieces


def _read(job: tuple[str, Document, bool]) -> list[ReadPiece]:
    representation, document, trusted = job
    try:
        if document.name.endswith(".raster"):
            scores = [from_raster(document.data)]
        else:
            scores = formats.read_all(document.data, trusted=trusted)
    except FormatError as error:
        return [ReadPiece(document.name, document, None, np.empty(0, np.uint64), 0, f"unreadable ({error})"[:90])]
    module = plugins.load("firmus.tokens", representation)
    read = []
    for index, score in enumerate(scores):
        name = f"{document.name}#{index + 1}"
        derived = not score.chords
        if module.KIND != "sound":  # of notes alone
            score = annotate(score)
        read.append(_encode(module, score, document, name, derived))
        if document.style == "song" and module.KIND != "sound" and (sheet := lead_sheet(score)):
            melody = replace(document, style="lead-sheet")
            read.append(_encode(module, sheet, melody, f"{name} lead sheet", derived=False))
    return read


def annotate(score: Score) -> Score:
    """Add estimated chords and sections where the score has none."""
    return replace(
        score, chords=score.chords or chords.recognise(score), sections=score.sections or form.sections(score)
    )


def lead_sheet(score: Score) -> Score | None:
    """Melody of a song and its chords; None where its first part is not monophonic."""
    if not score.parts or not score.parts[0].notes or not is_monophonic(score.parts[0]):
        return None
    return replace(score, parts=score.parts[:1])


def _encode(module: Any, score: Score, document: Document, name: str, derived: bool) -> ReadPiece:
    bare = replace(document, data=b"")
    notes = sum(len(part.notes) for part in score.parts)
    no_patterns = np.empty(0, np.uint64)
    if notes < LEAST_NOTES:
        return ReadPiece(name, bare, None, no_patterns, notes, f"fewer than {LEAST_NOTES} notes")
    try:
        prepared = module.prepare(score, document.style, derived)
    except FirmusError as error:
        return ReadPiece(name, bare, None, no_patterns, notes, str(error)[:90])
    return ReadPiece(name, bare, prepared, fingerprint(score), notes)


def fingerprint(score: Score) -> Fingerprint:
    """Sorted hashes of the 8-note interval patterns of each part's upper line; transposition does not matter.

    The patterns of a drum part are of its drums and the times between them.
    """
    hashes: set[int] = set()
    for part in score.parts:
        line: dict[int, int] = {}
        for note in part.notes:
            line[note.start] = max(line.get(note.start, 0), note.pitch)
        starts, pitches = np.array(sorted(line)), np.array([line[start] for start in sorted(line)])
        steps = (np.diff(starts) // 30) * 128 + pitches[1:] if part.is_drums else np.diff(pitches)
        for first in range(len(steps) - PATTERN + 2):
            pattern = steps[first : first + PATTERN - 1].astype(np.int32).tobytes()
            hashes.add(int.from_bytes(hashlib.blake2b(pattern, digest_size=8).digest(), "little"))
    return np.array(sorted(hashes), np.uint64)


def families(fingerprints: list[Fingerprint], together: Iterable[tuple[int, int]] = ()) -> tuple[list[int], set[int]]:
    """Cluster pieces into families of versions (union-find): the head of each piece's family, and which are copies.

    Parameters
    ----------
    fingerprints : list of array
    together : pairs of int
        Pieces of one family whatever their patterns: files of one work.
    """
    family = list(range(len(fingerprints)))

    def head(index: int) -> int:
        while family[index] != index:
            family[index] = family[family[index]]
            index = family[index]
        return index

    copies = set()
    for one, other, shared in _related(fingerprints):
        sizes = len(fingerprints[one]), len(fingerprints[other])
        if shared >= 0.95 * max(sizes):
            copies.add(max(one, other))
        if shared >= max(sizes) / 3 or shared >= min(sizes) / 2:
            family[head(one)] = head(other)
    for one, other in together:
        family[head(one)] = head(other)
    return [head(index) for index in range(len(family))], copies


def _split(read: list[tuple[str, ReadPiece]], report: Callable[[str], None]) -> list[Piece]:
    """Split by families of versions, copies left out."""
    head, copies = families([each.fingerprint for _, each in read])
    published: dict[int, str] = {}
    for index, (_, each) in enumerate(read):
        if each.document.split:
            split = published.get(head[index], each.document.split)
            published[head[index]] = "train" if "train" in (split, each.document.split) else split
    splits = {number: published.get(number) or _split_by_hash(read[number][1].name) for number in set(head)}
    if "valid" not in splits.values() and len(splits) > 1:
        splits[min(splits, key=lambda number: hash_fraction(read[number][1].name))] = "valid"
    pieces = []
    for index, (set_name, each) in enumerate(read):
        if index in copies or each.prepared is None:
            continue
        split = splits[head[index]]
        if each.document.split and split != each.document.split:
            split = each.document.split
        tokens = sum(len(array) for name, array in each.prepared.items() if name in ("tokens", "raster"))
        pieces.append(Piece(each.name, set_name, each.document.licence, split, each.prepared, tokens))
    report(f"{len(pieces)} pieces in {len(splits)} families of versions; {len(copies)} copies left out")
    return pieces


def _related(fingerprints: list[Fingerprint]) -> Iterable[tuple[int, int, int]]:
    """Pairs of pieces that share at least four patterns that are not common, and how many they share."""
    holders: dict[int, list[int]] = defaultdict(list)
    for index, patterns in enumerate(fingerprints):
        for pattern in patterns.tolist():
            holders[pattern].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for members in holders.values():
        if 1 < len(members) <= COMMON:
            for place, one in enumerate(members):
                for other in members[place + 1 :]:
                    shared[one, other] += 1
    return ((one, other, count) for (one, other), count in shared.items() if count >= 4)


def _split_by_hash(name: str) -> str:
    """Split by a hash of the family's name: the same in every run."""
    return "valid" if hash_fraction(name) < VALIDATION else "train"


def hash_fraction(name: str) -> float:
    """Hash of a name as a number from 0 to 1."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little") / 2**32


READERS = ("formats", "tokens", "analysis", "notation")  # packages that read music, beside the top-level modules


def source_files(*modules: str) -> list[Path]:
    """Files of some modules of Firmus, of every format, and of all that these import from `READERS`."""
    files: set[Path] = set()
    waiting = [*modules, *(f"firmus.formats.{name}" for name in plugins.names("firmus.formats"))]
    while waiting:
        file = _source_file(waiting.pop())
        if file is None or file in files:
            continue
        files.add(file)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("firmus."):
                names = (str(node.module), *(f"{node.module}.{each.name}" for each in node.names))
                waiting += [name for name in names if name.count(".") == 1 or name.split(".")[1] in READERS]
    return sorted(files)


def _source_file(module: str) -> Path | None:
    """File of a module or a package; None where a name is neither."""
    path = Path(__file__).parent.parent.joinpath(*module.split(".")[1:])
    return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)


def _digest(recipe: Recipe, sources: list[Source], data: Path) -> str:
    """Digest of everything that the prepared music depends on: the sets' files and the code that reads them."""
    modules = [f"firmus.learning.{name}" for name in ("prepare", "sources", "chorales", "corpus")]
    digest = hashlib.blake2b(digest_size=8)
    for file in source_files(*modules, f"firmus.tokens.{recipe.representation}"):
        digest.update(file.read_bytes())
    origins = [(each.name, each.title) for each in sources]
    stamps = sorted((file.name, file.stat().st_size) for file in data.rglob("*.xz")) if data.is_dir() else []
    digest.update(json.dumps([origins, stamps, recipe.representation]).encode())
    return digest.hexdigest()
