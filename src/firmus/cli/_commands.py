"""What the commands do: composing, files, searching, models and training."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmus.cli._explaining import beside, surprises
from firmus.cli._output import (
    ProgressLine,
    cluster_of,
    folder_name,
    read_score,
    read_tune,
    say_what_lacks,
    show_paths,
)
from firmus.cli._titles import entitled, part_name
from firmus.cli._words import say
from firmus.errors import InvalidBrief
from firmus.translation import translate
from firmus.translation.vocabulary import plain

if TYPE_CHECKING:
    from firmus.work import Brief, Work

MOST_LEFT_OUT = 5  # files that are named


def compose(options: argparse.Namespace) -> None:
    """Compose, or any other task that makes music; save; show."""
    from firmus import tasks
    from firmus.render import files

    _endings(options)
    brief = _brief(options)
    if options.out:
        files.check_free(Path(options.out), options.force)
    task = tasks.verb(options.task)
    show = ProgressLine(options.quiet)
    save_works(options, task.perform(task.commission(brief), show), show, options.task)


def save_works(options: argparse.Namespace, works: list[Work], show: ProgressLine, verb: str) -> None:
    """Save the works of a verb, and say what they are."""
    from firmus import tasks

    task = tasks.verbs().get(verb)
    endings = _endings(options) or list(task.VERB.formats if task else ()) or None
    root = _root(options, works[0].score.title or options.task)
    marks = {"audible_label": options.audible_label, "c2pa": options.c2pa}
    if task and not task.VERB.pieces:
        works = [entitled(work) for work in works]
    saved = []
    if task and hasattr(task, "joined"):
        whole = task.joined(works)
        saved.append((whole, whole.save(root, force=options.force, endings=endings, **marks)))
    for number, work in enumerate(works, 1):
        folder = root / str(number) if len(works) > 1 else root
        show.note(say("writing"))
        paths = work.save(folder, force=options.force, endings=endings, **marks)
        saved.append((work, paths + (beside(work, folder) if options.explain else [])))
        say_what_lacks(options, work.score, paths, endings)
    show.end()
    _report(options, saved)


def _endings(options: argparse.Namespace) -> list[str] | None:
    """Endings of the files that are asked for; refused, before any work is done, where there are none such."""
    from firmus.render import files
    from firmus.rights.files import check_marks

    endings = options.formats.split(",") if options.formats else None
    suffixes = [Path(name).suffix for name in files.names(endings)]
    if options.task != "transcribe":  # which no model composes
        check_marks(suffixes, audible_label=options.audible_label, c2pa=options.c2pa)
    return endings


def _root(options: argparse.Namespace, title: str) -> Path:
    """The folder that was named, or one of the title's name that is free: nothing finished is thrown away."""
    from firmus.render import files

    if options.out:
        return Path(options.out)
    folder = Path("out") / folder_name(title)
    return folder if options.force else files.free_folder(folder)


def _brief(options: argparse.Namespace) -> Brief:
    from dataclasses import fields, replace

    from firmus import formats
    from firmus.work import Brief

    others = ("source", "target", "ranges")
    given = {each.name: getattr(options, each.name, None) for each in fields(Brief) if each.name not in others}
    given = {name: value for name, value in given.items() if value is not None}
    ranges = {}
    for item in options.ranges:
        name, mark, text = plain(item).partition("=")
        if not mark:
            raise InvalidBrief(f"range {item!r} must be PART=LOW-HIGH, such as alto=F3-D5")
        ranges[name] = text
    brief = Brief.of(**given, ranges=ranges)
    if getattr(options, "source", None):
        brief = replace(brief, source=read_tune(options, options.source))
    if "target" in options:
        brief = replace(brief, target=formats.read(options.target))
    return brief


def _report(options: argparse.Namespace, saved: list[tuple[Work, list[Path]]]) -> None:
    from dataclasses import asdict

    if options.json:
        works = [{"files": [str(path) for path in paths], "origin": asdict(work.origin)} for work, paths in saved]
        print(json.dumps({"task": options.task, "works": works}, ensure_ascii=False))
    elif not options.quiet:
        for work, paths in saved:
            lines = [*(str(path) for path in paths), *_summary(work)]
            if options.explain:
                lines += surprises(json.loads(paths[-2].read_text(encoding="utf-8")))
            if work.origin.ai_generated:
                lines.append("  " + say("made by").format(model=work.origin.model, seed=work.origin.seed))
            print("\n".join(lines))


