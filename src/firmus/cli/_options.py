"""The words of the command line."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from firmus import tasks
from firmus._version import __version__
from firmus.cli import _commands as commands
from firmus.cli import _explaining as explaining
from firmus.cli import _serving as serving
from firmus.cli._doctor import doctor
from firmus.cli._words import language, say


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses in one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with exit status 2."""
        print(f"firmus: {message} (firmus {self.prog.partition(' ')[2]} --help)".replace(" ( ", " ("), file=sys.stderr)
        raise SystemExit(2)


def parser() -> argparse.ArgumentParser:
    """Parser of the whole command line; importing nothing heavy."""
    top = Parser(prog="firmus", description=say("about"), epilog=say("epilogue"))
    top.add_argument("--version", action="version", version=f"firmus {__version__}")
    verbs = top.add_subparsers(title=say("commands"), metavar="COMMAND", required=True)
    _composing(verbs)
    _files(verbs)
    _sounding(verbs)
    _searching(verbs)
    _training(verbs)
    _serving(verbs)
    return top


def _verb(verbs: argparse._SubParsersAction[Parser], name: str, run: object) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=say(name), description=say(name))
    verb.set_defaults(run=run, task=name)
    return verb


def _composing(verbs: argparse._SubParsersAction[Parser]) -> None:
    for name, module in tasks.verbs().items():
        described: tasks.Verb = module.VERB
        verb = verbs.add_parser(name, help=_words(described), description=_words(described))
        verb.set_defaults(run=commands.compose, task=name)
        for piece in described.pieces:
            option = tasks.PIECES[piece]
            verb.add_argument(piece, metavar="FILE" if piece == "source" else piece.upper(), help=_words(option))
        if described.pieces:
            verb.add_argument("--tune", type=int, default=1, metavar="N", help=say("tune"))
        bars = tasks.HOW_MANY_BARS if described.counts_bars else tasks.WHICH_BARS
        verb.add_argument("--bars", type=_count if described.counts_bars else str, help=_words(bars))
        for option in (*tasks.OPTIONS, *described.options):
            flag, more = f"--{option.name.replace('_', '-')}", dict[str, Any]()
            if option.name == "ranges":
                flag, more = "--range", {"action": "append", "default": [], "dest": "ranges"}
            verb.add_argument(flag, type=option.kind, metavar=option.metavar, help=_words(option), **more)
        verb.add_argument("--strict", action="store_const", const="", dest="loose", default=None, help=say("strict"))
        verb.add_argument("--loose", nargs="?", const="key,chords", metavar="LIST", help=say("loose"))
        verb.add_argument("--explain", action="store_true", help=say("and explain"))
        verb.add_argument("--out", metavar="DIR", help=say("out"))
        _common(verb)


def _words(described: tasks.Verb | tasks.Option) -> str:
    """What a verb or an option is, in the user's language."""
    return described.chinese if language() == "zh" else described.english


def _files(verbs: argparse._SubParsersAction[Parser]) -> None:
    for name, target in (("convert", "OUT"), ("render", "OUT.wav")):
        verb = _verb(verbs, name, getattr(commands, name))
        verb.add_argument("source", metavar="IN", help=say("source"))
        verb.add_argument("target", metavar=target, help=say(f"{name} target"))
        verb.add_argument("--tune", type=int, default=1, metavar="N", help=say("tune"))
        if name == "render":
            verb.add_argument("--stems", action="store_true", help=say("stems"))
        _common(verb)
    verb = _verb(verbs, "analyse", commands.analyse)
    verb.add_argument("source", metavar="FILE", help=say("source"))
    verb.add_argument("--tune", type=int, default=1, metavar="N", help=say("tune"))
    verb.add_argument("--out", metavar="DIR", help=say("analyse out"))
    _common(verb)
    verb = _verb(verbs, "explain", explaining.explain)
    verb.add_argument("source", metavar="FILE|FOLDER", help=say("explained source"))
    verb.add_argument("--tune", type=int, default=1, metavar="N", help=say("tune"))
    verb.add_argument("--bars", metavar="5-8", help=say("which bars"))
    verb.add_argument("--parts", metavar="LIST", help=say("parts"))
    verb.add_argument("--note", metavar="'bar 7 beat 2 alto'", help=say("which note"))
    verb.add_argument("--style", help=say("style"))
    verb.add_argument("--model", metavar="NAME", help=say("model"))
    verb.add_argument("--among", metavar="DIR", help=say("among"))
    verb.add_argument("--out", metavar="DIR", help=say("explain out"))
    _common(verb)
    verb = _verb(verbs, "evaluate", commands.evaluate)
    verb.add_argument("generated", metavar="GENERATED", help=say("generated"))
    verb.add_argument("--reference", metavar="REAL", required=True, help=say("reference"))
    verb.add_argument("--cluster", metavar="HOST:PORT", help=say("read cluster"))
    verb.add_argument("--out", metavar="DIR", help=say("evaluate out"))
    _common(verb)
    verb = _verb(verbs, "listen", commands.listen)
    verb.add_argument("folders", nargs="+", metavar="A B | report RESULTS", help=say("listen folders"))
    verb.add_argument("--real", metavar="REAL", help=say("real"))
    verb.add_argument("--out", metavar="RESULTS", default="listening.jsonl", help=say("listen out"))
    verb.add_argument("--port", type=int, default=8350, help=say("port"))
    _common(verb, writes=False)
    verb = _verb(verbs, "models", commands.models)
    _common(verb, writes=False)


