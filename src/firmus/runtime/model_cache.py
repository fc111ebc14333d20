"""Models in memory: each is loaded once, however many threads ask for it at a time; what was used longest ago leaves.

``FIRMUS_MODEL_BYTES`` says how much room all of them may take together (default: 512 MiB), by the size of their files,
which is about what a session takes. A model that is in use stays in memory until it is not, also where it has left.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from firmus.errors import ModelError
from firmus.runtime.weights import Card, card

Model = TypeVar("Model")
USUAL = 512 << 20

_shelf: OrderedDict[tuple[object, str], tuple[Any, int]] = OrderedDict()  # models and their sizes, the latest used last
_turn = threading.RLock()


class Kept(Generic[Model]):
    """What loads a model by its name, from memory where it is there already.

    Parameters
    ----------
    make : callable
        Makes the model of a card.

    Examples
    --------
    >>> from firmus.runtime.stepper import load
    >>> load("composer") is load("composer")
    True
    """

    def __init__(self, make: Callable[[Card], Model]) -> None:
        self.make = make

    def __call__(self, wanted: str | Card) -> Model:
        """Model of a name, or of the card of a folder that has none."""
        name = wanted if isinstance(wanted, str) else str(wanted.folder)
        with _turn:
            if (self.make, name) not in _shelf:
                limit, found = room(), card(wanted) if isinstance(wanted, str) else wanted
                _shelf[self.make, name] = (self.make(found), sum(path.stat().st_size for path in _files(found)))
                self._make_room(limit)
            _shelf.move_to_end((self.make, name))
            return cast(Model, _shelf[self.make, name][0])

    def cache_clear(self) -> None:
        """Let all models of this kind leave."""
        with _turn:
            for key in [key for key in _shelf if key[0] is self.make]:
                del _shelf[key]

    def _make_room(self, limit: int) -> None:
        while len(_shelf) > 1 and sum(size for _, size in _shelf.values()) > limit:
            _shelf.popitem(last=False)


def room() -> int:
    """Bytes that models may take together.

    Raises
    ------
    ModelError
        Where ``FIRMUS_MODEL_BYTES`` is no such number.
    """
    text = os.environ.get("FIRMUS_MODEL_BYTES", "")
    if text and not text.isdecimal():
        raise ModelError(f"FIRMUS_MODEL_BYTES={text!r}: it must be a whole number of bytes")
    return int(text or USUAL)


def _files(found: Card) -> list[Path]:
    return [path for ending in ("onnx", "safetensors") for path in found.folder.glob(f"*.{ending}")]
