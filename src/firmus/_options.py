"""Types of the Python face: the fields of a Brief as keywords, and what the verbs return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Protocol, TypedDict, Unpack, overload

from firmus.score import Score
from firmus.work import Brief, Work

Piece = Score | str | PathLike[str] | bytes
"""A Score, a path of a music file, or its bytes."""


class VerbOptions(TypedDict, total=False):
    """Fields of a `Brief`, but for its pieces and how many works are asked for."""

    style: str | None
    genre: str | None
    bars: int | str | None
    seconds: float | None
    key: str | None
    meter: str | None
    pickup: float | None
    tempo: float | None
    chords: str | None
    mood: str | None
    density: float | None
    register: float | None
    polyphony: float | None
    syncopation: float | None
    parts: str | Sequence[str]
    ranges: Mapping[str, str]
    form: str | None
    title: str | None
    close: bool
    amount: float | None
    quantise: str | None
    steps: int | None
    model: str | None
    seed: int | None
    loose: str | Sequence[str]
    temperature: float | None
    top_p: float
    effort: str | None
    watermark: str | None
    original: str | None
    by: str | Sequence[str]
    harmony: str | None
    level: int | None


class BriefOptions(VerbOptions, total=False):
    """Fields of a `Brief`."""

    source: Score | None
    target: Score | None
    count: int


class NewOptions(VerbOptions, total=False):
    """Fields of a `Brief` for a new piece, and the plan of it."""

    source: Score | None


class FromNothing(Protocol):
    """A verb that needs no piece: a Work, or a list of them, best first, where `count` is given."""

    __name__: str

    @overload
    def __call__(self, brief: Brief) -> Work | list[Work]: ...
    @overload
    def __call__(self, *, count: int, **options: Unpack[NewOptions]) -> list[Work]: ...
    @overload
    def __call__(self, **options: Unpack[NewOptions]) -> Work: ...


class FromPiece(Protocol):
    """A verb that takes a piece: a Work, or a list of them, best first, where `count` is given."""

    __name__: str

    @overload
    def __call__(self, source: Piece, brief: Brief) -> Work | list[Work]: ...
    @overload
    def __call__(self, source: Piece, *, count: int, **options: Unpack[VerbOptions]) -> list[Work]: ...
    @overload
    def __call__(self, source: Piece, **options: Unpack[VerbOptions]) -> Work: ...
