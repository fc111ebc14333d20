"""Logs: one JSON object a line, on standard error. No secret, no body, no query is ever logged."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from typing import Any

_LOCK = threading.Lock()


def log(what: str, **fields: Any) -> None:
    """Write a line.

    Parameters
    ----------
    what : str
        ``"request"``, ``"job"``, ``"worker"``, ``"webhook"`` or ``"service"``.
    **fields
        Values that can be written as JSON.
    """
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() // 1_000_000 % 1000:03}Z"
    line = json.dumps({"at": at, "what": what, **fields}) + "\n"
    with _LOCK, contextlib.suppress(OSError, ValueError):  # a full disk ends the log, not the service
        sys.stderr.write(line)
        sys.stderr.flush()
