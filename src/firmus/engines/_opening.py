"""Loading weights with ``transformers``: local files only, complete, and without running their code."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from firmus.errors import ModelError
from firmus.runtime import external
from firmus.runtime.session import default_threads
from firmus.runtime.weights import Card


def libraries() -> tuple[Any, Any]:
    """PyTorch and transformers, offline and quiet.

    Raises
    ------
    ModelError
        Where they are not installed.
    """
    os.environ.update({"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"})
    try:
        import torch
        import transformers
    except ModuleNotFoundError as error:
        raise ModelError(f"this model needs {error.name}: pip install 'firmus[large]'") from None
    quiet: Any = transformers.utils.logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    threads = default_threads()
    if threads:
        torch.set_num_threads(threads)
    return torch, transformers


def model(card: Card, kind: str) -> tuple[Card, Any]:
    """A model of a class of transformers, for inference, and its card with the digest of its weights.

    Raises
    ------
    ModelError
        Where the weights are damaged, or do not match ``config.json``.
    """
    torch, transformers = libraries()
    try:
        network, loading_info = getattr(transformers, kind).from_pretrained(
            card.folder,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # whatever the library raises for damaged files
        first = (str(error).strip() or repr(error)).splitlines()[0]
        raise ModelError(f"{card.folder}: the weights cannot be read: {first[:200]}") from None
    missing = sorted(loading_info["missing_keys"])
    if missing:
        raise ModelError(f"{card.folder}: {missing[0]} and {len(missing) - 1} more are missing in the weights")
    return replace(card, digest=external.digest(Path(card.folder))), network.to(device(torch)).eval()


def device(torch: Any) -> str:
    """Device to compute on: ``FIRMUS_DEVICE``, else the CPU.

    Raises
    ------
    ModelError
        Where there is no such device.
    """
    name = os.environ.get("FIRMUS_DEVICE") or "cpu"
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"FIRMUS_DEVICE={name!r}: {str(error).splitlines()[0][:120]}") from None
    return name
