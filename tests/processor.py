"""Bounds on processor time that hold on slow machines too."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOP = 0.045  # seconds of the loop below on the machine where the bounds were set


@contextmanager
def within(seconds: float, what: str = "it") -> Iterator[None]:
    """Assert that a block takes no more than some seconds of processor time, more on a machine that is slower."""
    began = time.process_time()
    yield
    taken = time.process_time() - began
    if taken >= seconds:
        bound = seconds * max(1.0, _loop() / LOOP)
        assert taken < bound, f"{what} took {taken:.1f} s of processor time, of {bound:.1f}"


def _loop() -> float:
    began = time.process_time()
    texts = {}
    for number in range(200_000):
        texts[number % 1000] = str(number)
    return time.process_time() - began
