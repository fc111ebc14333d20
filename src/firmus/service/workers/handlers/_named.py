"""What a job names beside its source and target: a model that a job adapted, SoundFonts, works to compare with."""

from __future__ import annotations

import contextlib
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from firmus.errors import InvalidBrief
from firmus.production.mixer_options import values
from firmus.runtime import weights
from firmus.runtime.adapter import FILE

MOST_WORKS = 1000  # in an option that is a list of works
FONTS = ("instrument",)  # options that name SoundFonts
_ADAPTED = re.compile("job_[0-9a-f]{28}")


def named(module: ModuleType, brief: Mapping[str, Any], options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names that a request has beside its source and target, each with the field or option that it stands in.

    Raises
    ------
    InvalidBrief
    """
    model = brief.get("model")
    found = [("model", model)] if isinstance(model, str) and _ADAPTED.fullmatch(model) else []
    for option in (each for each in FONTS if each in options):
        found += [(option, each) for each in values(str(options[option]))]
    for option in getattr(module, "BESIDE", {}):
        found += [(option, each) for each in listed(option, options.get(option, []))]
    return found


def listed(option: str, works: Any) -> list[str]:
    """An option that is a list of works.

    Raises
    ------
    InvalidBrief
    """
    if not isinstance(works, list) or len(works) > MOST_WORKS:
        raise InvalidBrief(f"option {option} must be a list of up to {MOST_WORKS} works")
    return works


@contextlib.contextmanager
def adapted(files: Mapping[str, Path]) -> Iterator[None]:
    """Let the adapted models among some files be found by their names, for the duration of the block."""
    with contextlib.ExitStack() as stack:
        for name, path in files.items():
            if _ADAPTED.fullmatch(name):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="firmus-adapter-")))
                with zipfile.ZipFile(path) as archive:
                    for each in ("card.json", FILE):
                        (folder / each).write_bytes(archive.read(each))
                stack.enter_context(weights.added(name, folder))
        yield
