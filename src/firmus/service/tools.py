"""Tools for assistants, on the files of one folder: every kind of job; listing, searching, asking in plain words.

Nothing outside of the folder is read or written; there is no other state, and no network access.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from firmus import formats, tasks
from firmus.errors import FirmusError, InvalidBrief, OutputExists, unknown
from firmus.formats.json import sniff
from firmus.service.http import schemas
from firmus.service.storage import works
from firmus.service.storage.blobs import Blobs
from firmus.service.storage.jobs import Claim, JobOutput
from firmus.service.workers import handlers
from firmus.work import Brief, Work

LONGEST = 3600.0  # seconds of one piece
MAX_FILES = 500  # in a listing
PATH = "Path of a music file below the folder: MIDI, MusicXML, ABC, Humdrum or Firmus JSON"
OUT = {"type": "string", "description": "Path below the folder for what is made, without an ending."}
RATED = {
    "like": "Paths of pieces that the listener likes.", "finish": "Of those listened to to the end.",
    "skip": "Of those skipped.", "dislike": "Of those disliked.",
}  # fmt: skip
TASTE = ".taste.json"  # what is known of the listener's taste, in the folder
_LISTED = {"type": "array", "items": {"type": "string"}}
FORCE = {"type": "boolean", "description": "Whether files that are there already are replaced."}


class Canceled(Exception):
    """The client canceled the request."""


class Folder:
    """The folder that tools may read and write.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise FirmusError(f"{root}: there is no such folder")
        self.root = root.resolve()

    def path(self, name: object) -> Path:
        """A path below the folder, with links resolved.

        Raises
        ------
        InvalidBrief
            If it leads out of the folder.
        """
        if not isinstance(name, str) or not name or "\0" in name:
            raise InvalidBrief(f"{name!r} must be a path below the folder")
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise InvalidBrief(f"{name!r} leads out of the folder: paths are below it, such as 'songs/one.mid'")
        return path

    def file(self, name: object) -> Path:
        """Path of an existing file."""
        path = self.path(name)
        if not path.is_file():
            raise InvalidBrief(f"there is no file {name!r} in the folder")
        return path

    def write(self, files: dict[str, bytes], *, force: bool) -> list[str]:
        """Write files, all of them or none; their names."""
        paths = {self.path(name): data for name, data in files.items()}
        for path in paths:
            if path.exists() and not force:
                raise OutputExists(f"{self.name(path)!r} is already there: say another out, or force")
        for path, data in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            formats.save(data, path)
        return [self.name(path) for path in paths]

    def name(self, path: Path) -> str:
        """Name of a path, relative to the folder."""
        return path.relative_to(self.root).as_posix()

    def list_files(self) -> dict[str, Any]:
        """Files of notes and of sound below the folder."""
        endings = (*formats.extensions(), *formats.SOUND)
        files = (each for each in sorted(self.root.rglob("*")) if each.suffix.lower() in endings and each.is_file())
        names = [self.name(each) for each in files if each.resolve().is_relative_to(self.root)]
        return {"files": names[:MAX_FILES], "more": max(0, len(names) - MAX_FILES)}


class Reporter:
    """Reports the progress of a tool to the client, and interrupts it when the client cancels."""

    def __init__(self, notify: Callable[[float, str], None], stopped: threading.Event) -> None:
        self.notify, self.stopped = notify, stopped
        self.last_time, self.last_fraction = 0.0, 0.0

    def __call__(self, title: str, done: int, total: int) -> None:
        """Report progress."""
        if self.stopped.is_set():
            raise Canceled
        fraction = done / max(total, 1)
        if fraction > self.last_fraction and time.monotonic() > self.last_time + 0.2:  # progress must increase
            self.last_fraction, self.last_time = fraction, time.monotonic()
            self.notify(fraction, title)

    def begin(self, number: int, score: object) -> None:
        """Nothing: bars are not reported."""

    def bar(self, number: int, bar: object) -> None:
        """Nothing: bars are not reported."""


OF_FOLDER = ("search", "recommend", "verify", "catalogue")  # kinds whose tools take what lies in the folder instead


