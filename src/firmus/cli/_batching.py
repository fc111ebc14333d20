"""A batch, in lines: how fast it goes, and what came of it."""

from __future__ import annotations

import argparse
import json
import sys
import time

from firmus.cli._output import ProgressLine
from firmus.cli._words import say
from firmus.translation import translate

MOST_LEFT_OUT = 10
LOGGED = 60.0  # seconds between two lines of a log
NOT_OPTIONS = ("run", "task", "explain", "force", "json", "quiet")


class _Rate(ProgressLine):
    """Says how many works an hour are made, and how long it still takes; in a log, once in a while."""

    def __init__(self, quiet: bool) -> None:
        super().__init__(quiet, "work of")
        self._begun = self._said = time.monotonic()
        self._first: int | None = None

    def __call__(self, title: str, done: int, total: int) -> None:
        """Say how far it is."""
        now = time.monotonic()
        if title != "works":  # what is there is read
            super().__call__(title, done, total)
            self._begun = now
            return
        self._first = done - 1 if self._first is None else self._first
        rate = (done - self._first) / max(now - self._begun, 1e-3)
        line = say("works made").format(done=done, total=total, rate=3600 * rate, minutes=(total - done) / rate / 60)
        self.note(line)
        if self.is_summarised and not self.is_live and now - self._said > LOGGED:
            self._said = now
            print(line, file=sys.stderr, flush=True)


def batch(options: argparse.Namespace) -> None:
    """Compose the works of a plan, or of options alone."""
    from firmus.tasks import batch as task

    given = {name: value for name, value in vars(options).items() if value is not None and name not in NOT_OPTIONS}
    show = _Rate(options.quiet)
    try:
        made = task.batch(**given, progress=show)
    finally:
        show.end()
    if options.json:
        print(json.dumps({"task": options.task, **made.as_dict()}, ensure_ascii=False))
        return
    if options.quiet:
        return
    for name, reason in list(made.unread.items())[:MOST_LEFT_OUT]:
        print(say("left out").format(path=name, reason=translate(reason)), file=sys.stderr)
    if (more := len(made.unread) - MOST_LEFT_OUT) > 0:
        print(say("more left out").format(more=more), file=sys.stderr)
    print("\n".join(str(path) for path in made.files))
    for number, reason in list(made.left_out.items())[:MOST_LEFT_OUT]:
        print("  " + say("no work").format(number=number, reason=translate(reason)))
    if made.made:
        print("  " + say("batch rate").format(made=made.made, rate=made.an_hour, minutes=made.music / 60))
    print("  " + say("batch is").format(works=made.works, left_out=len(made.left_out), folder=made.folder))
