"""A folder is a registry: every public module or package in a package is one plug-in, found by its name.

Others add theirs by an entry point of the package's name, such as that of a style::

    [project.entry-points."firmus.composing.styles"]
    waltz = "their_package.waltz"

Nothing is imported to list names, so ``--help`` stays fast; a plug-in is imported when it is used. Ours come first: an
entry point cannot replace a plug-in of Firmus.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from firmus.errors import FirmusError, unknown

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@cache
def names(package: str) -> tuple[str, ...]:
    """Names of the plug-ins of a package, sorted; modules that begin with ``_`` are not plug-ins.

    Examples
    --------
    >>> "midi" in names("firmus.formats"), "_sandbox" in names("firmus.formats")
    (True, False)
    """
    return tuple(sorted({*_own(package), *_others(package)}))


def load(package: str, name: str) -> ModuleType:
    """Import one plug-in.

    Raises
    ------
    FirmusError
        Where the package has no such plug-in (the message names the nearest), or where one of others fails to load.
    """
    if name in _own(package):
        return import_module(f"{package}.{name}")
    if name not in _others(package):
        raise FirmusError(unknown(package.rpartition(".")[2].removesuffix("s"), name, names(package)))
    point = _others(package)[name]
    try:
        module: ModuleType = point.load()
    except Exception as error:
        distribution = point.dist.name if point.dist else point.value
        raise FirmusError(f"the plug-in {name!r} of {distribution} fails to load: {error!r}") from error
    return module


def roots(package: str) -> list[str]:
    """Folders in which the plug-ins of others lie, for a process that does not know this one's path."""
    return sorted({str(point.dist.locate_file("")) for point in _others(package).values() if point.dist})


@cache
def _own(package: str) -> frozenset[str]:
    path = import_module(package).__path__
    return frozenset(module.name for module in pkgutil.iter_modules(path) if module.name[0] != "_")


@cache
def _others(package: str) -> dict[str, EntryPoint]:
    """Entry points of others in the group of a package's name."""
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=package)}
