"""``firmus doctor``: looks whether everything is there that Firmus needs, and whole."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from firmus.cli._words import say
from firmus.errors import FirmusError
from firmus.translation import translate

Finding = tuple[str, str]
NEEDED = ("numpy", "scipy", "onnxruntime", "defusedxml", "soundfile", "verovio", "resvg_py", "typst")
ROOM = 200_000_000  # bytes of disk below which writing pieces is in danger


def doctor(options: argparse.Namespace) -> None:
    """Look at the installation, the models and, where there is one, the service's data folder."""
    findings = [*_installed(), *_models(), *_sound(), *_disk(), *_served(Path(options.data))]
    faults = [each for each in findings if each[1]]
    if options.json:
        print(json.dumps({"found": [{"what": what, "fault": fault or None} for what, fault in findings]}))
    elif not options.quiet:
        for what, fault in findings:
            shown = translate(what) + (f": {translate(fault)}" if fault else "")
            print(f"{'✗' if fault else '✓'} {shown}")
    if faults:
        raise FirmusError(say("faults").format(count=len(faults)))


def _installed() -> Iterator[Finding]:
    from importlib import import_module

    yield f"Python {'.'.join(map(str, sys.version_info[:3]))}", "" if sys.version_info >= (3, 11) else "3.11 is needed"
    for name in NEEDED:
        try:
            import_module(name)
        except Exception as error:  # whatever hinders it is what is wrong
            yield name, f"{type(error).__name__}: {error}"
        else:
            yield name, ""


def _models() -> Iterator[Finding]:
    from firmus.runtime.weights import cards

    try:
        all_cards = cards()
    except FirmusError as error:
        yield say("weights"), str(error)
        return
    for card in all_cards.values():
        try:
            for path in sorted(card.folder.glob("*.onnx")):
                card.model(path.stem)
        except FirmusError as error:
            yield card.name, str(error)
        else:
            yield card.name, ""
    if not all_cards:
        yield say("weights"), say("no models")


def _sound() -> Iterator[Finding]:
    from firmus.render import synth
    from firmus.score import Note, Part, Score

    try:
        sound = synth.render(Score((Part("", (Note(0, 480, 60),)),)))
        yield say("sounding"), "" if sound.samples.any() else say("silent")
    except Exception as error:  # whatever hinders it is what is wrong
        yield say("sounding"), f"{type(error).__name__}: {error}"


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free
    fault = "" if free > ROOM else say("room").format(free=free // 1_000_000)
    yield say("this folder"), fault or ("" if os.access(Path.cwd(), os.W_OK) else say("read-only"))


def _served(data: Path) -> Iterator[Finding]:
    if not data.is_dir():
        return
    try:
        from firmus.service.storage import checkup
    except ModuleNotFoundError as error:
        yield str(data), f"pip install 'firmus[service]' ({error.name})"
        return
    for what, fault in checkup.look(data):
        yield f"{data}: {what}", fault
