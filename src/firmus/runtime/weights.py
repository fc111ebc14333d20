"""Trained weights: their folders, their cards, and the check of their digests.

A model is a folder with ``model.onnx`` and ``card.json``. Shipped ones lie in ``firmus/assets/weights``;
``FIRMUS_WEIGHTS`` names another folder of such folders, which is searched first. There may be folders in Hugging Face's
layout among them (`firmus.runtime.external`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from firmus.errors import ModelError, unknown
from firmus.runtime import external

SHIPPED = Path(__file__).parent.parent / "assets" / "weights"
_added: dict[str, list[Path]] = {}  # folders of models by name; see `added`


@dataclass(frozen=True, slots=True)
class Card:
    """A model card.

    Parameters
    ----------
    name, title, description : str
    kind : str
        ``"stepper"``, ``"latent"``, ``"scorer"``, ``"listener"``, ``"instrument"`` or ``"engine"``; ``"rules"`` has no
        weights.
    representation : str
        Module of `firmus.tokens` that its tokens belong to.
    styles, tasks, controls : tuple of str
        Styles it was trained on, tasks it performs, and controls it is conditioned on.
    shape : dict
        ``vocabulary``, ``length`` (tokens it was trained to see at once).
    digest : str
        SHA-256 of ``model.onnx``; of several graphs, of their digests in the order of their names.
    facts : dict
        The rest of the card: data, licences, credits, training, metrics with their commands.
    folder : Path
    """

    name: str
    title: str
    description: str
    kind: str
    representation: str
    styles: tuple[str, ...]
    tasks: tuple[str, ...]
    controls: tuple[str, ...]
    shape: dict[str, int]
    digest: str
    facts: dict[str, Any]
    folder: Path

    @property
    def credits(self) -> tuple[str, ...]:
        """Sources of its training data, with their licences."""
        return tuple(f"{each['title']} ({each['credit']}; {each['licence']})" for each in self.facts.get("data", []))

    def model(self, graph: str = "model") -> bytes:
        """Bytes of an ONNX graph, checked against its digest; a latent model has several, by the card's ``graphs``."""
        if base := self.base:
            return base.model(graph)
        try:
            data = (self.folder / f"{graph}.onnx").read_bytes()
        except OSError as error:
            raise ModelError(f"weights of {self.name!r}: {graph}.onnx: {error.strerror or error}") from None
        actual, expected = hashlib.sha256(data).hexdigest(), self.facts.get("graphs", {}).get(graph, self.digest)
        if actual != expected:
            raise ModelError(
                f"weights of {self.name!r} are damaged: SHA-256 of {graph}.onnx is {actual[:12]}…, the card says "
                f"{expected[:12]}…"
            )
        return data

    @property
    def base(self) -> Card | None:
        """The model that this one adapts (`firmus.runtime.adapter`), if it does."""
        if "base" not in self.facts:
            return None
        found = card(self.facts["base"])
        if found.digest != self.facts["base_digest"]:
            raise ModelError(f"model {self.name!r} adapts another version of {found.name!r}: adapt it anew")
        return found


def folders() -> list[Path]:
    """Folders that are searched for models, in order.

    Raises
    ------
    ModelError
        Where ``FIRMUS_WEIGHTS`` is no folder.
    """
    folder = os.environ.get("FIRMUS_WEIGHTS")
    if folder and not Path(folder).is_dir():
        raise ModelError(f"FIRMUS_WEIGHTS={folder}: there is no such folder; it must hold folders of models")
    return [Path(folder), SHIPPED] if folder else [SHIPPED]


@contextlib.contextmanager
def added(name: str, folder: Path) -> Iterator[None]:
    """Let a model that lies in none of the folders be found by a name, for the duration of the block.

    Parameters
    ----------
    name : str
        Under which it is found by `card`; it is not among the `cards`.
    folder : Path
        With its ``card.json``.
    """
    _added.setdefault(name, []).append(folder)
    try:
        yield
    finally:
        _added[name].remove(folder)


def cards() -> dict[str, Card]:
    """Cards of all models, by name; of two with one name, the first found."""
    found: dict[str, Card] = {}
    for folder in folders():
        for path in sorted(folder.glob("*/card.json")):
            card = read_card(path)
            found.setdefault(card.name, card)
        for path in sorted(folder.glob("*/config.json")):
            if external.is_model_folder(path.parent):
                with contextlib.suppress(ModelError):  # an unsupported model; an error when it is requested by name
                    found.setdefault(path.parent.name, Card(**external.facts(path.parent)))
    return found


def card(name: str) -> Card:
    """Card of one model.

    Raises
    ------
    ModelError
        Where there is none of that name; the message names the nearest.
    """
    if _added.get(name):
        return replace(read_card(_added[name][-1] / "card.json"), name=name)
    known = cards()
    if name not in known:
        if name and Path(name).name == name:
            for folder in folders():
                if external.is_model_folder(folder / name):
                    external.facts(folder / name)  # which says why it cannot be played
        where = f" in {' or '.join(str(folder) for folder in folders())}" if not known else ""
        raise ModelError(unknown("model", name, known) if known else f"there are no models{where}")
    return known[name]


def find_card(name: str) -> Card:
    """Card of one model by its name, or by the path of its folder in Hugging Face's layout.

    For local users alone, who name their own folders; names that come over a network are looked up by `card`.

    Raises
    ------
    ModelError
        Where there is none.
    """
    folder = Path(name).expanduser()
    if _added.get(name) or name in cards() or not (folder.name != name or folder.is_dir()):
        return card(name)
    if (folder / "card.json").is_file():
        raise ModelError(f"{folder} is a model of Firmus: FIRMUS_WEIGHTS={folder.parent} --model {folder.name}")
    return Card(**external.facts(folder.resolve()))


def read_card(path: Path) -> Card:
    """Read ``card.json``; one that has not changed is not read again."""
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelError(f"card {path.parent.name}/{path.name} is unreadable: {error!r}") from None
    return _card(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _card(path: Path, size: int, time: int) -> Card:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        known = {name: facts.pop(name) for name in Card.__slots__ if name not in ("facts", "folder")}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"card {path.parent.name}/{path.name} is unreadable: {error!r}") from None
    for name in ("styles", "tasks", "controls"):
        known[name] = tuple(known[name])
    return Card(**known, facts=facts, folder=path.parent)
