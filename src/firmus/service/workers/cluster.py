"""A cluster of machines, joined by Ray: how it is reached, who is refused, and how it does the same to many things.

What goes over Ray is pickled, and whoever reaches one of its ports has every machine of it (CVE-2023-48022). Ray
listens on the network even where it is told 127.0.0.1. So a cluster is spoken to only with a token, and only where it
turns away those who have none.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

from firmus._version import __version__
from firmus.errors import FirmusError
from firmus.runtime.weights import cards

PATIENCE = 5.0  # seconds in which a cluster must answer
CARE = 30.0  # seconds in which it must let a stranger in or turn him away
BLOCKS = 4  # that each processor gets of many things, one after another
STRANGER = "import sys, ray; ray.init(sys.argv[1], log_to_driver=False, logging_level=50); print('let in', flush=True)"


def facts() -> dict[str, str]:
    """What must be the same on two machines for the same to come of the same on both."""
    found = {name: version(name) for name in ("numpy", "onnxruntime", "soundfile", "verovio")}
    return {"firmus": __version__, **found, **{f"model {name}": card.digest[:12] for name, card in cards().items()}}


def check(wanted: Mapping[str, str]) -> None:
    """Refuse a server that is not installed as this machine is.

    Raises
    ------
    FirmusError
    """
    here, name = facts(), socket.gethostname()
    for what in sorted(here.keys() | wanted.keys()):
        if here.get(what) != wanted.get(what):
            raise FirmusError(f"{what} is {here.get(what)} on {name}, and {wanted.get(what)} where it is asked")


def connect(address: str) -> Any:
    """Join a cluster that this machine is part of, unless it has been joined; Ray itself.

    Parameters
    ----------
    address : str
        ``HOST:PORT`` of its head.

    Raises
    ------
    FirmusError
        Where Ray is not installed, there is no token, the cluster does not answer or lets anybody in.
    """
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")  # what machines report goes into their own logs
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # tells nobody
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # what comes too late starts no cluster of its own
    try:
        ray: Any = import_module("ray")
    except ModuleNotFoundError as error:
        raise FirmusError(f"a cluster needs {error.name}: pip install 'firmus[cluster]'") from None
    if ray.is_initialized():
        return ray
    if os.environ.get("RAY_AUTH_MODE") != "token":
        raise FirmusError(
            f"cluster {address}: without a token whoever reaches Ray may run anything; "
            "set RAY_AUTH_MODE=token here and on every machine"
        )
    found = _reached(address, ray.util.get_node_ip_address())
    _refuse_open(found)
    try:
        ray.init(found, log_to_driver=False, configure_logging=False, logging_level=50)
    except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
        raise FirmusError(f"cluster {address}: {_told(error)}") from None
    return ray


def spread(address: str) -> Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]:
    """Join a cluster; what does as `map` does, in order, on its machines (Ray Data).

    Raises
    ------
    FirmusError
        As `connect`; later, where a machine is not installed as this one, or the cluster breaks.
    """
    ray = connect(address)

    def over(function: Callable[[Any], Any], things: Sequence[Any]) -> Iterator[Any]:
        if not things:
            return
        data = import_module("ray.data")
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        context = data.DataContext.get_current()
        context.enable_progress_bars, context.execution_options.preserve_order = False, True
        blocks = min(len(things), BLOCKS * max(1, round(ray.cluster_resources().get("CPU", 1))))
        packed = [{"thing": pickle.dumps(each)} for each in things]
        try:
            for row in data.from_items(packed, override_num_blocks=blocks).map(_Doing(function, facts())).iter_rows():
                made, error = pickle.loads(row["made"])  # noqa: S301  what Ray itself would do
                if error is not None:
                    raise error
                yield made
        except ray.exceptions.RayError as error:
            raise FirmusError(f"cluster {address}: {' '.join(str(error).split())[-300:]}") from None

    return over


class _Doing:
    """A function, as the machines of a cluster do it to one row."""

    def __init__(self, function: Callable[[Any], Any], wanted: dict[str, str]) -> None:
        self.function, self.wanted = function, wanted
        self.is_checked = False

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        try:
            if not self.is_checked:
                check(self.wanted)
                self.is_checked = True
            made: tuple[Any, Exception | None] = self.function(pickle.loads(row["thing"])), None  # noqa: S301
        except Exception as error:
            made = None, error
        return {"made": pickle.dumps(made)}


def _reached(address: str, here: str) -> str:
    """The address as Ray wants it, if anybody listens there."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise FirmusError(f"cluster {address!r} must be HOST:PORT of its head, such as 192.0.2.1:6379")
    host = here if host in ("localhost", "127.0.0.1") else host
    try:
        with socket.create_connection((host, int(port)), PATIENCE):
            return f"{host}:{port}"
    except (OSError, OverflowError) as error:
        raise FirmusError(
            f"cluster {address} does not answer ({error}): is it started there, by ray start --head --port {port}?"
        ) from None


def _refuse_open(address: str) -> None:
    """Refuse a cluster that lets in one who has no token: it is tried."""
    unknown = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    with subprocess.Popen(
        [sys.executable, "-c", STRANGER, address], env={**unknown, "RAY_AUTH_MODE": "disabled"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
    ) as stranger:  # fmt: skip
        late = threading.Timer(CARE, stranger.kill)
        late.start()
        told = next((line for line in stranger.stdout or () if "let in" in line or "InvalidAuthToken" in line), "")
        late.cancel()
        stranger.kill()
    if "let in" in told:
        raise FirmusError(f"cluster {address} lets anybody in: start every machine of it with RAY_AUTH_MODE=token")
    if not told:
        raise FirmusError(f"cluster {address} does not answer as Ray {version('ray')} does")


def _told(error: BaseException | None) -> str:
    """The likely reason, in a line."""
    lines: list[str] = []
    while error is not None:
        if "InvalidAuthToken" in str(error):
            return "its token is another: RAY_AUTH_TOKEN or ~/.ray/auth_token must be the same on every machine"
        if "match this node" in str(error):
            return "this machine is no part of it: ray start --address=HOST:PORT first"
        lines += str(error).split("\n")[:1]
        error = error.__cause__
    return lines[0]
