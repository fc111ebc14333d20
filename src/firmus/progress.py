"""Progress: how a caller follows what takes long."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is done, and of how much; called now and then, from the calling thread."""
