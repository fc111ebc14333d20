"""Refusing those who ask too much at little cost."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from firmus.service.problems import Problem

Scope = MutableMapping[str, Any]


@dataclass(slots=True)
class _Told:
    """What somebody was told who asked too much, and how many of their requests are looked at all the same."""

    problem: Problem
    headers: dict[str, str]
    at: float
    times: int = 0
    inside: int = 0


class Refused:
    """Who was often told to ask again later is told so again, for a moment, before anything is looked up.

    Then, until nothing was refused for a while, few of their requests at a time are looked at, and the others refused.
    Without it a refusal costs as much as what is accepted, and those who ask too much keep the service from its work.
    """

    LATER = ("rate-limited", "too-many-jobs", "queue-full")
    OFTEN = 5
    MOMENT = 0.25  # seconds at most in which all are refused
    WHILE = 2.0  # seconds in which few are looked at
    FEW = 2
    MOST = 10_000

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[object, ...], _Told] = OrderedDict()

    def enter(self, scope: Scope) -> None:
        """Refuse who was just told to ask again later, and often before.

        Raises
        ------
        Problem
        """
        told, now = self._told.get(_asker(scope)), time.monotonic()
        if told is None or told.times < self.OFTEN or now > told.at + self.WHILE:
            return
        if now < told.at + min(told.problem.seconds or 0.0, self.MOMENT) or told.inside >= self.FEW:
            scope["state"]["headers"] = told.headers
            raise told.problem
        told.inside += 1
        scope["state"]["told"] = told

    def leave(self, scope: Scope) -> None:
        """Remember what a request was told that was looked at."""
        problem, told = scope["state"].get("problem"), scope["state"].get("told")
        if told:
            told.inside -= 1
        if problem and problem.kind in self.LATER:
            new = _Told(problem, scope["state"]["headers"], time.monotonic())
            told = self._told.setdefault(_asker(scope), new)
            told.times = told.times + 1 if new.at <= told.at + self.WHILE else 1
            told.problem, told.headers, told.at = new.problem, new.headers, new.at
            if len(self._told) > self.MOST:
                self._told.popitem(last=False)


def _asker(scope: Scope) -> tuple[object, ...]:
    """Who asks for what."""
    keys = tuple(value for name, value in scope["headers"] if name == b"authorization")
    return (scope.get("client") or ("",))[0], keys, scope["method"], scope["path"]
