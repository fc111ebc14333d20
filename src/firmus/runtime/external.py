"""Models that a person has as folders in Hugging Face's layout: what they are, told from their files alone.

Such a folder holds ``config.json`` and weights in safetensors. Nothing heavy is imported to tell what is in it: each
module of `firmus.engines` says which architectures it plays, and which of them it can use. Weights that would have to
be unpickled are refused, for reading a pickle runs whatever its author put into it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

from firmus import plugins
from firmus.errors import ModelError

ENGINES = "firmus.engines"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.msgpack", "*.h5")
MOST_HEADER = 100_000_000  # bytes of the table of a file of weights, as the format has it


def is_one(folder: Path) -> bool:
    """Whether a folder is laid out like that."""
    return (folder / "config.json").is_file() and not (folder / "card.json").is_file()


def facts(folder: Path) -> dict[str, Any]:
    """What a `firmus.runtime.weights.Card` is made of; its digest is taken when it is loaded.

    Raises
    ------
    ModelError
        Where nothing here can play it.
    """
    config = _config(folder)
    kind = config.get("model_type")
    able = {name: plugins.load(ENGINES, name) for name in plugins.names(ENGINES)}
    fitting = [name for name, module in able.items() if kind in module.ARCHITECTURES]
    if not fitting:
        known = ", ".join(sorted(each for module in able.values() for each in module.ARCHITECTURES))
        raise ModelError(f"{folder}: its architecture is {kind!r}; {known} can be played (docs/engines.md)")
    files = weights(folder)
    module = able[fitting[0]]
    return {
        "name": folder.name, "kind": "engine", "styles": (), "digest": "", "tasks": module.TASKS,
        "controls": module.CONTROLS, "folder": folder, **module.described(folder, config),
        "facts": {
            "engine": fitting[0], "architecture": kind, "licence": _licence(folder),
            "parameters": sum(_parameters(path) for path in files), "bytes": sum(path.stat().st_size for path in files),
            "data": [],
        },
    }  # fmt: skip


def weights(folder: Path) -> list[Path]:
    """Files of weights, in order.

    Raises
    ------
    ModelError
        Where there are none in safetensors.
    """
    found = sorted(folder.glob("*.safetensors"))
    if found:
        return found
    others = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if others:
        raise ModelError(f"{folder}: {others[0]} is not read, as it may run code: convert it to safetensors first")
    raise ModelError(f"{folder}: there are no weights: model.safetensors is missing")


def digest(folder: Path) -> str:
    """SHA-256 of the weights; of several files, of their digests in order."""
    found = []
    for path in weights(folder):
        with path.open("rb") as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return found[0] if len(found) == 1 else hashlib.sha256("".join(found).encode()).hexdigest()


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not folder.is_dir():
        raise ModelError(f"{folder}: there is no such folder; firmus models lists the models there are by name")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{folder}: config.json is missing: it is no model in Hugging Face's layout") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is unreadable: {error}") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path} is unreadable: it must be an object")
    return config


def _parameters(path: Path) -> int:
    """Numbers in a file of weights, by the table that it begins with."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if not 2 <= size <= min(MOST_HEADER, path.stat().st_size - 8):
                raise ValueError("its table is cut off")
            table = json.loads(file.read(size))
        return sum(math.prod(each["shape"]) for name, each in table.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is damaged: {error}") from None


def _licence(folder: Path) -> str:
    """What the folder's ``README.md`` says its licence is, ``""`` where it says nothing."""
    try:
        text = (folder / "README.md").read_text(encoding="utf-8")[:20_000]
    except (OSError, ValueError):
        return ""
    match = re.match(r"---\n(?:.*\n)*?license:[ \t]*[\"']?([\w.+-]+)", text)
    return match[1] if match else ""
