"""Recommending, in lines: ratings are remembered, then pieces are proposed, or composed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firmus.cli._commands import save_works
from firmus.cli._output import ProgressLine
from firmus.cli._words import say
from firmus.errors import InvalidBrief
from firmus.translation import translate

if TYPE_CHECKING:
    from firmus.retrieval.taste import Taste
    from firmus.tasks.recommend.recommendation import Recommendation, Recommendations


def recommend(options: argparse.Namespace) -> None:
    """Rate pieces, and recommend some, or compose for the taste; or export it, or delete it."""
    from firmus.retrieval import taste as tastes
    from firmus.tasks.recommend import recommendation as task
    from firmus.tasks.recommend.session import remember

    path = Path(options.taste) if options.taste else tastes.default_path()
    feedback = {kind: given for kind in tastes.RATINGS if (given := getattr(options, kind))}
    _check(options, bool(feedback))
    if options.erase:
        path.unlink(missing_ok=True)
        _say(options, {"erased": str(path)}, say("taste erased").format(path=path))
        return
    show = ProgressLine(options.quiet, "file")
    try:
        if options.count is not None and not options.compose:
            task.check_count(options.count)
        library = task.read_library(options.library, show) if options.library else None
    finally:
        show.end()
    taste = remember(path, library, feedback)
    if options.export:
        tastes.save(taste, Path(options.export))
    if options.compose:
        _compose(options, taste)
    elif library:
        _list(options, task.recommend(taste, library, 10 if options.count is None else options.count))
    else:
        _say(options, {"rated": len(taste.ratings)}, say("taste knows").format(rated=len(taste.ratings), path=path))


def _check(options: argparse.Namespace, is_rating: bool) -> None:
    """Refuse what would be ignored."""
    asked = options.library or options.compose or options.export or is_rating
    if options.erase and asked:
        raise InvalidBrief("erase deletes the taste: give no other option with it")
    if not (options.erase or asked):
        raise InvalidBrief("there is nothing to recommend: name a folder of music, or give --compose")
    if options.library and options.compose:
        raise InvalidBrief("a library and --compose are both given: pieces are chosen from it, or composed")
    composing = ("style", "bars", "seed", "effort", "out", "formats", "audible_label", "c2pa")
    if not options.compose and (idle := [name for name in composing if getattr(options, name)]):
        raise InvalidBrief(f"{idle[0]}: only with --compose; pieces of a library are as they are")
    if options.export and Path(options.export).exists() and not options.force:
        raise InvalidBrief(f"{options.export} is there already; --force replaces it")


def _compose(options: argparse.Namespace, taste: Taste) -> None:
    from firmus.render import files
    from firmus.tasks.recommend.composing import compose

    if options.out:
        files.check_free(Path(options.out), options.force)
    given = {
        name: value for name in ("style", "bars", "seed", "effort") if (value := getattr(options, name)) is not None
    }
    show = ProgressLine(options.quiet)
    works = compose(taste, 1 if options.count is None else options.count, progress=show, **given)
    options.explain = False
    save_works(options, works, show, "compose")


def _list(options: argparse.Namespace, found: Recommendations) -> None:
    if options.json:
        print(json.dumps({"task": options.task, **found.as_dict()}, ensure_ascii=False))
        return
    if options.quiet:
        return
    for name, reason in found.left_out.items():
        print(say("left out").format(path=name, reason=translate(reason)), file=sys.stderr)
    if found.are_first:
        print(say("first three").format(count=len(found.pieces)))
    for rank, piece in enumerate(found.pieces, 1):
        print(f"{rank:3}  {_line(piece, found.are_first)}")
    if found.are_first:
        print("  " + say("rate them").format(library=options.library, piece=_name(found.pieces[0])))


def _line(piece: Recommendation, is_first: bool) -> str:
    named = " · ".join(each for each in (_name(piece), piece.title) if each)
    words = {
        sign: [translate(each.words) for each in piece.reasons if (each.share > 0) == sign] for sign in (True, False)
    }
    if is_first or not piece.reasons:
        return named
    reasons = [say("speaks for").format(words=", ".join(words[True]))] if words[True] else []
    reasons += [say("speaks against").format(words=", ".join(words[False]))] if words[False] else []
    return f"{piece.rating:+.2f}  {named}\n       " + "; ".join(reasons)


def _name(piece: Recommendation) -> str:
    return f"{piece.file}#{piece.tune}" if piece.tune > 1 else piece.file


def _say(options: argparse.Namespace, document: dict[str, object], line: str) -> None:
    if options.json:
        print(json.dumps({"task": options.task, **document}, ensure_ascii=False))
    elif not options.quiet:
        print(line)
