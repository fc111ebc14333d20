"""The same done to many things: on every core of this machine, or as whoever asks has it done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

Spread = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Gives what a function of a module makes of each thing, in their order, as `map` does."""


def on_every_core(function: Callable[[Any], Any], things: Sequence[Any]) -> Iterator[Any]:
    """Do it in as many processes as there are cores."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        yield from pool.map(function, things, chunksize=8)
