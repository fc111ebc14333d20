"""Game packs: one theme in states and layers, with transitions and stings, as an archive."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firmus import tasks
from firmus.errors import InvalidBrief
from firmus.production.game import pack, states
from firmus.production.game.pack import Pack
from firmus.production.game.theme import of_piece
from firmus.runtime.weights import card
from firmus.service.storage import works
from firmus.service.storage.jobs import JobOutput
from firmus.service.workers.handlers._files import archive
from firmus.service.workers.handlers._task import JobSpec, Task
from firmus.work import Brief

LANE, MAKES, SOURCE = "compose", "files", False
MAY_TAKE_SOURCE = "The theme, which each state keeps; else one is composed."
FIELDS = ("bars", "key", "title", "model", "seed", "effort")
FORMATS = ("pack",)
BARS = 8
SLOWEST = 60.0  # quarter notes a minute, for the quota
OPTIONS = {
    "states": {
        "type": "string",
        "maxLength": 400,
        "description": "2 to 7 moods, or names with moods: 'calm,tense,danger' or 'village=calm,cave=mystery'.",
    },
    "loudness": {
        "type": "string", "maxLength": 6, "pattern": r"^-\d{1,2}(\.\d)?$",
        "description": "LUFS of the most agitated state, -40 to -8; -14 by default.",
    },
}  # fmt: skip


def check(spec: JobSpec) -> None:
    """Reject a job that is evidently impossible."""
    spec.allow_fields(*FIELDS)
    spec.require_formats(FORMATS)
    if spec.is_sound:
        raise InvalidBrief("game takes no sound as its source: transcribe it first")
    if spec.brief.model:
        card(spec.brief.model)  # by name: a path is for people on this machine
    given = _options(spec.options)
    pack.check(given["loudness"], _bars(spec.brief))
    states.read(given["states"], spec.brief.key, spec.brief.seed or 0)
    if spec.brief.source is not None:
        if spec.brief.model or spec.brief.effort:
            raise InvalidBrief("model, effort: no theme is composed where one is given: leave that out")
        of_piece(spec.brief.source, _bars(spec.brief))
    if length(spec.brief) > spec.longest:
        raise InvalidBrief(f"{length(spec.brief):g} seconds of music: {spec.longest:g} is the most for one piece")


def length(brief: Brief) -> float:
    """Duration of a loop, in seconds, at the slowest."""
    return _bars(brief) * states.BEATS * 60 / SLOWEST


def perform(task: Task) -> JobOutput:
    """Compose the pack, and its archive."""
    brief = {name: value for name, value in task.brief.items() if value is not None}
    theme = task.score(task.claimed.source)
    made = pack.make(perform=tasks.performing(task.observer), theme=theme, **_options(task.options), **brief)
    with tempfile.TemporaryDirectory(prefix="firmus-game-") as scratch:
        folder = Path(scratch) / "game"
        made.save(folder)
        data = archive(folder)
    requested: list[str] = task.claimed.request["formats"]
    rows = [works.file_row(task.blobs, task.claimed.id, name, data) for name in requested]
    document = task.write_result(files=requested, states=_described(made), seed=made.seed)
    seconds = sum(work.score.end / 480 * 60 / state.bpm for work, state in zip(made.works, made.states, strict=True))
    return JobOutput(document, files=rows, seconds=seconds)


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    if "states" not in options:
        raise InvalidBrief("game needs the option states, such as calm,tense,danger")
    try:
        return {"states": options["states"], "loudness": float(options.get("loudness", -14))}
    except ValueError:
        raise InvalidBrief(f"option loudness {options['loudness']!r} must be a number, such as -16") from None


def _bars(brief: Brief) -> Any:
    return BARS if brief.bars is None else brief.bars


def _described(made: Pack) -> list[dict[str, Any]]:
    """Each state: its name, key, tempo, and loudness in LUFS."""
    return [
        {"name": state.name, "key": state.key.text, "bpm": round(state.bpm, 3), "lufs": made.level(place)}
        for place, state in enumerate(made.states)
    ]