def tools() -> list[dict[str, Any]]:
    """Every tool, with the schema of its arguments."""
    kinds = [_tool(name) for name in handlers.KINDS if name not in OF_FOLDER]
    search = {
        "melody": {"type": "string", "description": "Notes, such as 'G4 G4 A4:2 B4'."},
        "like": {"type": "string", "description": f"{PATH}: what is like it is found."},
        "hum": {"type": "string", "description": "Path of a sound file in which one voice sings or plays the melody."},
        "count": {"type": "integer", "minimum": 1, "maximum": 100},
    }
    ask = {
        "text": {"type": "string", "description": "Such as 'make bars 5 to 8 calmer, keep the bass'."},
        "source": {"type": "string", "description": f"{PATH}: the piece that is to change."},
        "bars": {"type": "string", "description": "Bars that 'here' means, such as '5-8'."},
        "parts": {"type": "array", "items": {"type": "string"}, "description": "Parts that 'here' means."},
        "out": {**OUT, "description": "Path below the folder: composes it, too; else only the brief is said."},
        "force": FORCE,
    }
    return [
        *kinds,
        _tool_document("ask", "Read a request in plain words, English or Chinese, and compose it.", ask, ["text"]),
        _tool_document(
            "search", "Find a melody in the folder, or pieces that are like a piece; say one of three.", search
        ),
        _tool_document(
            "recommend",
            "Rate pieces of the folder, and recommend others, with reasons; the ratings are kept in the folder.",
            {
                **{kind: _LISTED | {"description": text} for kind, text in RATED.items()},
                "count": search["count"],
                "compose": {"type": "boolean", "description": "Compose for the taste, into `out`."},
                "style": {"type": "string", "description": "Of what is composed; folk by default."},
                "bars": {"type": "integer", "minimum": 1, "maximum": 512},
                "seed": {"type": "integer", "minimum": 0},
                "effort": {"type": "string", "enum": ["quick", "usual", "best"]},
                "out": OUT,
                "force": FORCE,
            },
        ),
        _tool_document(
            "verify",
            "Say whether a file is as Firmus wrote it, altered or unknown, and what its notes say.",
            {"source": {"type": "string", "description": "Path of a file below the folder."}},
            ["source"],
        ),
        _tool_document(
            "catalogue",
            "List the works of a folder in catalogue.csv and catalogue.json, with terms to fill in.",
            {
                "folder": {"type": "string", "description": "Path of a folder below the folder; '.' for all of it."},
                "licence": {"type": "string", "description": "Of works that have none yet."},
            },
            ["folder"],
        ),
        _tool_document("files", "List the files of notes and of sound in the folder.", {}),
        _tool_document("models", "List the models: what each does, its styles, what it can be asked for.", {}),
    ]


def _tool(kind: str) -> dict[str, Any]:
    """A kind of job as a tool."""
    module, brief = handlers.KINDS[kind], schemas.brief_schema()["properties"]
    names: tuple[str, ...] = getattr(module, "FIELDS", tuple(brief))
    fields = {name: brief[name] for name in names if name not in ("source", "target")}
    required = []
    if handlers.needs_source(kind):
        sound = ", or a sound file" if hasattr(module, "SOUND") else ""
        fields = {"source": {"type": "string", "description": f"{PATH}{sound}."}, **fields}
        required.append("source")
    elif hasattr(module, "SOUND"):
        fields = {"source": {"type": "string", "description": "Path of a sound file below the folder."}, **fields}
    if kind in tasks.verbs() and "source" in tasks.verb(kind).VERB.may_take:
        fields = {"source": {"type": "string", "description": f"{PATH}: {tasks.PLAN.english}."}, **fields}
    if kind in tasks.verbs() and "target" in tasks.verb(kind).VERB.pieces:
        fields["target"] = {"type": "string", "description": f"{PATH}: where the way leads to."}
        required.append("target")
    elif "target" in names and kind not in tasks.verbs():
        fields["target"] = {"type": "string", "description": f"{PATH}: what was played of the source, to compare."}
    if hasattr(module, "MAY_TAKE_SOURCE"):
        fields = {"source": {"type": "string", "description": f"{PATH}: {module.MAY_TAKE_SOURCE}"}, **fields}
    for name, schema in handlers.options(kind).items():
        is_list = schema["type"] == "array"
        fields[name] = {"type": "array", "items": {"type": "string", "description": PATH}} if is_list else schema
        required += [name] if name in getattr(module, "WORKS", {}) else []
    if hasattr(module, "FORMATS"):
        items = {"enum": list(module.FORMATS)}
        fields["formats"] = {"type": "array", "minItems": 1, "items": items, "description": "Which files are made."}
        required.append("formats")
    if module.MAKES in ("works", "files"):
        fields |= {"out": OUT, "force": FORCE}
        required.append("out")
    about = " ".join((module.__doc__ or "").partition("\n\n")[0].split())
    if kind in tasks.verbs():
        words = tasks.verb(kind).VERB.english
        about = f"{words[0].upper()}{words[1:]}."
    return _tool_document(kind, about, fields, required)


