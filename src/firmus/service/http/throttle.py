"""A throttle: rejects the requests of clients above their limits at little cost."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from firmus.service.problems import Problem

Scope = MutableMapping[str, Any]


@dataclass(slots=True)
class _Refusal:
    """The last refusal of a client, how many there were in a row, and how many of its requests are being served."""

    problem: Problem
    headers: dict[str, str]
    at: float
    times: int = 0
    serving: int = 0


class Throttle:
    """Repeats the last refusal to a client that was refused repeatedly, for a moment, before anything is looked up.

    Then, until nothing was refused for a while, few of its requests at a time are served, and the others rejected.
    Otherwise a refusal would cost as much as an accepted request, and clients above their limits could keep the service
    from its work.
    """

    RETRYABLE = ("rate-limited", "too-many-jobs", "queue-full")
    REPEATED = 5  # refusals in a row
    BLOCK_SECONDS = 0.25  # at most, in which all are rejected
    PROBATION_SECONDS = 2.0  # in which few are served
    CONCURRENCY = 2
    MAX_CLIENTS = 10_000

    def __init__(self) -> None:
        self._refusals: OrderedDict[tuple[object, ...], _Refusal] = OrderedDict()

    def enter(self, scope: Scope) -> None:
        """Reject a request of a client that was refused just now, and repeatedly before.

        Raises
        ------
        Problem
        """
        refusal, now = self._refusals.get(_client(scope)), time.monotonic()
        if refusal is None or refusal.times < self.REPEATED or now > refusal.at + self.PROBATION_SECONDS:
            return
        blocked_until = refusal.at + min(refusal.problem.seconds or 0.0, self.BLOCK_SECONDS)
        if now < blocked_until or refusal.serving >= self.CONCURRENCY:
            scope["state"]["headers"] = refusal.headers
            raise refusal.problem
        refusal.serving += 1
        scope["state"]["refusal"] = refusal

    def leave(self, scope: Scope) -> None:
        """Remember the refusal of a request that was served, if it was refused."""
        problem, refusal = scope["state"].get("problem"), scope["state"].get("refusal")
        if refusal:
            refusal.serving -= 1
        if problem and problem.kind in self.RETRYABLE:
            new = _Refusal(problem, scope["state"]["headers"], time.monotonic())
            refusal = self._refusals.setdefault(_client(scope), new)
            refusal.times = refusal.times + 1 if new.at <= refusal.at + self.PROBATION_SECONDS else 1
            refusal.problem, refusal.headers, refusal.at = new.problem, new.headers, new.at
            if len(self._refusals) > self.MAX_CLIENTS:
                self._refusals.popitem(last=False)


def _client(scope: Scope) -> tuple[object, ...]:
    """Address and key of a client, with method and path."""
    keys = tuple(value for name, value in scope["headers"] if name == b"authorization")
    return (scope.get("client") or ("",))[0], keys, scope["method"], scope["path"]
