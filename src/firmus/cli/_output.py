"""What commands write and show: files, JSON, and how far they are."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.cli._words import say
from firmus.translation import translate

if TYPE_CHECKING:
    from firmus.score import Score


def read_tune(options: argparse.Namespace, name: str) -> Score:
    """Read the tune that is asked for of a file; of a file of several, say which it is."""
    from firmus import formats

    scores = formats.read_all(name)
    score = formats.pick(scores, options.tune)
    if len(scores) > 1 and not options.quiet:
        title = f" ({score.title})" if score.title else ""
        print(say("of a book").format(tune=options.tune, count=len(scores), title=title), file=sys.stderr)
    return score


def read_score(options: argparse.Namespace, name: str) -> Score:
    """Read the tune that is asked for, quantised where that is asked for; say where it looks played in."""
    from firmus.analysis import quantisation

    score = read_tune(options, name)
    if options.quantise and quantisation.check(options.quantise) != "off":
        return quantisation.quantise(score, options.quantise).score
    if not options.quantise and not options.quiet and quantisation.is_played(score):
        print(say("played in").format(name=name), file=sys.stderr)
    return score


def say_what_lacks(options: argparse.Namespace, score: Score, paths: list[Path], asked: list[str] | None) -> None:
    """Say where a picture that was written lacks letters of the title, or was left out of what was asked for."""
    from firmus.render import engrave, fonts

    if not options.quiet and engrave.is_too_long(score) and (asked is None or {"svg", "pdf"} & set(asked)):
        print(say("too long").format(count=sum(len(part.notes) for part in score.parts)), file=sys.stderr)
    words = " ".join((score.title, score.composer, *(part.name for part in score.parts)))
    drawn = any(path.suffix in (".pdf", ".png") for path in paths)
    if drawn and not options.quiet and fonts.lacks_chinese(words):
        print(say("no font"), file=sys.stderr)


class ProgressLine:
    """One line on standard error that is written over; silent where nobody looks."""

    def __init__(self, quiet: bool, unit: str = "bar") -> None:
        self.unit = unit
        self.is_live = not quiet and sys.stderr.isatty()
        self.is_summarised = not quiet

    def __call__(self, title: str, done: int, total: int) -> None:
        """Say how far it is."""
        name, blank, number = title.partition(" ")
        title = translate(name) + blank + number
        if self.is_live:
            self.note(f"{title}: " + say(self.unit).format(done=done, total=total))
        elif self.is_summarised and done == total:
            print(f"{title}: " + say(self.unit).format(done=done, total=total), file=sys.stderr)

    def note(self, text: str) -> None:
        """Replace the line."""
        if self.is_live:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave an empty line."""
        if self.is_live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def show_paths(options: argparse.Namespace, paths: list[Path]) -> None:
    if options.json:
        print(json.dumps({"task": options.task, "files": [str(path) for path in paths]}, ensure_ascii=False))
    elif not options.quiet:
        print("\n".join(str(path) for path in paths))


def write_pages(
    options: argparse.Namespace, name: str, document: dict[str, Any], page: Callable[[], str]
) -> list[Path]:
    """Write a document as JSON and as a page, where a folder is named."""
    from firmus.render import files

    if not options.out:
        return []
    files.check_free(Path(options.out), options.force)
    return save(Path(options.out), texts(name, document, page()))


def texts(name: str, document: dict[str, Any], page: str) -> dict[str, str]:
    return {f"{name}.json": json.dumps(document, ensure_ascii=False, indent=1) + "\n", f"{name}.html": page}


def save(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write texts into files of a folder."""
    from firmus import formats

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        formats.save(text.encode(), folder / name)
    return [folder / name for name in texts]


def folder_name(title: str) -> str:
    """File name of a title: any script's letters, digits and hyphens; in Chinese a small letter means minor."""
    return (
        re.sub(r"[^\w]+", "-", title if re.search("[\u4e00-\u9fff]", title) else title.lower()).strip("-")[:60]
        or "piece"
    )


def cluster_of(options: argparse.Namespace) -> Callable[..., Iterable[Any]] | None:
    """How the machines of a cluster do the same to many things, where one was named."""
    if not options.cluster:
        return None
    from firmus.service.workers import cluster

    return cluster.spread(options.cluster)
