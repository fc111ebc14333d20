"""Parse an untrusted file in a child process, so that a hostile one causes an error message and nothing else.

One child (`music`) is started at the first file and kept for the next; it has its own memory limit (1 GiB), a
limit of processor time, may write no file, and is killed when a file takes longer than 20 seconds
(``FIRMUS_PARSE_SECONDS`` sets another number). Where the platform has no such limits (Windows), the timeout
alone bounds it. The answer is data (Firmus JSON), validated when it becomes a Score.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from firmus import plugins
from firmus.errors import FormatError
from firmus.formats._sandbox import music
from firmus.formats.json import from_dict
from firmus.score import Score

SECONDS = 20.0
MEMORY = 1 << 30
MAX_ANSWER = 1 << 26
_ROOT = str(Path(__file__).resolve().parents[3])
_START = (  # of a child that runs `main` of a module of this package
    "import os, sys; from importlib import import_module; (root, *others), entry = sys.argv[1].split(os.pathsep), "
    "sys.argv[2]; del sys.argv[1:3]; root in sys.path or sys.path.insert(0, root); sys.path += others; "
    "import_module(f'firmus.formats._sandbox.{entry}').main()"
)


def read(format_name: str, data: bytes) -> list[Score]:
    """Read every tune of a file in the child process.

    Parameters
    ----------
    format_name : str
        A plug-in of `firmus.formats`, such as ``"midi"``.
    data : bytes

    Raises
    ------
    FormatError
        The reader's message; or that the file took too long, needed too much memory, or made the reader crash.
    """
    return _SHARED.read(format_name, data, _seconds())


def close() -> None:
    """End the child process; the next `read` starts another."""
    _SHARED.close()


def spawn(entry: str, *arguments: str, stdin: int) -> subprocess.Popen[bytes]:
    """Start a child process without this one's environment, which answers on its standard output.

    Parameters
    ----------
    entry : str
        The module of this package whose ``main`` it runs: ``"music"`` or ``"sound"``.
    *arguments : str
        Its ``sys.argv``; limits among them.
    stdin : int
        A file descriptor, or `subprocess.PIPE`.
    """
    roots = os.pathsep.join([_ROOT, *plugins.roots("firmus.formats")])
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START, roots, entry, *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,  # so that a fork in the middle of a file has nothing to flush into our pipe
        cwd=os.path.abspath(os.sep),
        env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
    )


def _seconds() -> float:
    text = os.environ.get("FIRMUS_PARSE_SECONDS", "")
    try:
        seconds = float(text or SECONDS)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise FormatError(f"FIRMUS_PARSE_SECONDS={text!r}: it must be a number of seconds above 0, up to 3600")
    return seconds


class Sandbox:
    """A child process that reads files one at a time; safe to share between threads, restarted when it dies.

    Parameters
    ----------
    memory : int
        Bytes of address space that the child may have.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self.memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Process number of the child; None where none is running."""
        return self._process.pid if self._process else None

    def read(self, format_name: str, data: bytes, seconds: float = SECONDS) -> list[Score]:
        """Read a file; see the function `read`."""
        with self._lock:
            kind, content = self._ask(format_name, data, seconds)
        if kind == music.SCORES:
            return [from_dict(document) for document in json.loads(content)]
        if kind == music.MEMORY:
            raise FormatError(self._memory_failure())
        message = content.decode(errors="replace")
        if kind == music.CRASHED:
            message = f"the {format_name} reader stumbles over it ({message})"
        raise FormatError(" ".join(message.splitlines()))

    def close(self) -> None:
        """End the child; a later `read` starts another."""
        with self._lock:
            self._stop()

    def forget(self) -> None:
        """Leave the child to the process that started it; called in a fork."""
        process, self._process = self._process, None
        self._lock = threading.Lock()
        if process:
            process.returncode = 0
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def _ask(self, format_name: str, data: bytes, seconds: float) -> tuple[bytes, bytes]:
        """Send one file to a living child; the kind and the content of its answer."""
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = spawn("music", str(self.memory), stdin=subprocess.PIPE)
        process, timed_out = self._process, threading.Event()

        def kill() -> None:
            timed_out.set()
            process.kill()

        timer = threading.Timer(seconds, kill)
        timer.start()
        answer = None
        try:
            answer = _exchange(process, format_name, data, seconds)
        except OSError:
            pass  # the child died: reported below
        finally:
            timer.cancel()
            timer.join()  # or it might kill the child while the next file is read
            if answer is None or answer[1] or timed_out.is_set():
                process.kill()
                self._stop()
        if answer:
            return answer[0], answer[2]
        raise FormatError(self._failure(process.returncode, seconds, timed_out=timed_out.is_set()))

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _failure(self, returncode: int, seconds: float, *, timed_out: bool) -> str:
        """Message for a missing answer."""
        if timed_out or returncode == -getattr(signal, "SIGXCPU", 0):
            return f"it took more than {seconds:g} s to read"
        return f"the reader crashed on it ({f'signal {-returncode}' if returncode < 0 else f'exit {returncode}'})"

    def _memory_failure(self) -> str:
        return f"it needed more than {self.memory / (1 << 30):g} GiB of memory to read"


def _exchange(
    process: subprocess.Popen[bytes], format_name: str, data: bytes, seconds: float
) -> tuple[bytes, bool, bytes] | None:
    """Send a file and receive the answer: its kind, whether the child ends, its content; None where it died."""
    requests, answers = process.stdin, process.stdout
    if requests is None or answers is None:
        return None
    name = format_name.encode()
    for content in (music.REQUEST.pack(len(name), len(data), seconds) + name, data):
        remaining = memoryview(content)
        while remaining:
            remaining = remaining[requests.write(remaining) :]
    header = _receive(answers, music.ANSWER.size)
    if len(header) < music.ANSWER.size:
        return None
    kind, last, size = music.ANSWER.unpack(header)
    if size > MAX_ANSWER:
        return music.REFUSED, True, f"its notes fill {size:,} bytes: {MAX_ANSWER:,} are the most".encode()
    content = _receive(answers, size)
    return (kind, last, content) if len(content) == size else None


def _receive(answers: IO[bytes], size: int) -> bytes:
    """Read so many bytes, or those before the end."""
    content = bytearray()
    while len(content) < size and (more := answers.read(size - len(content))):
        content += more
    return bytes(content)


_SHARED = Sandbox()
atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.forget)
