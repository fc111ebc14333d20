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
    """A clock that goes on when told."""
    now = [100.0]
    monkeypatch.setattr(throttle.time, "monotonic", lambda: now[0])
    return now


def told(door, problem, times=1, **values):
    """Let requests in that are told of a problem."""
    for _ in range(times):
        asked = scope(**values)
        door.enter(asked)
        if problem:
            asked["state"]["problem"] = problem
        door.leave(asked)


def test_who_was_refused_a_few_times_is_looked_at_again_at_once(clock):
    door = throttle.Refused()
    for _ in range(door.OFTEN):
        told(door, Problem("too-many-jobs", "no", seconds=10))
    with pytest.raises(Problem):
        told(door, None)
    for _ in range(2 * door.OFTEN):
        clock[0] += door.WHILE + 0.1
        told(door, Problem("too-many-jobs", "no", seconds=10))


def test_who_was_refused_is_refused_for_a_moment_and_others_are_not(clock):
    door, problem = throttle.Refused(), Problem("too-many-jobs", "40 are unfinished", seconds=10)
    told(door, problem, door.OFTEN)
    with pytest.raises(Problem, match="40 are unfinished"):
        door.enter(scope())
    told(door, None, key=b"other")
    told(door, None, path="/v1/works")
    clock[0] += door.MOMENT
    told(door, None)


def test_then_few_at_a_time_are_looked_at_until_nothing_was_refused_for_a_while(clock):
    door, problem = throttle.Refused(), Problem("rate-limited", "too fast", seconds=0.01)
    told(door, problem, door.OFTEN)
    clock[0] += 0.02
    inside = [scope() for _ in range(door.FEW)]
    for each in inside:
        door.enter(each)
    with pytest.raises(Problem, match="too fast"):
        door.enter(scope())
    door.leave(inside[0])
    door.enter(scope())
    with pytest.raises(Problem):
        door.enter(scope())
    clock[0] += door.WHILE
    for _ in range(10):
        door.enter(scope())


def test_what_will_not_help_to_ask_again_is_not_remembered(clock):
    door = throttle.Refused()
    for kind in ("busy", "invalid-brief", "not-found"):
        told(door, Problem(kind, "no", seconds=5), 2 * door.OFTEN)
        told(door, None)


def test_it_remembers_only_so_many(clock, monkeypatch):
    monkeypatch.setattr(throttle.Refused, "MOST", 3)
    door = throttle.Refused()
    for number in range(5):
        told(door, Problem("too-many-jobs", "no", seconds=5), door.OFTEN, key=str(number).encode())
    told(door, None, key=b"0")
    with pytest.raises(Problem):
        door.enter(scope(key=b"4"))
