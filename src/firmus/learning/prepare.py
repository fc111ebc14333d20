"""From files to a corpus: read, deduplicate, split by work, encode, cache.

Versions of a tune (transposed, in another collection, under another name) and the files of one work are in the same
split, and copies are dropped (`firmus.learning.versions`). A family of versions is split by its first piece, so that
sets which a recipe names later do not move the pieces of those before.
"""

from __future__ import annotations

import ast
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from firmus import plugins
from firmus.errors import RecipeError
from firmus.learning.corpus import Corpus, Piece, load, save
from firmus.learning.parallel import Spread, on_every_core
from firmus.learning.reading import ReadPiece, read_all
from firmus.learning.recipe import Recipe
from firmus.learning.sources import Source, folder, source
from firmus.learning.versions import families, hash_fraction

VALIDATION = 0.05  # share of pieces in the validation split, where the publishers have not split


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
        return load(path, recipe.data.weights, recipe.data.shares)
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
    corpus = Corpus(recipe.representation, pieces, recipe.data.weights, scales, recipe.data.shares)
    save(corpus, path)
    return corpus


def _split(read: list[tuple[str, ReadPiece]], report: Callable[[str], None]) -> list[Piece]:
    """Split by families of versions, copies left out."""
    works: dict[str, list[int]] = {}
    for index, (_, each) in enumerate(read):
        works.setdefault(each.work, []).append(index)
    together = [pair for some in works.values() for pair in pairwise(some)]
    head, copies = families([each.fingerprint for _, each in read], together, [each.harmony for _, each in read])
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
        pieces.append(Piece(each.name, set_name, each.document.licence, split, each.prepared, tokens, each.style))
    report(f"{len(pieces)} pieces in {len(splits)} families of versions; {len(copies)} copies left out")
    return pieces


def _split_by_hash(name: str) -> str:
    """Split by a hash of the family's name: the same in every run."""
    return "valid" if hash_fraction(name) < VALIDATION else "train"


READING = (
    "prepare", "reading", "sources", "chorales", "billboard", "notated", "ensembles", "genres", "labels", "versions",
    "corpus",
)  # fmt: skip
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
    modules = [f"firmus.learning.{name}" for name in READING]
    digest = hashlib.blake2b(digest_size=8)
    for file in source_files(*modules, f"firmus.tokens.{recipe.representation}"):
        digest.update(file.read_bytes())
    origins = [(each.name, each.title) for each in sources]
    stamps = sorted((file.name, file.stat().st_size) for file in data.rglob("*.xz")) if data.is_dir() else []
    digest.update(json.dumps([origins, stamps, recipe.representation]).encode())
    return digest.hexdigest()
