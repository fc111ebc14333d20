"""Checks of values on construction of musical objects."""

from __future__ import annotations

from firmus.errors import InvalidScore

MAX_TICK = 2**31 - 1


def within(what: str, value: object, low: int, high: int, hint: str = "") -> None:
    """Refuse what is no whole number from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise InvalidScore(f"{what} {value!r} must be a whole number from {low} to {high}" + hint)


def text(what: str, value: object) -> None:
    """Refuse what is no text, or holds halves of characters."""
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidScore(f"{what} {repr(value)[:60]} must be text, without halves of characters")
