"""An LRU cache of loaded models: each is loaded once, however many threads request it at a time.

``FIRMUS_MODEL_BYTES`` limits their total size (default: 512 MiB), by the size of their files, which is about what a
session takes. A model that is in use stays in memory until it is released, even after it was evicted.
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
DEFAULT_BYTES = 512 << 20

_cache: OrderedDict[tuple[object, str], tuple[Any, int]] = OrderedDict()  # model and size, in order of last use
_lock = threading.RLock()


class ModelLoader(Generic[Model]):
    """Loads models of one kind by name, from the cache where possible.

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

    def __call__(self, model: str | Card) -> Model:
        """Model of a name, or of a card (of a folder that has no name)."""
        name = model if isinstance(model, str) else str(model.folder)
        with _lock:
            if (self.make, name) not in _cache:
                limit, its_card = max_bytes(), card(model) if isinstance(model, str) else model
                _cache[self.make, name] = (self.make(its_card), sum(path.stat().st_size for path in _files(its_card)))
                self._evict(limit)
            _cache.move_to_end((self.make, name))
            return cast(Model, _cache[self.make, name][0])

    def cache_clear(self) -> None:
        """Remove all models of this kind from the cache."""
        with _lock:
            for key in [key for key in _cache if key[0] is self.make]:
                del _cache[key]

    def _evict(self, limit: int) -> None:
        while len(_cache) > 1 and sum(size for _, size in _cache.values()) > limit:
            _cache.popitem(last=False)


def max_bytes() -> int:
    """Total size limit of the cached models, in bytes.

    Raises
    ------
    ModelError
        Where ``FIRMUS_MODEL_BYTES`` is no whole number.
    """
    text = os.environ.get("FIRMUS_MODEL_BYTES", "")
    if text and not text.isdecimal():
        raise ModelError(f"FIRMUS_MODEL_BYTES={text!r}: it must be a whole number of bytes")
    return int(text or DEFAULT_BYTES)


def _files(card: Card) -> list[Path]:
    folder = (card.base or card).folder
    return [path for suffix in ("onnx", "safetensors") for path in folder.glob(f"*.{suffix}")]
