"""From files to a corpus: read, leave duplicates out, split by piece, encode, cache.

A piece is what a listener would call one: versions of a tune (transposed, in another collection, under another
name) stand on the same side of the split, and copies are dropped. Two pieces are versions of one when they
share at least a third of the shorter one's melodic 8-note interval patterns, copies when they share 95 % of
both. Patterns that stand in more than fifty pieces are common property and prove nothing.
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
PATTERN = 8
COMMON = 50
LEAST_NOTES = 12
Fingerprint = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Read:
    """One piece as read: its encoding and fingerprint, or why it was refused."""

    name: str
    document: Document
    prepared: dict[str, NDArray[Any]] | None
    fingerprint: Fingerprint
    notes: int
    reason: str = ""


def prepare(
    recipe: Recipe, data: Path, cache: Path, *, user_folder: Path | None = None,
    report: Callable[[str], None] = print, spread: Spread = on_every_core,
) -> Corpus:  # fmt: skip
    """Corpus of a recipe's sets, out of the cache where nothing has changed.

    Parameters
    ----------
    recipe : Recipe
    data : Path
        Folder that holds the sets; where there is none, the newest prepared music of the recipe is taken.
    cache : Path
        Folder for prepared sets; may be deleted at any time.
    user_folder : Path, optional
        A folder of music files to learn from instead of the recipe's sets.
    report : callable
        Takes one line of progress.
    spread : callable
        Has files read and encoded: on every core, or on the machines of a cluster, which makes the same.
    """
    sources = (
        [folder(user_folder, "".join(recipe.styles[:1]))]
        if user_folder
        else [source(name) for name in recipe.data.sets]
    )
    if not sources:
        raise RecipeError("the recipe names no sets: write sets = [...] in [data], or give a folder with --data")
    path = cache / f"{recipe.name}-{_digest(recipe, sources, data)}.npz"
    if not user_folder and not data.is_dir():  # prepared elsewhere, and carried here
        path = max(cache.glob(f"{recipe.name}-*.npz"), key=lambda each: each.stat().st_mtime, default=path)
    if path.exists():
        report(f"prepared music from {path.name}")
        return load(path, recipe.data.weights)
    began = time.monotonic()
    read: list[tuple[str, Read]] = []
    for each in sources:
        found = read_all(each, data, recipe, trusted=user_folder is None, report=report, spread=spread)
        good = [one for one in found if one.prepared is not None]
        reasons = Counter(one.reason for one in found if one.prepared is None)
        report(
            f"{each.name}: {len(good)} of {len(found)} pieces, {sum(one.notes for one in good):,} notes"
            + "".join(f"; {count} left out: {reason}" for reason, count in reasons.most_common(4))
        )
        read += [(each.name, one) for one in good]
    pieces = _split(read, report)
    notes = sum(one.notes for _, one in read)
    seconds = time.monotonic() - began
    report(f"{notes:,} notes in {seconds:.0f} s: {notes / max(seconds, 1e-9):,.0f} notes/s")
    if not any(piece.split == "train" for piece in pieces):
        raise RecipeError("no piece to train on is left: see above why each was left out")
    module = plugins.load("firmus.tokens", recipe.representation)
    learnt = [piece.prepared for piece in pieces if piece.split == "train"]
    scales = module.scales(learnt, recipe.training.length) if module.KIND == "sequence" else {}
    corpus = Corpus(recipe.representation, pieces, recipe.data.weights, scales)
    save(corpus, path)
    return corpus


def read_all(
    origin: Source, data: Path, recipe: Recipe, *, trusted: bool, report: Callable[[str], None] = lambda line: None,
    spread: Spread = on_every_core,
) -> list[Read]:  # fmt: skip
    """Read and encode every piece of a set; says every ten seconds how far it is."""
    jobs = [(recipe.representation, document, trusted) for document in origin.read(data)]
    found: list[Read] = []
    told = time.monotonic()
    for number, some in enumerate(spread(_read, jobs), 1):
        found += some
        if time.monotonic() - told > 10:
            report(f"{origin.name}: {number} of {len(jobs)} files read")
            told = time.monotonic()
    return found


def _read(job: tuple[str, Document, bool]) -> list[Read]:
    representation, document, trusted = job
    try:
        if document.name.endswith(".raster"):
            scores = [from_raster(document.data)]
        else:
            scores = formats.read_all(document.data, trusted=trusted)
    except FormatError as error:
        return [Read(document.name, document, None, np.empty(0, np.uint64), 0, f"unreadable ({error})"[:90])]
    module = plugins.load("firmus.tokens", representation)
    read = []
    for index, score in enumerate(scores):
        name = f"{document.name}#{index + 1}"
        derived = not score.chords
        if module.KIND != "sound":  # which is of notes alone
            score = understand(score)
        read.append(_encode(module, score, document, name, derived))
        if document.style == "song" and module.KIND != "sound" and (sheet := lead_sheet(score)):
            melody = replace(document, style="lead-sheet")
            read.append(_encode(module, sheet, melody, f"{name} lead sheet", derived=False))
    return read


def understand(score: Score) -> Score:
    """Add what analysis reads off the notes, where the score does not say it: chords and sections."""
    return replace(
        score, chords=score.chords or chords.recognise(score), sections=score.sections or form.sections(score)
    )


def lead_sheet(score: Score) -> Score | None:
    """Melody of a song and its chords; None where its first part sings more than one note at once."""
    if not score.parts or not score.parts[0].notes or not is_monophonic(score.parts[0]):
        return None
    return replace(score, parts=score.parts[:1])


def _encode(module: Any, score: Score, document: Document, name: str, derived: bool) -> Read:
    bare = replace(document, data=b"")
    notes = sum(len(part.notes) for part in score.parts)
    nothing = np.empty(0, np.uint64)
    if notes < LEAST_NOTES:
        return Read(name, bare, None, nothing, notes, f"fewer than {LEAST_NOTES} notes")
    try:
        prepared = module.prepare(score, document.style, derived)
    except FirmusError as error:
        return Read(name, bare, None, nothing, notes, str(error)[:90])
    return Read(name, bare, prepared, fingerprint(score), notes)


def fingerprint(score: Score) -> Fingerprint:
    """Sorted hashes of the 8-note interval patterns of each part's upper line; transposition does not matter.

    Drum parts are told by their own line of drums and times between them.
    """
    found: set[int] = set()
    for part in score.parts:
        line: dict[int, int] = {}
        for note in part.notes:
            line[note.start] = max(line.get(note.start, 0), note.pitch)
        starts, pitches = np.array(sorted(line)), np.array([line[start] for start in sorted(line)])
        steps = (np.diff(starts) // 30) * 128 + pitches[1:] if part.is_drums else np.diff(pitches)
        for first in range(len(steps) - PATTERN + 2):
            pattern = steps[first : first + PATTERN - 1].astype(np.int32).tobytes()
            found.add(int.from_bytes(hashlib.blake2b(pattern, digest_size=8).digest(), "little"))
    return np.array(sorted(found), np.uint64)


def families(fingerprints: list[Fingerprint], together: Iterable[tuple[int, int]] = ()) -> tuple[list[int], set[int]]:
    """Which pieces are versions of one, by the number of the family's head; which are copies of an earlier one.

    Parameters
    ----------
    fingerprints : list of array
    together : pairs of int
        Pieces that belong together whatever they sound like: files of one work.
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


