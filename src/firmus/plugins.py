"""A folder is a registry: every public module in a package is one plug-in, found by its file name.

Nothing is imported to list names, so ``--help`` stays fast; a plug-in is imported when it is used.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType

from firmus.errors import FirmusError, unknown


@cache
def names(package: str) -> tuple[str, ...]:
    """Names of the plug-ins in a package, sorted; modules that begin with ``_`` are not plug-ins.

    Examples
    --------
    >>> "midi" in names("firmus.formats"), "_sandbox" in names("firmus.formats")
    (True, False)
    """
    path = import_module(package).__path__
    return tuple(sorted(module.name for module in pkgutil.iter_modules(path) if module.name[0] != "_"))


def load(package: str, name: str) -> ModuleType:
    """Import one plug-in.

    Raises
    ------
    FirmusError
        Where the package has no such module; the message names the nearest.
    """
    if name not in names(package):
        raise FirmusError(unknown(package.rpartition(".")[2].removesuffix("s"), name, names(package)))
    return import_module(f"{package}.{name}")
