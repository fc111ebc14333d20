"""The number of threads of a training run: asked for, or the fastest of those that were measured."""

import pytest
import torch

from firmus.errors import ModelError, RecipeError
from firmus.learning import threads


@pytest.fixture(autouse=True)
def two_threads(monkeypatch):
    """A machine of two cores; the number of threads is what it was after the test."""
    monkeypatch.delenv("FIRMUS_THREADS", raising=False)
    monkeypatch.setattr(threads, "MOST", 2)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class Machine:
    """A clock that a step of training moves on, by so many seconds with each number of threads."""

    def __init__(self, seconds, monkeypatch):
        self.seconds, self.now, self.tried = seconds, 0.0, []
        monkeypatch.setattr(threads.time, "monotonic", lambda: self.now)

    def step(self):
        self.tried.append(torch.get_num_threads())
        self.now += self.seconds[torch.get_num_threads()]


def choose(machine, asked=0):
    lines = []
    threads.choose(asked, machine.step, lines.append)
    return torch.get_num_threads(), lines


@pytest.mark.parametrize(
    ("seconds", "best", "line"),
    [
        ({1: 0.5, 2: 12.0}, 1, "threads: 1 (0.50 s a step; with 2: 12.00 s)"),  # another process holds a core
        ({1: 0.5, 2: 0.3}, 2, "threads: 2 (0.30 s a step; with 1: 0.50 s)"),
    ],
)
def test_the_faster_number_is_kept_and_reported(seconds, best, line, monkeypatch):
    assert choose(Machine(seconds, monkeypatch)) == (best, [line])


def test_what_is_asked_for_wins_and_nothing_is_timed(monkeypatch):
    machine = Machine({1: 1.0, 2: 9.0}, monkeypatch)
    assert choose(machine, 2) == (2, ["threads: 2, as the recipe says"])
    monkeypatch.setenv("FIRMUS_THREADS", "1")
    assert choose(machine, 2) == (1, ["threads: 1, as FIRMUS_THREADS says"])
    assert machine.tried == []


def test_one_core_needs_no_measurement(monkeypatch):
    monkeypatch.setattr(threads, "MOST", 1)
    machine = Machine({1: 1.0}, monkeypatch)
    assert choose(machine)[1] == machine.tried == []


def test_a_second_run_measures_every_core_again(monkeypatch):
    assert choose(Machine({1: 0.5, 2: 12.0}, monkeypatch))[0] == 1
    assert choose(Machine({1: 0.5, 2: 0.3}, monkeypatch))[0] == 2


@pytest.mark.parametrize("asked", [-1, 5000])
def test_an_impossible_number_is_refused(asked, monkeypatch):
    with pytest.raises(RecipeError, match=f"threads {asked}: it must be 0 .* to 1024"):
        choose(Machine({}, monkeypatch), asked)
    monkeypatch.setenv("FIRMUS_THREADS", str(asked))
    with pytest.raises(ModelError, match="FIRMUS_THREADS"):
        choose(Machine({}, monkeypatch))
