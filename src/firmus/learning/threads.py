"""Number of threads of a training run on a CPU: what was asked for, else the fastest, as measured at the start.

Threads wait for one another at the end of every operation, so on cores that other processes use, fewer are faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from firmus.errors import RecipeError
from firmus.runtime.session import MOST_THREADS, default_threads

MOST = torch.get_num_threads()  # one a core, or OMP_NUM_THREADS
TRIALS = 2  # steps that are timed with each number of threads, after one that is not
PATIENCE = 3.0  # seconds after which no more steps are timed


def choose(asked: int, trial: Callable[[], object], report: Callable[[str], None]) -> None:
    """Set the number of threads of PyTorch, and report it.

    Parameters
    ----------
    asked : int
        The recipe's number, 0 for none. ``FIRMUS_THREADS`` takes precedence.
    trial : callable
        A training step of which nothing is kept.
    report : callable
        Called with a line of text.

    Raises
    ------
    RecipeError, ModelError
        Where the number asked for is impossible.
    """
    if not 0 <= asked <= MOST_THREADS:
        raise RecipeError(f"threads {asked}: it must be 0 (measured at the start) to {MOST_THREADS}")
    fixed, reason = default_threads() or asked, "FIRMUS_THREADS" if default_threads() else "the recipe"
    if fixed:
        torch.set_num_threads(fixed)
        report(f"threads: {fixed}, as {reason} says")
        return

    def seconds(threads: int) -> float:
        torch.set_num_threads(threads)
        trial()
        began, steps = time.monotonic(), 0
        while not steps or (steps < TRIALS and time.monotonic() - began < PATIENCE):
            trial()
            steps += 1
        return (time.monotonic() - began) / steps

    if MOST == 1:
        return
    measured = fastest(MOST, seconds)
    best, *others = sorted(measured, key=measured.__getitem__)
    torch.set_num_threads(best)
    compared = "".join(f"; with {each}: {measured[each]:.2f} s" for each in others)
    report(f"threads: {best} ({measured[best]:.2f} s a step{compared})")


def fastest(most: int, seconds: Callable[[int], float]) -> dict[int, float]:
    """Seconds of a step by number of threads: from the largest, halved for as long as that is faster.

    Examples
    --------
    >>> fastest(8, {8: 2.0, 4: 1.1, 2: 0.9, 1: 1.3}.__getitem__)  # two cores of eight are free
    {8: 2.0, 4: 1.1, 2: 0.9, 1: 1.3}
    >>> fastest(8, {8: 0.3, 4: 0.5}.__getitem__)
    {8: 0.3, 4: 0.5}
    """
    measured, threads = {most: seconds(most)}, most
    while threads > 1 and measured[threads] == min(measured.values()):
        threads //= 2
        measured[threads] = seconds(threads)
    return measured
