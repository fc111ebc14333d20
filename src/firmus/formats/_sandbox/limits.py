"""Limits of a child process that reads an untrusted file: memory, processor time, no right to write."""

from __future__ import annotations

import contextlib
import sys

try:
    import resource
except ImportError:  # Windows has none: there the parent's timeout is the only limit
    resource = None  # type: ignore[assignment]

OPEN_FILES = 32


def limit(memory: int) -> None:
    """Bound memory and open files; forbid writing files and core dumps."""
    if resource is None:
        return
    bounds = {"RLIMIT_AS": memory, "RLIMIT_NOFILE": OPEN_FILES, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    for name, bound in bounds.items():
        limit = getattr(resource, name, None)
        with contextlib.suppress(ValueError, OSError):  # a platform without it, or a lower bound already set
            if limit is not None:
                resource.setrlimit(limit, (bound, bound))


def limit_processor(seconds: float) -> None:
    """Give this request so many seconds of processor time above what the child has used."""
    if resource is None:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    deadline = int(usage.ru_utime + usage.ru_stime + seconds) + 2
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (deadline, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def peak_memory() -> int:
    """Peak memory of this process in bytes; 0 where the platform does not report it.

    Linux counts into ``ru_maxrss`` what the parent had before the child began, so it is read from elsewhere there.
    """
    if resource is None:
        return 0
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
