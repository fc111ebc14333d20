"""The words of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from firmus import tasks
from firmus._version import __version__
from firmus.cli import _commands as commands
from firmus.cli import _serving as serving
from firmus.cli._adapting import adapt
from firmus.cli._analysing import analyse
from firmus.cli._asking import ask
from firmus.cli._batching import batch
from firmus.cli._checking import check
from firmus.cli._doctor import doctor
from firmus.cli._evaluating import evaluate
from firmus.cli._exercising import exercise
from firmus.cli._explaining import explain
from firmus.cli._help import HelpFormatter
from firmus.cli._jamming import jam
from firmus.cli._listening import listen
from firmus.cli._recommending import recommend
from firmus.cli._rights import rights, verify
from firmus.cli._teaching import teach
from firmus.cli._words import say
from firmus.errors import unknown
from firmus.translation import language, translate
from firmus.translation.vocabulary import bars, plain


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses in one line, and names what was probably meant."""

    commands: argparse._SubParsersAction[Parser]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, formatter_class=HelpFormatter)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the whole command line."""
        words = list(sys.argv[1:] if args is None else args)
        if words and words[0][:1] != "-" and words[0] not in self.commands.choices:
            self.error(unknown("command", words[0], self.commands.choices))
        options, extra = self.parse_known_args(words, namespace)
        if extra:
            parser = self.commands.choices[words[0]]
            flags = [each for each in extra if each.startswith("--")]
            name = flags[0].partition("=")[0] if flags else ""
            parser.error(
                unknown("option", name, [each for each in parser.flags() if len(each) > 2])
                if flags
                else f"{' '.join(extra)!r} is one word too many"
            )
        return options

    def flags(self) -> list[str]:
        """Every option of this command."""
        return [flag for action in self._actions for flag in action.option_strings]

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with exit status 2."""
        print(f"firmus: {translate(message)} ({self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def parser() -> argparse.ArgumentParser:
    """Parser of the whole command line; importing nothing heavy."""
    top = Parser(prog="firmus", description=say("about"), epilog=say("epilogue"))
    top.add_argument("--version", action="version", version=f"firmus {__version__}")
    verbs = top.commands = top.add_subparsers(title=say("commands"), metavar="COMMAND", required=True)
    _tasks(verbs)
    _common(_verb(verbs, "models", commands.models), writes=False)
    _training(verbs)
    _serving(verbs)
    completion = _verb(verbs, "completion", commands.completion)
    completion.add_argument("shell", metavar="SHELL", help=say("shell"))
    return top


def _verb(verbs: argparse._SubParsersAction[Parser], name: str, run: object) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=say(name), description=say(name))
    verb.set_defaults(run=run, task=name)
    return verb


def _tasks(verbs: argparse._SubParsersAction[Parser]) -> None:
    for name, module in tasks.all_verbs().items():
        described: tasks.Verb = module.VERB
        verb = verbs.add_parser(name, help=_words(described), description=_words(described))
        verb.set_defaults(task=name, explain=False)
        if name in tasks.verbs():
            verb.set_defaults(run=commands.compose)
            _composing(verb, described)
        else:
            verb.set_defaults(run=RUN.get(name, commands.run))
            for option in described.arguments:
                verb.add_argument(option.name, metavar=option.metavar, nargs=option.nargs, help=_words(option))
            one_of = verb.add_mutually_exclusive_group(required=True) if described.one_of else verb
            for option in described.options:
                _add(one_of if option.name in described.one_of else verb, option)
        _common(verb, described.writes)


RUN = {
    "adapt": adapt,
    "ask": ask,
    "batch": batch,
    "convert": commands.convert,
    "render": commands.render,
    "analyse": analyse,
    "check": check,
    "explain": explain,
    "verify": verify,
    "rights": rights,
    "evaluate": evaluate,
    "jam": jam,
    "listen": listen,
    "sound": commands.sound,
    "timbre": commands.timbre,
    "transcribe": commands.transcribe,
    "search": commands.search,
    "recommend": recommend,
    "teach": teach,
    "exercise": exercise,
}
"""What shows the results of each verb of ours that makes no Works of a Brief."""