def _summary(work: Work) -> list[str]:
    measured, request = dict(work.origin.measured), work.origin.brief
    measured["heard_key"] = translate(measured["heard_key"] or "?")
    fields = ", ".join(f"{translate(name)} {_short(value)}" for name, value in request.items()) or say("nothing asked")
    lines = [
        f"  {translate(work.score.title)}" if work.score.title else "",
        f"  {say('asked')}: {fields}",
    ]
    if work.origin.task == "plan":
        return [*filter(None, lines), *(f"  {translate(name)} {text}" for name, text in measured["plan"].items())]
    lines += [
        f"  {say('measured')}: " + say("heard").format(**measured) + say("bars of").format(**measured),
    ]
    names = [part["name"] for part in measured["parts"]]
    for part in measured["parts"]:
        name = part_name(part["name"] or "?", names)
        if part["range"]:
            low, high = part["range"]
            lines.append("    " + say("part").format(name=name, notes=part["notes"], low=low, high=high))
        else:
            words = "drum part" if part["notes"] else "silent part"  # drums have no range
            lines.append("    " + say(words).format(name=name, notes=part["notes"]))
    for piece, count in measured.get("left_out", {}).items():
        lines.append("  " + say("beyond").format(piece=say(piece), count=count))
    if "quantised" in measured:
        lines.append("  " + say("quantised").format(**measured["quantised"] | {"meter": measured["meter"]}))
    if "melody" in measured:
        lines.append("  " + say("the melody").format(part=part_name(measured["melody"], names)))
    if "confidence" in measured:
        sure = ", ".join(f"{translate(name)} {share:.0%}" for name, share in measured["confidence"].items())
        lines += ["  " + say("heard by").format(model=work.origin.model), "  " + say("sure").format(confidence=sure)]
        lines += ["  " + say("not told").format(reason=translate(reason)) for reason in measured["unknown"].values()]
    return [line for line in lines if line]


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{part_name(name, value)}={each}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return " ".join(part_name(str(each), value) for each in value)
    return translate(str(value))


def completion(options: argparse.Namespace) -> None:
    """Print a shell's script that completes commands and options."""
    import shtab

    from firmus.cli._options import parser
    from firmus.errors import FirmusError, unknown

    if options.shell not in shtab.SUPPORTED_SHELLS:
        raise FirmusError(unknown("shell", options.shell, shtab.SUPPORTED_SHELLS))
    print(shtab.complete(parser(), options.shell))


def convert(options: argparse.Namespace) -> None:
    """Read one format, write another: a file into a file, or several into a folder."""
    from firmus.errors import FirmusError
    from firmus.tasks.convert import convert as task

    if len(options.source) == 1 and not Path(options.target).is_dir():
        score = read_score(options, options.source[0])
        show_paths(options, task(score, options.target, force=options.force, beside=options.source[0]))
        return
    if not options.to:
        raise FirmusError(f"{len(options.source)} files into a folder: --to says the format, such as --to musicxml")
    paths, refused = [], 0
    for name in options.source:
        target = Path(options.target) / f"{Path(name).stem}.{options.to.lstrip('.')}"
        try:
            paths += task(read_score(options, name), target, force=options.force, beside=name)
        except FirmusError as error:
            refused += 1
            print(f"firmus: {translate(str(error))}", file=sys.stderr)
    show_paths(options, paths)
    if refused:
        raise FirmusError(say("refused files").format(count=refused, total=len(options.source)))


def render(options: argparse.Namespace) -> None:
    """Read a music file, write sound, a score or a piano roll."""
    from firmus.tasks.render import MIXING
    from firmus.tasks.render import render as task

    score = read_tune(options, options.source)
    paths = task(
        score,
        options.target,
        stems=options.stems,
        audible_label=options.audible_label,
        c2pa=options.c2pa,
        force=options.force,
        beside=options.source,
        **{name: getattr(options, name) for name in MIXING},
    )
    say_what_lacks(options, score, paths, [])
    show_paths(options, paths)


def search(options: argparse.Namespace) -> None:
    """Search a folder of music for a melody, or for pieces like a piece."""
    from firmus import search as find

    show = ProgressLine(options.quiet, "file")
    try:
        results = find(
            options.library,
            melody=options.melody,
            like=options.like,
            hum=options.hum,
            tune=options.tune,
            count=options.count,
            rebuild=options.rebuild,
            progress=show,
        )
    finally:
        show.end()
    if options.json:
        print(json.dumps({"task": options.task, **results.as_dict()}, ensure_ascii=False))
        return
    if options.quiet:
        return
    for name, reason in list(results.left_out.items())[:MOST_LEFT_OUT]:
        print(say("left out").format(path=name, reason=translate(reason)), file=sys.stderr)
    if (more := len(results.left_out) - MOST_LEFT_OUT) > 0:
        print(say("more left out").format(more=more), file=sys.stderr)
    for rank, match in enumerate(results.matches, 1):
        where = say("as bars" if match.of_bars else "at bars").format(bars=match.bars, own=match.of_bars)
        moved = say("moved").format(semitones=match.semitones) if match.semitones else ""
        part = part_name(match.part, ())
        fields = [f"{match.file}#{match.tune}" if match.tune > 1 else match.file, match.title, part]
        fields += [where, moved] if match.bars else [say("no bars")]
        sure = say("how sure").format(confidence=match.confidence)
        print(f"{rank:3}  {match.score:.2f}  {sure}  " + " · ".join(each for each in fields if each))
    if not results.matches:
        print(say("nothing found").format(pieces=results.pieces))


