"""The child process of `_sandbox`: parses one music file after another, within limits, until its input ends.

A request is a header (`REQUEST`: length of the format's name, length of the file, seconds of processor time),
the name and the file; an answer is a header (`ANSWER`: kind, whether the child ends now, length) and its content:
Firmus JSON of the scores, or a message. Nothing but the format asked for is imported.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import sys
from typing import BinaryIO

from firmus import plugins
from firmus.errors import FormatError
from firmus.formats.json import to_dict

try:
    import resource
except ImportError:  # Windows has none: there the parent's clock is the only limit
    resource = None  # type: ignore[assignment]

REQUEST = struct.Struct(">HQd")
ANSWER = struct.Struct(">c?Q")
SCORES, REFUSED, MEMORY, STUMBLED = b"S", b"R", b"M", b"X"
_OPEN_FILES = 32
_FULL = 1 / 4  # the child ends when it has once needed this part of its memory, so that the next file has it all


def main() -> None:
    """Answer requests from standard input; the one argument is the limit of memory in bytes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.dont_write_bytecode = True
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a reader prints goes nowhere, least of all into an answer
    memory = int(sys.argv[1])
    _limit(memory)
    while header := requests.read(REQUEST.size):
        name_size, size, seconds = REQUEST.unpack(header)
        name = requests.read(name_size).decode()
        _limit_processor(seconds)
        kind, content = _answer(name, requests.read(size))
        last = kind == MEMORY or _most_memory() > memory * _FULL
        _send(answers, kind, last, content)
        if last:
            break


def _answer(name: str, data: bytes) -> tuple[bytes, bytes]:
    try:
        scores = plugins.load("firmus.formats", name).read(data)
        return SCORES, json.dumps([to_dict(score) for score in scores], separators=(",", ":")).encode()
    except FormatError as error:
        return REFUSED, str(error).encode(errors="replace")
    except MemoryError:
        return MEMORY, b""
    except Exception as error:  # whatever a stranger's file makes a reader do, the answer is a message
        return STUMBLED, f"{type(error).__name__}: {error}".encode(errors="replace")


def _send(answers: BinaryIO, kind: bytes, last: bool, content: bytes) -> None:
    answers.write(ANSWER.pack(kind, last, len(content)))
    answers.write(content)
    answers.flush()


def _limit(memory: int) -> None:
    """Bound memory and open files; forbid writing files and core dumps."""
    if resource is None:
        return
    bounds = {"RLIMIT_AS": memory, "RLIMIT_NOFILE": _OPEN_FILES, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    for name, bound in bounds.items():
        limit = getattr(resource, name, None)
        with contextlib.suppress(ValueError, OSError):  # a platform without it, or a lower bound already set
            if limit is not None:
                resource.setrlimit(limit, (bound, bound))


def _limit_processor(seconds: float) -> None:
    """Give this request so many seconds of processor time above what the child has used."""
    if resource is None:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until = int(usage.ru_utime + usage.ru_stime + seconds) + 2
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _most_memory() -> int:
    """Bytes of memory this process has had at most; 0 where the platform does not say.

    Linux counts into ``ru_maxrss`` what the parent had before the child began, so it is asked elsewhere there.
    """
    if resource is None:
        return 0
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), 0)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main()