def _composing(verb: argparse.ArgumentParser, described: tasks.Verb) -> None:
    for piece in described.pieces:
        verb.add_argument(piece, metavar=tasks.PIECES[piece].metavar, help=_words(tasks.PIECES[piece]))
    for piece in described.may_take:
        verb.add_argument(piece, nargs="?", metavar=tasks.PLAN.metavar, help=_words(tasks.PLAN))
    if described.pieces or described.may_take:
        _add(verb, tasks.TUNE)
    bars = tasks.HOW_MANY_BARS if described.counts_bars else tasks.WHICH_BARS
    verb.add_argument("--bars", type=_count if described.counts_bars else str, help=_words(bars))
    for option in (*tasks.OPTIONS, *described.options):
        if option.name == "ranges":
            verb.add_argument(
                "--range", action="append", default=[], dest="ranges", metavar=option.metavar, help=_words(option)
            )
        else:
            _add(verb, option)
    verb.add_argument("--strict", action="store_const", const="", dest="loose", default=None, help=say("strict"))
    verb.add_argument("--loose", nargs="?", const="key,chords", metavar="LIST", help=say("loose"))
    verb.add_argument("--explain", action="store_true", help=say("and explain"))
    for option in tasks.FILES:
        _add(verb, option)


def _add(holder: argparse._ActionsContainer, option: tasks.Option) -> None:
    """Add an option by its description."""
    flag = f"--{option.name.replace('_', '-')}"
    if option.kind is bool:
        holder.add_argument(flag, action="store_true", help=_words(option))
        return
    given: dict[str, Any] = {"required": True} if option.is_required else {}
    if option.nargs is not None:
        given |= {"nargs": option.nargs}
    if option.bare is not None:
        given |= {"nargs": "?", "const": option.bare}
    holder.add_argument(
        flag, type=_reader(option.kind), metavar=option.metavar, default=option.default, help=_words(option), **given
    )


def _words(described: tasks.Verb | tasks.Option) -> str:
    """What a verb or an option is, in the user's language."""
    return described.chinese if language() == "zh" else described.english


def _training(verbs: argparse._SubParsersAction[Parser]) -> None:
    verb = _verb(verbs, "recipes", commands.recipes)
    verb.add_argument("name", nargs="?", metavar="NAME", help=say("recipe name"))
    _common(verb)
    verb = _verb(verbs, "train", commands.train)
    verb.add_argument("recipe", metavar="RECIPE", help=say("recipe"))
    verb.add_argument("--data", metavar="DIR", help=say("data"))
    verb.add_argument("--sets", metavar="DIR", default="music", help=say("sets"))
    verb.add_argument("--from", dest="pretrained", metavar="MODEL", default="", help=say("from"))
    verb.add_argument("--minutes", type=float, metavar="N", help=say("minutes"))
    _add(verb, tasks.CLUSTER)
    verb.add_argument("--out", metavar="DIR", help=say("train out"))
    _common(verb, writes=False)


def _serving(verbs: argparse._SubParsersAction[Parser]) -> None:
    verb = _verb(verbs, "serve", serving.serve)
    verb.add_argument("words", nargs="*", metavar="keys add | list | revoke ID | backup TO", help=say("serve words"))
    verb.add_argument("--host", metavar="ADDRESS", default="127.0.0.1", help=say("host"))
    verb.add_argument("--port", type=int, default=8340, help=say("serve port"))
    verb.add_argument("--data", metavar="DIR", default="firmus-data", help=say("serve data"))
    verb.add_argument("--cluster", metavar="HOST:PORT", help=say("serve cluster"))
    verb.add_argument("--keep", metavar="AGE", help=say("serve keep"))
    verb.add_argument("--owner", metavar="NAME", help=say("owner"))
    verb.add_argument("--role", default="composer", help=say("role"))
    verb.add_argument("--quota", type=float, metavar="SECONDS", help=say("quota"))
    verb.add_argument("--storage", type=float, metavar="BYTES", help=say("storage"))
    _common(verb, writes=False)
    verb = _verb(verbs, "studio", serving.studio)
    verb.add_argument("--port", type=int, default=8340, help=say("serve port"))
    verb.add_argument("--data", metavar="DIR", help=say("studio data"))
    verb.add_argument("--no-browser", action="store_true", help=say("no browser"))
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


def _reader(kind: type) -> Callable[[str], Any]:
    """What reads a value of a kind; digits of numbers may be full-width."""
    if kind not in (int, float):
        return kind

    def read(text: str) -> Any:
        return kind(plain(text))

    read.__name__ = kind.__name__  # by which argparse names what was expected
    return read


def _count(text: str) -> int | str:
    """A number of bars; anything else is left as it is, for the Brief to refuse."""
    number = bars(text)
    return int(number) if number.lstrip("-").isdecimal() else text