def transcribe(options: argparse.Namespace) -> None:
    """Read a sound file, write down its notes as a Work."""
    from firmus.render import files
    from firmus.tasks import transcribe as task

    endings, root = _endings(options), _root(options, Path(options.source).stem)
    files.check_free(root, options.force)
    show = ProgressLine(options.quiet, "frame")
    work = task.transcribe(options.source, options.voices, options.tempo, show)
    show.note(say("writing"))
    paths = work.save(root, force=options.force, endings=endings)
    show.end()
    _report(options, [(work, paths)])


def sound(options: argparse.Namespace) -> None:
    """Make sound of words, by a model that the user has."""
    from firmus.tasks.sound import generation as task

    target = Path(options.target)
    task.check(target, options.force, options.c2pa)
    show = ProgressLine(options.quiet, "steps of")
    result = task.sound(
        options.prompt,
        seconds=options.seconds,
        model=options.model,
        seed=options.seed,
        temperature=options.temperature,
        progress=show,
    )
    show.end()
    paths = result.save(target, force=options.force, audible_label=options.audible_label, c2pa=options.c2pa)
    if options.json:
        print(json.dumps({"task": options.task, "files": [str(path) for path in paths], **result.as_dict()}))
    elif not options.quiet:
        print("\n".join(str(path) for path in paths))
        print("  " + say("made by").format(model=result.origin.model, seed=result.origin.seed))


def timbre(options: argparse.Namespace) -> None:
    """Make instruments, write them, say what is to be said of them."""
    from firmus import tasks
    from firmus.tasks import timbre as task

    names = [option.name for option in tasks.all_verbs()["timbre"].VERB.options if option.name != "out"]
    packages = task.timbre(options.kind, *options.of, **{name: getattr(options, name) for name in names})
    for warning in (each for package in packages for each in package.warnings):
        if not options.quiet:
            print(f"firmus: {translate(warning)}", file=sys.stderr)
    show_paths(options, task.save(packages, options.out, options.force))


def run(options: argparse.Namespace) -> None:
    """Do what a verb of others does that makes no Works."""
    from firmus import tasks

    module = tasks.all_verbs()[options.task]
    names = [option.name for option in (*module.VERB.arguments, *module.VERB.options)]
    names += ["force"] if module.VERB.writes else []
    show_paths(options, module.run(**{name: getattr(options, name) for name in names}))


def models(options: argparse.Namespace) -> None:
    """List every model."""
    from firmus.runtime.weights import cards

    all_cards = cards().values()
    if options.json:
        listed = [
            {
                "name": card.name,
                "kind": card.kind,
                "title": card.title,
                "description": card.description,
                "styles": card.styles,
                "tasks": card.tasks,
                "controls": card.controls,
                "digest": card.digest,
                **card.facts,
            }
            for card in all_cards
        ]
        print(json.dumps({"models": listed}, ensure_ascii=False))
        return
    for card in all_cards:
        print(f"{card.name}: {translate(card.description)}")
        facts = {"parameters": card.facts["parameters"] / 1e6, "megabytes": card.facts["bytes"] / 1e6}
        styles = ", ".join(_with_chinese(each) for each in card.styles) or "-"
        tasks = ", ".join(_with_chinese(each) for each in card.tasks) or say("no tasks")
        print("  " + say("knows").format(kind=translate(card.title), styles=styles, tasks=tasks, **facts))
        if card.kind == "engine":
            print("  " + say("not ours").format(folder=card.folder, licence=card.facts["licence"] or "?"))


def _with_chinese(name: str) -> str:
    """A name that can be typed, with what it means in the user's language."""
    return name if (shown := translate(name)) == name else f"{name}（{shown}）"


def recipes(options: argparse.Namespace) -> None:
    """List the recipes that come with Firmus, or write one as a file to begin from."""
    from firmus import recipes as shipped
    from firmus.render.files import check_absent

    if options.name:
        target = Path(f"{options.name}.toml")
        path = shipped.find(options.name)
        check_absent(target, options.force)
        target.write_bytes(path.read_bytes())
        show_paths(options, [target])
        return
    listed = {name: shipped.title(path) for name, path in shipped.recipes().items()}
    print(
        json.dumps({"recipes": listed})
        if options.json
        else "\n".join(f"{n}: {translate(t)}" for n, t in listed.items())
    )


def train(options: argparse.Namespace) -> None:
    """Train by a recipe, resuming where the run stands; export the weights."""
    from firmus.errors import FirmusError

    try:
        from firmus.learning import run
        from firmus.learning.parallel import on_every_core
    except ModuleNotFoundError as error:
        raise FirmusError(f"training needs {error.name}: pip install 'firmus[train]'") from None
    from firmus.recipes import find

    folder = Path(options.data) if options.data else None
    out = Path(options.out) if options.out else None
    show = (lambda line: None) if options.quiet else (lambda line: print(translate(line), file=sys.stderr, flush=True))
    spread = cluster_of(options) or on_every_core
    weights = run.run(
        find(options.recipe), Path(options.sets), folder, out, options.minutes, show, spread, options.pretrained
    )
    show_paths(options, [*sorted(weights.glob("*.onnx")), *weights.glob("card.json")])
