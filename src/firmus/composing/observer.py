"""Observer: progress that also gets the music, bar by bar."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from firmus.runtime.request import Bar
from firmus.score import Score


@runtime_checkable
class Observer(Protocol):
    """Progress that also gets the music while it is composed, where the first draft is kept."""

    def __call__(self, title: str, done: int, total: int) -> None:
        """Take how much is done."""

    def begin(self, piece: int, frame: Score) -> None:
        """Take what is given of a piece, counted from 1, before anything is composed."""

    def bar(self, piece: int, bar: Bar) -> None:
        """Take a bar that is complete."""
