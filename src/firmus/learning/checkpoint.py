"""Checkpoints in pieces: a run can be moved between machines by means that allow only small files.

A checkpoint is the folder ``checkpoint/`` of a run: ``index.json`` names the pieces, with the size and SHA-256 of the
whole, and is replaced last, atomically; so an interrupted run leaves the checkpoint before it.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import torch

from firmus.errors import RecipeError

PIECE = 15 * 2**20  # bytes of a piece at most


def save(content: dict[str, Any], folder: Path) -> None:
    """Write a checkpoint atomically.

    Parameters
    ----------
    content : dict
        Tensors and plain values.
    folder : Path
        ``checkpoint/`` of the run.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     save({"step": 7}, Path(name) / "checkpoint")
    ...     load(Path(name) / "checkpoint")
    {'step': 7}
    """
    stream = io.BytesIO()
    torch.save(content, stream)
    data = stream.getbuffer()
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{digest[:8]}.{number:03}" for number in range(-(-len(data) // PIECE))]
    for number, name in enumerate(names):
        (folder / name).write_bytes(data[number * PIECE : (number + 1) * PIECE])
    temporary = folder / "index.part"
    temporary.write_text(json.dumps({"pieces": names, "size": len(data), "digest": digest}) + "\n")
    temporary.replace(folder / "index.json")
    for path in folder.iterdir():
        if path.name not in (*names, "index.json"):
            path.unlink()


def load(folder: Path) -> dict[str, Any] | None:
    """Read a checkpoint; None where there is none.

    Raises
    ------
    RecipeError
        Where pieces are missing or do not belong together.
    """
    if not (folder / "index.json").exists():
        return None
    index = json.loads((folder / "index.json").read_text())
    missing = [name for name in index["pieces"] if not (folder / name).exists()]
    if missing:
        raise RecipeError(f"{folder}: piece {missing[0]} of the checkpoint is missing: copy the whole folder")
    data = b"".join((folder / name).read_bytes() for name in index["pieces"])
    if hashlib.sha256(data).hexdigest() != index["digest"]:
        raise RecipeError(f"{folder}: the pieces of the checkpoint do not belong together: copy the whole folder anew")
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
