"""Who asks too much is refused at little cost, and nobody else."""

import pytest

from firmus.service.http import throttle
from firmus.service.problems import Problem


def scope(key=b"one", path="/v1/jobs"):
    return {
        "client": ("127.0.0.1", 5), "headers": [(b"authorization", key)], "method": "POST", "path": path,
        "state": {"headers": {}},
    }  # fmt: skip


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by the test."""
    now = [100.0]
    monkeypatch.setattr(throttle.time, "monotonic", lambda: now[0])
    return now


def serve(limiter, problem, times=1, **values):
    """Serve requests that end with a problem."""
    for _ in range(times):
        request = scope(**values)
        limiter.enter(request)
        if problem:
            request["state"]["problem"] = problem
        limiter.leave(request)


def test_who_was_refused_a_few_times_is_looked_at_again_at_once(clock):
    limiter = throttle.Throttle()
    for _ in range(limiter.REPEATED):
        serve(limiter, Problem("too-many-jobs", "no", seconds=10))
    with pytest.raises(Problem):
        serve(limiter, None)
    for _ in range(2 * limiter.REPEATED):
        clock[0] += limiter.PROBATION_SECONDS + 0.1
        serve(limiter, Problem("too-many-jobs", "no", seconds=10))


def test_who_was_refused_is_refused_for_a_moment_and_others_are_not(clock):
    limiter, problem = throttle.Throttle(), Problem("too-many-jobs", "40 are unfinished", seconds=10)
    serve(limiter, problem, limiter.REPEATED)
    with pytest.raises(Problem, match="40 are unfinished"):
        limiter.enter(scope())
    serve(limiter, None, key=b"other")
    serve(limiter, None, path="/v1/works")
    clock[0] += limiter.BLOCK_SECONDS
    serve(limiter, None)


def test_then_few_at_a_time_are_looked_at_until_nothing_was_refused_for_a_while(clock):
    limiter, problem = throttle.Throttle(), Problem("rate-limited", "too fast", seconds=0.01)
    serve(limiter, problem, limiter.REPEATED)
    clock[0] += 0.02
    inside = [scope() for _ in range(limiter.CONCURRENCY)]
    for each in inside:
        limiter.enter(each)
    with pytest.raises(Problem, match="too fast"):
        limiter.enter(scope())
    limiter.leave(inside[0])
    limiter.enter(scope())
    with pytest.raises(Problem):
        limiter.enter(scope())
    clock[0] += limiter.PROBATION_SECONDS
    for _ in range(10):
        limiter.enter(scope())


def test_what_will_not_help_to_ask_again_is_not_remembered(clock):
    limiter = throttle.Throttle()
    for kind in ("busy", "invalid-brief", "not-found"):
        serve(limiter, Problem(kind, "no", seconds=5), 2 * limiter.REPEATED)
        serve(limiter, None)


def test_it_remembers_only_so_many(clock, monkeypatch):
    monkeypatch.setattr(throttle.Throttle, "MAX_CLIENTS", 3)
    limiter = throttle.Throttle()
    for number in range(5):
        serve(limiter, Problem("too-many-jobs", "no", seconds=5), limiter.REPEATED, key=str(number).encode())
    serve(limiter, None, key=b"0")
    with pytest.raises(Problem):
        limiter.enter(scope(key=b"4"))
