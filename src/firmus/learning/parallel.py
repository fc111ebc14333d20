"""Parallel `map`: on every core of this machine, or as the caller provides it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

Spread = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Applies a module-level function to each item and yields the results in order, as `map` does."""


def on_every_core(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """Apply a function to each item, in as many processes as there are cores."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        yield from pool.map(function, items, chunksize=8)
