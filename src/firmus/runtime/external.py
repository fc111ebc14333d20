"""Models in folders in Hugging Face's layout: their description, read from their files alone.

Such a folder holds ``config.json`` and weights in safetensors. No heavy module is imported to describe it: each module
of `firmus.engines` lists the architectures that it supports. Weights that would have to be unpickled are refused, as
reading a pickle can execute arbitrary code.
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
MOST_HEADER = 100_000_000  # bytes of the header of a safetensors file, as the format limits it


def is_model_folder(folder: Path) -> bool:
    """Whether a folder has Hugging Face's layout."""
    return (folder / "config.json").is_file() and not (folder / "card.json").is_file()


def facts(folder: Path) -> dict[str, Any]:
    """Fields of a `firmus.runtime.weights.Card`; the digest is computed when the model is loaded.

    Raises
    ------
    ModelError
        Where no engine supports it.
    """
    config = _config(folder)
    kind = config.get("model_type")
    engines = {name: plugins.load(ENGINES, name) for name in plugins.names(ENGINES)}
    matching = [name for name, module in engines.items() if kind in module.ARCHITECTURES]
    if not matching:
        known = ", ".join(sorted(each for module in engines.values() for each in module.ARCHITECTURES))
        raise ModelError(f"{folder}: its architecture is {kind!r}; {known} can be played (docs/engines.md)")
    files = weights(folder)
    module = engines[matching[0]]
    return {
        "name": folder.name,
        "kind": "engine",
        "styles": (),
        "digest": "",
        "tasks": module.TASKS,
        "controls": module.CONTROLS,
        "folder": folder,
        **module.described(folder, config),
        "facts": {
            "engine": matching[0],
            "architecture": kind,
            "licence": _licence(folder),
            "parameters": sum(_parameters(path) for path in files),
            "bytes": sum(path.stat().st_size for path in files),
            "data": [],
        },
    }


def weights(folder: Path) -> list[Path]:
    """Weight files, in order.

    Raises
    ------
    ModelError
        Where there are none in safetensors.
    """
    files = sorted(folder.glob("*.safetensors"))
    if files:
        return files
    others = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if others:
        raise ModelError(f"{folder}: {others[0]} is not read, as it may run code: convert it to safetensors first")
    raise ModelError(f"{folder}: there are no weights: model.safetensors is missing")


def digest(folder: Path) -> str:
    """SHA-256 of the weights; of several files, of their digests in order."""
    digests = []
    for path in weights(folder):
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


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
    """Number of parameters in a safetensors file, by its header."""
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
    """Licence that the folder's ``README.md`` states, ``""`` where it states none."""
    try:
        text = (folder / "README.md").read_text(encoding="utf-8")[:20_000]
    except (OSError, ValueError):
        return ""
    match = re.match(r"---\n(?:.*\n)*?license:[ \t]*[\"']?([\w.+-]+)", text)
    return match[1] if match else ""