def _tool_document(name: str, about: str, fields: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    schema = {"type": "object", "properties": fields, "required": required or [], "additionalProperties": False}
    return {"name": name, "description": about, "inputSchema": schema}


def call(folder: Folder, name: str, arguments: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Call a tool; its result.

    Raises
    ------
    FirmusError
    """
    schema = {each["name"]: each["inputSchema"] for each in tools()}[name]
    for each in arguments:
        if each not in schema["properties"]:
            raise InvalidBrief(unknown("argument", each, schema["properties"]))
    for each in schema["required"]:
        if each not in arguments:
            raise InvalidBrief(f"{name} needs {each}: {schema['properties'][each].get('description', '')}")
    if name == "files":
        return folder.list_files()
    if name == "models":
        return _models()
    if name == "ask":
        return _ask(folder, arguments, reporter)
    if name == "verify":
        return _verify(folder, arguments)
    if name == "catalogue":
        return _catalogue(folder, arguments)
    if name == "recommend":
        return _recommend(folder, arguments, reporter)
    if name == "search":
        return _search(folder, arguments, reporter)
    with tempfile.TemporaryDirectory(prefix="firmus-mcp-") as scratch:
        return _perform(folder, name, dict(arguments), Blobs(Path(scratch)), reporter)


def _perform(folder: Folder, kind: str, given: dict[str, Any], blobs: Blobs, reporter: Reporter) -> dict[str, Any]:
    """Execute a job of a kind, from files to files."""
    out, force = given.pop("out", ""), given.pop("force", False) is True
    if out:
        folder.path(out)
    options = {name: given.pop(name) for name in handlers.options(kind) if name in given}
    requested = given.pop("formats", [])
    if not isinstance(requested, list) or not all(isinstance(each, str) for each in requested):
        raise InvalidBrief("formats must be a list of names")
    request: dict[str, Any] = {"kind": kind, "formats": list(dict.fromkeys(requested)), "options": options}
    source, is_sound = _store_input(folder, given.pop("source", None), blobs)
    target, _ = _store_input(folder, given.pop("target", None), blobs)
    request["brief"] = dict(given)
    if is_sound:
        request["brief"]["source"] = {"sound": "", "name": Path(is_sound).stem}
    pieces = {"source": None if is_sound else source, "target": target}
    read: dict[str, Any] = {name: formats.read(blobs.get(each), trusted=True) for name, each in pieces.items() if each}
    brief = replace(Brief.of(**given), **read)
    named = {name: _store_named(folder, where, name, blobs) for where, name in handlers.named(kind, given, options)}
    files = {name: blobs.existing(digest) for name, digest in named.items()}
    handlers.check(handlers.JobSpec(kind, brief, requested, options, bool(is_sound), LONGEST, files))
    request["named"] = named
    if lists := getattr(handlers.KINDS[kind], "WORKS", None):
        source = blobs.put(json.dumps({name: _store_list(folder, options[name], blobs) for name in lists}).encode())
    claim = Claim("mcp", "local", kind, 1, request, source, target, None)
    output = handlers.perform(claim, blobs, reporter)
    result: dict[str, Any] = json.loads(blobs.get(output.result))
    if not output.files:
        return result
    for each in result.get("works", ()):
        del each["id"]  # of a service's work
    return {**result, "files": folder.write(_outputs(out, output, blobs), force=force)}


def _store_input(folder: Folder, name: object, blobs: Blobs) -> tuple[str | None, str]:
    """Digest of a tool's input file, and its name if it is a sound."""
    if name is None:
        return None, ""
    path = folder.file(name)
    from firmus.analysis.sound import is_sound

    if is_sound(path):
        return blobs.put(path.read_bytes()), path.name
    score, data = handlers.bounded(formats.read(path)), path.read_bytes()
    return blobs.put(data if sniff(data) else works.score_bytes(score)), ""  # Firmus JSON as it is, with its origin


def _store_named(folder: Folder, where: str, name: str, blobs: Blobs) -> str:
    """Digest of a file that an option names: a SoundFont, or a file of notes."""
    if where in handlers.FONTS:
        return blobs.put(folder.file(name).read_bytes())
    return _notes(folder, name, blobs)


def _notes(folder: Folder, name: object, blobs: Blobs) -> str:
    """Digest of a file of notes."""
    digest, is_sound = _store_input(folder, name, blobs)
    if is_sound or digest is None:
        raise InvalidBrief(f"{name!r} is a sound: a file of notes is needed")
    return digest


def _store_list(folder: Folder, names: object, blobs: Blobs) -> dict[str, str]:
    """Digests of a list of input files."""
    if not isinstance(names, list) or len(names) > handlers.MOST_WORKS:
        raise InvalidBrief(f"a list of up to {handlers.MOST_WORKS} paths is needed")
    digests = {}
    for number, name in enumerate(names):
        digests[f"{number:04} {Path(str(name)).stem}"] = _notes(folder, name, blobs)
    return digests


def _outputs(out: str, output: JobOutput, blobs: Blobs) -> dict[str, bytes]:
    """Output files by name, numbered if there are several works."""
    holders = list(dict.fromkeys(row["holder"] for row in output.files))
    files = {}
    for row in output.files:
        number = f"-{holders.index(row['holder']) + 1}" if len(holders) > 1 else ""
        files[f"{out}{number}.{works.JOB_FILES[row['name']][0]}"] = blobs.get(row["digest"])
    return files


def _verify(folder: Folder, arguments: dict[str, Any]) -> dict[str, Any]:
    from firmus.tasks.verify import verify

    return {"verification": verify(folder.file(arguments["source"])).as_dict()}


def _catalogue(folder: Folder, arguments: dict[str, Any]) -> dict[str, Any]:
    from firmus.rights.catalogue import write

    paths = write(folder.path(arguments["folder"]), str(arguments.get("licence", "")))
    return {"files": [folder.name(path) for path in paths]}


def _models() -> dict[str, Any]:
    from firmus.runtime.weights import cards

    names = ("name", "title", "description", "styles", "tasks", "controls")
    listed = [(card, {name: getattr(card, name) for name in names}) for card in cards().values()]
    return {"models": [facts | {"genres": card.facts.get("genres", [])} for card, facts in listed]}


def _ask(folder: Folder, arguments: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    """What a request in plain words asks for, and, where `out` is said, the file of what came of it."""
    from firmus.tasks.ask.proposal import propose

    source, out = arguments.get("source"), arguments.get("out", "")
    if out:
        folder.path(out)
    if not isinstance(arguments["text"], str):
        raise InvalidBrief("text must be a request in words")
    score = None if source is None else handlers.bounded(formats.read(folder.file(source)))
    selection = {name: arguments[name] for name in ("bars", "parts") if arguments.get(name)}
    proposal = propose(arguments["text"], score, selection or None)
    kinds = [each.verb or None for each in (proposal, *proposal.following)]
    result: dict[str, Any] = {"kind": kinds[-1], "brief": proposal.brief.as_dict(), "explanation": proposal.explanation}
    if len(kinds) > 1:
        result["steps"] = kinds
    if not out:
        return result
    made = proposal.perform(reporter)
    return {**result, "files": folder.write(_scores(out, made), force=arguments.get("force") is True)}


def _scores(out: str, made: Sequence[Work]) -> dict[str, bytes]:
    """Works as Firmus JSON, by name, numbered where there are several."""
    numbers = [f"-{number}" for number in range(1, len(made) + 1)] if len(made) > 1 else [""]
    return {
        f"{out}{number}.json": json.dumps(work.as_dict()).encode() for number, work in zip(numbers, made, strict=True)
    }


def _recommend(folder: Folder, arguments: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    from firmus.tasks.recommend import recommendation
    from firmus.tasks.recommend.session import remember

    rated = {kind: arguments[kind] for kind in RATED if kind in arguments}
    library = recommendation.read_library(folder.root, reporter)
    known = [piece.name for piece in library.pieces]
    for kind, names in rated.items():
        if not isinstance(names, list):
            raise InvalidBrief(f"{kind} must be a list of paths below the folder")
        for name in names:
            if name not in known:
                raise InvalidBrief(unknown("piece", str(name), known))
    taste = remember(folder.path(TASTE), library, rated)
    asked = {name: arguments[name] for name in ("style", "bars", "seed", "effort") if name in arguments}
    if arguments.get("compose") is True:
        from firmus.tasks.recommend import composing

        out = arguments.get("out")
        folder.path(out)  # before anything is composed
        made = composing.compose(taste, arguments.get("count", 1), progress=reporter, **asked)
        return {"files": folder.write(_scores(str(out), made), force=arguments.get("force") is True)}
    if asked:
        raise InvalidBrief(f"{', '.join(asked)}: of what is composed: say compose, or leave that out")
    return recommendation.recommend(taste, library, arguments.get("count", 10)).as_dict()


def _search(folder: Folder, arguments: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
    from firmus.tasks.search.matching import search

    given = dict(arguments)
    for name in ("like", "hum"):
        if name in given:
            given[name] = folder.file(given[name])
    found = search(folder.root, progress=reporter, **given)
    return {"pieces": found.pieces, "matches": [asdict(match) for match in found.matches]}
