"""Evaluating: a report that compares a folder of composed pieces with a folder of real ones."""

from __future__ import annotations

import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from firmus import formats
from firmus.errors import FirmusError, FormatError
from firmus.evaluation import report
from firmus.progress import Progress
from firmus.render.pages import evaluation
from firmus.score import Score

PREFERRED = (".json", ".musicxml", ".mxl", ".mid", ".midi", ".abc", ".krn")  # of files with one name, which is read


def evaluate(
    generated: Path,
    reference: Path,
    progress: Progress | None = None,
    spread: report.Spread | None = None,
) -> dict[str, Any]:
    """Compare the pieces of two folders (or files); see `firmus.evaluation.report.compare`.

    Parameters
    ----------
    generated, reference : Path
    progress : callable, optional
        Called with a title, files read and files in total.
    spread : callable, optional
        Works as `map`, on the machines of a cluster, with the same result; by default files are read by threads.

    Returns
    -------
    dict
        What `compare` returns, and ``left_out``, files that could not be read and why; ``controls``, for each control
        the share of pieces that obey it, of those whose request is known (``piece.json``).

    Raises
    ------
    FormatError
        Where a folder has no music that Firmus reads.
    """
    left_out: dict[str, str] = {}
    ours, real = (read(path, left_out, progress, spread) for path in (generated, reference))
    comparison = report.compare(ours, real, spread or map)
    return {**comparison, "controls": _controls(generated, ours), "left_out": left_out}


def read(
    path: Path,
    left_out: dict[str, str],
    progress: Progress | None = None,
    spread: report.Spread | None = None,
) -> dict[str, Score]:
    """Pieces of a folder by their names in it without suffix; of several files of one name one is read."""
    if not path.exists():
        raise FormatError(f"{path}: there is no such file or folder")
    files = (
        sorted(each for each in path.rglob("*") if each.suffix.lower() in formats.extensions())
        if path.is_dir()
        else [path]
    )
    chosen: dict[str, Path] = {}
    for each in sorted(files, key=_rank):
        name = str(each.relative_to(path).with_suffix("")) if path.is_dir() else each.stem
        chosen.setdefault(name, each)
    scores: dict[str, Score] = {}
    names = sorted(chosen)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        if spread:
            read_each = spread(_read_packed, [(chosen[name].name, chosen[name].read_bytes()) for name in names])
        else:
            read_each = pool.map(_read_one, [chosen[name] for name in names])
        for done, (name, (score, reason)) in enumerate(zip(names, read_each, strict=True), 1):
            if progress:
                progress("evaluate", done, len(chosen))
            if score is not None and any(part.notes for part in score.parts):
                scores[name] = score
            else:
                left_out[str(chosen[name])] = reason or "it has no notes"
    if not scores:
        raise FormatError(f"{path} holds no music that Firmus reads: {', '.join(formats.extensions())}")
    return scores


def _read_one(file: Path) -> tuple[Score | None, str]:
    """A piece, or why there is none."""
    try:
        return formats.read(file), ""
    except FirmusError as error:
        return None, str(error)


def _read_packed(packed: tuple[str, bytes]) -> tuple[Score | None, str]:
    """The same from the name and bytes of a file."""
    with tempfile.TemporaryDirectory(prefix="firmus-evaluate-") as folder:
        file = Path(folder) / packed[0]
        file.write_bytes(packed[1])
        return _read_one(file)


def _rank(file: Path) -> int:
    suffix = file.suffix.lower()
    return PREFERRED.index(suffix) if suffix in PREFERRED else len(PREFERRED)


def _controls(folder: Path, pieces: dict[str, Score]) -> dict[str, dict[str, float]]:
    """For each control, the number of pieces for which it was requested, and the share of them that obey it."""
    obeyed: dict[str, list[bool]] = {}
    for name, score in pieces.items():
        path = (folder / name).with_suffix(".json") if folder.is_dir() else folder
        try:
            brief = json.loads(path.read_text(encoding="utf-8")).get("origin", {}).get("brief", {})
        except (OSError, ValueError, AttributeError):
            continue
        for control, is_obeyed in report.obeyed(score, brief).items():
            obeyed.setdefault(control, []).append(is_obeyed)
    return {control: {"pieces": len(each), "obeyed": float(np.mean(each))} for control, each in obeyed.items()}


def page(comparison: dict[str, Any], language: str = "en") -> str:
    """The report as HTML."""
    return evaluation.page(comparison, language)
