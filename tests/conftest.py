"""Hypothesis draws the same examples in every run of CI, new ones on a developer's machine.

Tests run beside each other, so each trains and composes on one thread: two that share a core wait for one another.
"""

import os
import tempfile

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("FIRMUS_THREADS", "1")
os.environ["FIRMUS_KEY"] = tempfile.mkdtemp(prefix="firmus-key-")  # no test touches the key of this machine's user
# How fast a machine is says nothing about the code: a busy one fails no test.
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("any", **UNHURRIED)
settings.register_profile("same", derandomize=True, **UNHURRIED)
settings.load_profile("any")
if os.environ.get("CI"):
    settings.load_profile("same")


@pytest.fixture(scope="session")
def machines():
    """A cluster of Ray on this machine, shared by all tests that are marked so; they run one after another."""
    from machines import Machines

    running = Machines()
    yield running
    running.stop()
