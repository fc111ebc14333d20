"""A Stepper: tokens in, logits of the next token out, what went before kept in a cache.

The graph (see `firmus.models.transformer.graph`) reads and writes one pre-allocated key/value buffer a layer,
bound as input and output at once: nothing is copied, and a token costs the same at the start and at the end.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.errors import ModelError
from firmus.runtime.weights import Card, card
from firmus.tokens import Integers

HEAD = 64
Logits = NDArray[np.float32]


class State:
    """Key/value buffers of one sequence and how much of them is filled."""

    def __init__(self, shape: dict[str, int], capacity: int) -> None:
        self.shape, self.capacity, self.length = shape, 0, 0
        self.buffers: dict[str, Any] = {}
        self.grow(capacity)

    def grow(self, capacity: int) -> None:
        """Make room for so many tokens, keeping what is there."""
        from onnxruntime import OrtValue

        size = (1, self.shape["key_heads"], capacity, HEAD)
        for layer in range(self.shape["layers"]):
            for kind in ("key", "value"):
                fresh = np.zeros(size, np.float32)
                if self.length:
                    fresh[:, :, : self.length] = self.buffers[f"{kind}{layer}"].numpy()[:, :, : self.length]
                self.buffers[f"{kind}{layer}"] = OrtValue.ortvalue_from_numpy(fresh)
        self.capacity = capacity


class Stepper:
    """One model in memory; safe to share between threads, since each sequence has its own `State`."""

    def __init__(self, card: Card, threads: int | None = None) -> None:
        import onnxruntime

        if card.kind != "stepper":
            raise ModelError(f"model {card.name!r} is a {card.kind}, not a stepper: it composes no sequences")
        onnxruntime.disable_telemetry_events()  # where a build has them, nothing is told to anybody
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or int(os.environ.get("FIRMUS_THREADS", "0"))
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self.card = card
        self.session = onnxruntime.InferenceSession(card.model(), options, providers=["CPUExecutionProvider"])

    def start(self, capacity: int = 2048) -> State:
        """Empty state with room for so many tokens (it grows by itself)."""
        return State(self.card.shape, capacity)

    def feed(self, tokens: Integers, slots: Integers, state: State) -> Logits:
        """Read tokens (T,) at slots (T, 3) into the state; logits (V,) of what comes next.

        A prompt and a single step are the same call.
        """
        count = len(tokens)
        if state.length + count > state.capacity:
            state.grow(max(2 * state.capacity, state.length + count))
        index = np.arange(state.length, state.length + count, dtype=np.int64)
        state.length += count
        binding = self.session.io_binding()
        binding.bind_cpu_input("tokens", np.ascontiguousarray(tokens, np.int64)[None])
        binding.bind_cpu_input("index", index[None])
        binding.bind_cpu_input("slots", np.ascontiguousarray(slots, np.int64)[None])
        binding.bind_cpu_input("last", np.array([state.length - 1], np.int32))
        binding.bind_cpu_input("total", np.array(state.length, np.int32))
        binding.bind_output("logits")
        for name, buffer in state.buffers.items():
            binding.bind_ortvalue_input(name, buffer)
            binding.bind_ortvalue_output(f"new_{name}", buffer)
        self.session.run_with_iobinding(binding)
        logits: Logits = binding.get_outputs()[0].numpy()[0]
        return logits


@lru_cache(maxsize=2)
def load(name: str) -> Stepper:
    """Model of a name, kept in memory once loaded."""
    return Stepper(card(name))
