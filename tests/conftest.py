"""Hypothesis draws the same examples in every run of CI, new ones on a developer's machine.

Tests run beside each other, so each trains on one thread: two that share a core wait for one another.
"""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("same", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("same")
