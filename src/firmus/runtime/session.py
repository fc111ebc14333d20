"""Sessions of ONNX Runtime, for every kind of model.

``FIRMUS_THREADS`` is the default number of threads of a session.
"""

from __future__ import annotations

import os
from typing import Any

from firmus.errors import ModelError
from firmus.runtime.weights import Card

MOST_THREADS = 1024


def default_threads() -> int:
    """Threads that ``FIRMUS_THREADS`` asks for; 0, where it is unset, for as many as there are cores.

    Raises
    ------
    ModelError
        Where it is no such number.
    """
    text = os.environ.get("FIRMUS_THREADS") or "0"
    if not text.isdecimal() or int(text) > MOST_THREADS:
        raise ModelError(f"FIRMUS_THREADS={text!r}: it must be a whole number, 0 (every core) to {MOST_THREADS}")
    return int(text)


def session(card: Card, graph: str = "model", threads: int | None = 0) -> Any:
    """An ``onnxruntime.InferenceSession`` of one graph of a model, on the CPU.

    Parameters
    ----------
    card : Card
    graph : str
        ``"model"``, or one of a latent model's graphs.
    threads : int
        0 for ``FIRMUS_THREADS``, and where that is unset for as many as there are cores.

    Raises
    ------
    ModelError
        Where the file is missing, or is not what the card says.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # in builds that have telemetry
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or default_threads()
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if _is_idle() else "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(card.model(graph), options, providers=["CPUExecutionProvider"])


def _is_idle() -> bool:
    """Whether the machine has idle cores: spinning of waiting threads speeds up by half there, and slows down else.

    Measured on two cores, a token with two threads: 0.69 ms spinning and 1.06 ms not; beside two busy processes 1.78 ms
    spinning and 1.04 ms not.
    """
    if not hasattr(os, "getloadavg"):
        return True
    return os.getloadavg()[0] < 0.75 * (os.cpu_count() or 1)
