"""The cache folder of the user: what can be made anew at any time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

VARIABLE = "FIRMUS_CACHE"


def cache_folder() -> Path:
    """``FIRMUS_CACHE``, or the folder that the system has for it."""
    import platformdirs

    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    return platformdirs.user_cache_path("firmus", appauthor=False)


def kept(folder: Path, make: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Arrays that are kept in a folder, memory-mapped; made where they are absent or damaged.

    They are written beside it and renamed, so that nobody reads half of them. Where nothing can be written, they are
    in memory alone.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (1, 2):
    ...         arrays = kept(Path(folder) / "squares", lambda: {"of": np.arange(number + 2) ** 2})
    ...         print(arrays["of"].tolist())
    ...     del arrays
    [0, 1, 4]
    [0, 1, 4]
    """
    try:
        return _read(folder)
    except (OSError, ValueError, EOFError):  # absent, cut off, or changed
        arrays = make()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError:
        return arrays
    try:
        for name, array in arrays.items():
            np.save(temporary / f"{name}.npy", array, allow_pickle=False)
        (temporary / "names").write_text("\n".join(f"{name} {array.nbytes}" for name, array in arrays.items()))
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
        return _read(folder)
    except OSError:
        return arrays
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _read(folder: Path) -> dict[str, NDArray[Any]]:
    arrays = {}
    for line in (folder / "names").read_text().splitlines():
        name, size = line.split()
        array = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        if array.nbytes != int(size):
            raise ValueError(name)
        arrays[name] = array
    return arrays
