"""A Ray cluster: connecting to it, checking that it requires a token, and mapping a function over many items.

Ray's messages are pickled, and whoever reaches one of its ports controls every machine (CVE-2023-48022). Ray listens on
the network even if it is given 127.0.0.1. So a cluster is used only with a token, and only if it rejects clients
without one.
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

CONNECT_TIMEOUT = 5.0  # seconds in which a cluster must answer
PROBE_TIMEOUT = 30.0  # seconds in which it must accept or reject a client without a token
BLOCKS_PER_CPU = 4  # blocks of items that each processor gets, one after another
PROBE = "import sys, ray; ray.init(sys.argv[1], log_to_driver=False, logging_level=50); print('let in', flush=True)"


def facts() -> dict[str, str]:
    """Versions that must be equal on two machines for them to give the same results."""
    libraries = {name: version(name) for name in ("numpy", "onnxruntime", "soundfile", "verovio", "typst")}
    return {"firmus": __version__, **libraries, **{f"model {name}": card.digest[:12] for name, card in cards().items()}}


def check(required: Mapping[str, str]) -> None:
    """Reject a service whose installation differs from that of this machine.

    Parameters
    ----------
    required : mapping of str to str
        The `facts` of the service's machine.

    Raises
    ------
    FirmusError
    """
    local, host = facts(), socket.gethostname()
    for name in sorted(local.keys() | required.keys()):
        if local.get(name) != required.get(name):
            raise FirmusError(f"{name} is {local.get(name)} on {host}, and {required.get(name)} where it is asked")


def connect(address: str) -> Any:
    """Connect to a cluster that this machine is part of, unless already connected; the module ``ray``.

    Parameters
    ----------
    address : str
        ``HOST:PORT`` of its head.

    Raises
    ------
    FirmusError
        If Ray is not installed, there is no token, the cluster does not answer or accepts clients without a token.
    """
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")  # each machine writes its own logs
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # a timer call starts no cluster of its own
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
    reachable = _reachable_address(address, ray.util.get_node_ip_address())
    _require_token(reachable)
    try:
        ray.init(reachable, log_to_driver=False, configure_logging=False, logging_level=50)
    except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
        raise FirmusError(f"cluster {address}: {_reason(error)}") from None
    return ray


def spread(address: str) -> Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]:
    """Connect to a cluster; a function like `map`, in order, that runs on its machines (Ray Data).

    Raises
    ------
    FirmusError
        As `connect`; later, if the installation of a machine differs from this one, or the cluster fails.
    """
    ray = connect(address)

    def parallel_map(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        if not items:
            return
        data = import_module("ray.data")
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        context = data.DataContext.get_current()
        context.enable_progress_bars, context.execution_options.preserve_order = False, True
        blocks = min(len(items), BLOCKS_PER_CPU * max(1, round(ray.cluster_resources().get("CPU", 1))))
        rows = [{"item": pickle.dumps(each)} for each in items]
        try:
            for row in (
                data.from_items(rows, override_num_blocks=blocks).map(_RowFunction(function, facts())).iter_rows()
            ):
                result, error = pickle.loads(row["outcome"])  # noqa: S301  as Ray itself does
                if error is not None:
                    raise error
                yield result
        except ray.exceptions.RayError as error:
            raise FirmusError(f"cluster {address}: {' '.join(str(error).split())[-300:]}") from None

    return parallel_map


class _RowFunction:
    """A function, as a machine of the cluster applies it to one row."""

    def __init__(self, function: Callable[[Any], Any], required: dict[str, str]) -> None:
        self.function, self.required = function, required
        self.is_checked = False

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        try:
            if not self.is_checked:
                check(self.required)
                self.is_checked = True
            outcome: tuple[Any, Exception | None] = self.function(pickle.loads(row["item"])), None  # noqa: S301
        except Exception as error:
            outcome = None, error
        return {"outcome": pickle.dumps(outcome)}


def _reachable_address(address: str, local_ip: str) -> str:
    """The address in Ray's form, if anything listens there."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise FirmusError(f"cluster {address!r} must be HOST:PORT of its head, such as 192.0.2.1:6379")
    host = local_ip if host in ("localhost", "127.0.0.1") else host
    try:
        with socket.create_connection((host, int(port)), CONNECT_TIMEOUT):
            return f"{host}:{port}"
    except (OSError, OverflowError) as error:
        raise FirmusError(
            f"cluster {address} does not answer ({error}): is it started there, by ray start --head --port {port}?"
        ) from None


def _require_token(address: str) -> None:
    """Reject a cluster that accepts a client without a token, by trying to connect as one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    with subprocess.Popen(
        [sys.executable, "-c", PROBE, address],
        env={**environment, "RAY_AUTH_MODE": "disabled"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        errors="replace",
    ) as probe:
        timer = threading.Timer(PROBE_TIMEOUT, probe.kill)
        timer.start()
        verdict = next((line for line in probe.stdout or () if "let in" in line or "InvalidAuthToken" in line), "")
        timer.cancel()
        probe.kill()
    if "let in" in verdict:
        raise FirmusError(f"cluster {address} lets anybody in: start every machine of it with RAY_AUTH_MODE=token")
    if not verdict:
        raise FirmusError(f"cluster {address} does not answer as Ray {version('ray')} does")


def _reason(error: BaseException | None) -> str:
    """The likely reason, in one line."""
    lines: list[str] = []
    while error is not None:
        if "InvalidAuthToken" in str(error):
            return "its token is another: RAY_AUTH_TOKEN or ~/.ray/auth_token must be the same on every machine"
        if "match this node" in str(error):
            return "this machine is no part of it: ray start --address=HOST:PORT first"
        lines += str(error).split("\n")[:1]
        error = error.__cause__
    return lines[0]