def _split(read: list[tuple[str, Read]], report: Callable[[str], None]) -> list[Piece]:
    """Families of versions, copies left out, each family on one side."""
    head, copies = families([each.fingerprint for _, each in read])
    published: dict[int, str] = {}
    for index, (_, each) in enumerate(read):
        if each.document.split:
            side = published.get(head[index], each.document.split)
            published[head[index]] = "train" if "train" in (side, each.document.split) else side
    sides = {number: published.get(number) or _side(read[number][1].name) for number in set(head)}
    if "valid" not in sides.values() and len(sides) > 1:
        sides[min(sides, key=lambda number: share(read[number][1].name))] = "valid"
    pieces = []
    for index, (set_name, each) in enumerate(read):
        if index in copies or each.prepared is None:
            continue
        side = sides[head[index]]
        if each.document.split and side != each.document.split:
            side = each.document.split
        tokens = sum(len(array) for name, array in each.prepared.items() if name in ("tokens", "raster"))
        pieces.append(Piece(each.name, set_name, each.document.licence, side, each.prepared, tokens))
    report(f"{len(pieces)} pieces in {len(sides)} families of versions; {len(copies)} copies left out")
    return pieces


def _related(fingerprints: list[Fingerprint]) -> Iterable[tuple[int, int, int]]:
    """Pairs of pieces that share patterns which are not common property, with how many they share."""
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


def _side(name: str) -> str:
    """Side of the split, by a hash of the family's name: the same in every run."""
    return "valid" if share(name) < VALIDATION else "train"


def share(name: str) -> float:
    """Number from 0 to 1 that a name always has."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little") / 2**32


READERS = ("formats", "tokens", "analysis", "notation")  # rooms that read music, beside the modules of the root


def source_files(*modules: str) -> list[Path]:
    """Files of some modules of Firmus, of every format, and of all that these import from the rooms that read music."""
    found: set[Path] = set()
    waiting = [*modules, *(f"firmus.formats.{name}" for name in plugins.names("firmus.formats"))]
    while waiting:
        file = _source_file(waiting.pop())
        if file is None or file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("firmus."):
                names = (str(node.module), *(f"{node.module}.{each.name}" for each in node.names))
                waiting += [name for name in names if name.count(".") == 1 or name.split(".")[1] in READERS]
    return sorted(found)


def _source_file(module: str) -> Path | None:
    """File of a module or a package; None where a name is neither."""
    path = Path(__file__).parent.parent.joinpath(*module.split(".")[1:])
    return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)


def _digest(recipe: Recipe, sources: list[Source], data: Path) -> str:
    """Digest of everything that the prepared music depends on: the sets' files and the code that reads them."""
    modules = [f"firmus.learning.{name}" for name in ("prepare", "sources", "chorales", "corpus")]
    made_by = hashlib.blake2b(digest_size=8)
    for file in source_files(*modules, f"firmus.tokens.{recipe.representation}"):
        made_by.update(file.read_bytes())
    made_of = [(each.name, each.title) for each in sources]
    stamps = sorted((file.name, file.stat().st_size) for file in data.rglob("*.xz")) if data.is_dir() else []
    made_by.update(json.dumps([made_of, stamps, recipe.representation]).encode())
    return made_by.hexdigest()
