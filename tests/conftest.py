"""Hypothesis draws the same examples in every run of CI, new ones on a developer's machine."""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("same")
