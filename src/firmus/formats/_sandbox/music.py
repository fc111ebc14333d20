"""The child process of `process.Sandbox`: parses one music file after another, within limits, until its input ends.

A request is a header (`REQUEST`: length of the format's name, length of the file, seconds of processor time),
the name and the file; an answer is a header (`ANSWER`: kind, whether the child ends now, length) and its content:
Firmus JSON of the scores, or a message. Nothing but the format asked for is imported.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from typing import BinaryIO

from firmus import plugins
from firmus.errors import FormatError
from firmus.formats._sandbox import limits
from firmus.formats.json import to_dict

REQUEST = struct.Struct(">HQd")
ANSWER = struct.Struct(">c?Q")
SCORES, REFUSED, MEMORY, CRASHED = b"S", b"R", b"M", b"X"
_MEMORY_SHARE = 1 / 4  # of its memory, beyond which a child is replaced, so that the next file has all of it


def main() -> None:
    """Answer requests from standard input; the one argument is the limit of memory in bytes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.dont_write_bytecode = True
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output that a reader prints must not reach an answer
    memory = int(sys.argv[1])
    limits.limit(memory)
    while header := requests.read(REQUEST.size):
        name_size, size, seconds = REQUEST.unpack(header)
        name = requests.read(name_size).decode()
        limits.limit_processor(seconds)
        kind, content = _answer(name, requests.read(size))
        last = kind == MEMORY or limits.peak_memory() > memory * _MEMORY_SHARE
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
    except Exception as error:  # whatever a reader raises, the answer is a message
        return CRASHED, f"{type(error).__name__}: {error}".encode(errors="replace")


def _send(answers: BinaryIO, kind: bytes, last: bool, content: bytes) -> None:
    answers.write(ANSWER.pack(kind, last, len(content)))
    answers.write(content)
    answers.flush()


if __name__ == "__main__":
    main()
