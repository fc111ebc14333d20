"""Progress: how a caller follows what takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is done, and of how much; called now and then, from the calling thread."""
SECONDS = 0.2  # between two lines


def shown() -> Progress | None:
    """A line on standard error where somebody looks at it: at a terminal or in a notebook; else None.

    Examples
    --------
    >>> shown() is None or sys.stderr.isatty()
    True
    """
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        return None
    last = 0.0

    def show(title: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total or now - last > SECONDS:
            last = now
            line = f"{title}: {done} / {total}"
            print(f"\r{line:<60}", end="\r" if done == total else "", file=sys.stderr, flush=True)

    return show
