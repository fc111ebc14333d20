"""The command line: thin; each command builds a request, calls a room below, and shows what came of it.

Exit status: 0 done, 2 refused (one line on standard error), 1 our fault, 130 interrupted.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from firmus.errors import FirmusError
from firmus.translation import translate

AGAIN_SECONDS = 0.02  # until an interrupt that a library swallowed is raised again


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``firmus``; those of this process by default.

    Returns
    -------
    int
        The exit status.
    """
    from firmus.cli._options import parser

    interrupts = _Interrupts()
    try:
        options = parser().parse_args(arguments)
        options.run(options)
        sys.stdout.flush()
    except FirmusError as error:
        _complain(" ".join(str(error).split()))
        return 2
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if interrupts.seen:  # a library that was being loaded made something else of it
            _complain("interrupted")
            return 130
        if os.environ.get("FIRMUS_DEBUG"):
            raise
        _complain(f"our fault, please report: {type(error).__name__}: {error}")
        return 1
    return 0


def _complain(message: str) -> None:
    print(f"firmus: {translate(message)}", file=sys.stderr)


class _Interrupts:
    """Remembers whether Ctrl-C was pressed, beside raising ``KeyboardInterrupt`` for it.

    Raised in a function that a C library calls back (as the encoder of MP3 does), it would be printed and lost: it is
    raised again.
    """

    def __init__(self) -> None:
        self.seen = False
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._interrupt)
            self._unraisable = sys.unraisablehook
            sys.unraisablehook = self._lost

    def _lost(self, what: sys.UnraisableHookArgs) -> None:
        if what.exc_type is KeyboardInterrupt:
            threading.Timer(AGAIN_SECONDS, _interrupt_main_thread).start()
        else:
            self._unraisable(what)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        signal.default_int_handler(number, frame)


def _interrupt_main_thread() -> None:
    ident = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and ident is not None:  # also ends a system call that waits
        signal.pthread_kill(ident, signal.SIGINT)
    else:
        _thread.interrupt_main()
