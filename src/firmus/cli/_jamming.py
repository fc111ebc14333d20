"""Playing together at MIDI ports, or with a recorded take."""

from __future__ import annotations

import argparse
import json
import queue
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.cli._output import show_paths
from firmus.cli._words import say
from firmus.translation import translate

if TYPE_CHECKING:
    from firmus.work import Work

PANIC = "p"
TEMPO = 100.0
AGREED = ("plays", "style", "key", "meter", "tempo", "steady", "chords", "seed")


def jam(options: argparse.Namespace) -> None:
    """List the ports, play along with a take, or play until it is ended."""
    from firmus.live import ports
    from firmus.tasks import jam as task

    if options.ports:
        _list(options)
        return
    given = {name: getattr(options, name) for name in AGREED}
    given = {name: value for name, value in given.items() if value not in (None, False, "")}
    if options.play:
        _check(options)
        _save(options, task.jam(options.play, **given), "jam")
        return
    if options.out:
        _check(options)
    found = task.setup(**{"tempo": TEMPO, **given}, count_in=not options.no_count_in)
    opened = ports.open_ports(options.keyboard, options.to, clock_out=options.clock)
    if not options.quiet:
        print(say("jamming"), file=sys.stderr)
    session, error = task.live(found, opened, lambda line: _notify(options, line), _typed())
    _figures(options, session)
    if options.out and session.listener.notes:
        _save(options, task.work(session, "Jam", given), "jam")
    if error:
        raise error


def _list(options: argparse.Namespace) -> None:
    from firmus.live import ports

    inputs, outputs = ports.names()
    if options.json:
        print(json.dumps({"inputs": inputs, "outputs": outputs}, ensure_ascii=False))
        return
    for title, names in ((say("midi inputs"), inputs), (say("midi outputs"), outputs)):
        print(title)
        print("\n".join(f"  {number} {name}" for number, name in enumerate(names, 1)) or "  " + say("none there"))


def _check(options: argparse.Namespace) -> None:
    """Refuse, before anything is played, what could not be written."""
    from firmus.render import files

    files.names(options.formats.split(",") if options.formats else None)
    if options.out:
        files.check_free(Path(options.out), options.force)


def _save(options: argparse.Namespace, work: Work, name: str) -> None:
    from firmus.render import files

    folder = Path(options.out) if options.out else files.free_folder(Path("out") / name)
    endings = options.formats.split(",") if options.formats else None
    show_paths(options, work.save(folder, force=options.force, endings=endings))


def _figures(options: argparse.Namespace, session: Any) -> None:
    """Say how well it kept up."""
    figures = session.figures
    if not options.quiet and figures.levels:
        level = max(figures.levels)
        line = say("kept up").format(rate=figures.hit_rate, level=level, late=session.scheduler.late)
        print(line, file=sys.stderr)


def _notify(options: argparse.Namespace, line: str) -> None:
    if not options.quiet:
        print(translate(line), file=sys.stderr, flush=True)


def _typed() -> Any:
    """What gives the letters that are typed, one at a time; nothing where there is no keyboard."""
    letters: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            letters.put(line.strip().lower()[:1] or PANIC)

    threading.Thread(target=read, daemon=True).start()

    def typed() -> str:
        try:
            return letters.get_nowait()
        except queue.Empty:
            return ""

    return typed