def _sounding(verbs: argparse._SubParsersAction[Parser]) -> None:
    verb = _verb(verbs, "sound", commands.sound)
    verb.add_argument("prompt", metavar="WORDS", help=say("prompt"))
    verb.add_argument("target", metavar="OUT.wav", help=say("sound target"))
    verb.add_argument("--model", metavar="NAME|FOLDER", help=say("model"))
    verb.add_argument("--seconds", type=float, metavar="10", default=10.0, help=say("seconds of sound"))
    verb.add_argument("--seed", type=int, metavar="N", help=say("seed"))
    verb.add_argument("--temperature", type=float, metavar="1", default=1.0, help=say("temperature"))
    _common(verb)
    verb = _verb(verbs, "transcribe", commands.transcribe)
    verb.add_argument("source", metavar="SOUND", help=say("sound file"))
    verb.add_argument("--voices", metavar="one|many", default="many", help=say("voices"))
    verb.add_argument("--tempo", type=float, metavar="BPM", help=say("tempo known"))
    verb.add_argument("--out", metavar="DIR", help=say("out"))
    verb.set_defaults(explain=False)
    _common(verb)


def _searching(verbs: argparse._SubParsersAction[Parser]) -> None:
    verb = _verb(verbs, "search", commands.search)
    verb.add_argument("library", metavar="LIBRARY", help=say("library"))
    asked = verb.add_mutually_exclusive_group(required=True)
    asked.add_argument("--melody", metavar="'C4 D4 E4:2'", help=say("melody"))
    asked.add_argument("--like", metavar="FILE", help=say("like"))
    asked.add_argument("--hum", metavar="TAKE.wav", help=say("hum"))
    verb.add_argument("--tune", type=int, default=1, metavar="N", help=say("tune"))
    verb.add_argument("--count", type=int, default=10, metavar="N", help=say("matches"))
    verb.add_argument("--rebuild", action="store_true", help=say("rebuild"))
    _common(verb, writes=False)


def _training(verbs: argparse._SubParsersAction[Parser]) -> None:
    verb = _verb(verbs, "train", commands.train)
    verb.add_argument("recipe", metavar="RECIPE.toml", help=say("recipe"))
    verb.add_argument("--data", metavar="DIR", help=say("data"))
    verb.add_argument("--sets", metavar="DIR", default="../shared/data", help=say("sets"))
    verb.add_argument("--minutes", type=float, metavar="N", help=say("minutes"))
    verb.add_argument("--cluster", metavar="HOST:PORT", help=say("read cluster"))
    verb.add_argument("--out", metavar="DIR", help=say("train out"))
    _common(verb, writes=False)


def _serving(verbs: argparse._SubParsersAction[Parser]) -> None:
    verb = _verb(verbs, "serve", serving.serve)
    verb.add_argument("words", nargs="*", metavar="keys add | list | revoke ID | backup TO", help=say("serve words"))
    verb.add_argument("--host", metavar="ADDRESS", default="127.0.0.1", help=say("host"))
    verb.add_argument("--port", type=int, default=8340, help=say("serve port"))
    verb.add_argument("--data", metavar="DIR", default="firmus-data", help=say("serve data"))
    verb.add_argument("--cluster", metavar="HOST:PORT", help=say("serve cluster"))
    verb.add_argument("--owner", metavar="NAME", help=say("owner"))
    verb.add_argument("--role", default="composer", help=say("role"))
    verb.add_argument("--quota", type=float, metavar="SECONDS", help=say("quota"))
    _common(verb, writes=False)
    verb = _verb(verbs, "mcp", serving.mcp)
    verb.add_argument("--folder", metavar="DIR", required=True, help=say("mcp folder"))
    verb = _verb(verbs, "doctor", doctor)
    verb.add_argument("--data", metavar="DIR", default="firmus-data", help=say("serve data"))
    _common(verb, writes=False)


def _common(verb: argparse.ArgumentParser, writes: bool = True) -> None:
    if writes:
        verb.add_argument("--force", action="store_true", help=say("force"))
    verb.add_argument("--json", action="store_true", help=say("json"))
    verb.add_argument("--quiet", action="store_true", help=say("quiet"))


def _count(text: str) -> int | str:
    """A number of bars; anything else is left as it is, for the Brief to refuse."""
    return int(text) if text.lstrip("-").isdecimal() else text
