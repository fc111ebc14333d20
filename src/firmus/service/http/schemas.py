"""Schemas of request and response bodies.

The JSON schema of a Brief is generated from `firmus.work.Brief`: names and types of its fields, their descriptions from
its docstring, their ranges from `firmus.brief_fields.LIMITS`.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from dataclasses import fields
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from firmus.brief_fields import CHOICES, LIMITS, MOODS, MOST_COUNT, MOST_NAME, MOST_TEXT, NAMED
from firmus.score import Score
from firmus.service.storage.keys import ROLES
from firmus.service.storage.works import JOB_FILES
from firmus.service.workers import handlers
from firmus.work import Brief

Item = TypeVar("Item")
State = Literal["queued", "running", "succeeded", "failed", "canceled"]
WORK_ID = "^wrk_[0-9a-f]{28}$"
_JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}
BATCH_ID = "^bat_[0-9a-f]{28}$"
SOUND_ID = "^snd_[0-9a-f]{28}$"
SOURCE = {
    "description": "A work of yours, a sound of yours, or a Firmus score (the file `json` of a work).",
    "anyOf": [
        {
            "type": "object",
            "required": ["sound"],
            "additionalProperties": False,
            "properties": {"sound": {"type": "string", "pattern": SOUND_ID}},
        },
        {
            "type": "object",
            "required": ["work"],
            "additionalProperties": False,
            "properties": {"work": {"type": "string", "pattern": WORK_ID}},
        },
        {"type": "object", "required": ["format"], "properties": {"format": {"const": "firmus-score"}}},
    ],
}


def described(text: str | None) -> dict[str, str]:
    """Descriptions of the parameters of a numpydoc docstring, as plain text.

    Examples
    --------
    >>> described(Brief.__doc__)["tempo"]
    'Quarter notes a minute, 10 to 400.'
    """
    descriptions: dict[str, str] = {}
    names: list[str] = []
    _, _, parameters = inspect.cleandoc(text or "").partition("Parameters\n----------\n")
    for line in parameters.splitlines():
        if line and not line.startswith(" "):
            names = [each.strip() for each in line.partition(" : ")[0].split(",")]
        elif line:
            for name in names:
                descriptions[name] = f"{descriptions.get(name, '')} {line.strip()}".strip()
    return {name: re.sub(r"`{1,2}(.*?)`{1,2}", r"\1", each) for name, each in descriptions.items()}


@cache
def brief_schema() -> dict[str, Any]:
    """JSON schema of a Brief."""
    texts, hints = described(Brief.__doc__), typing.get_type_hints(Brief)
    properties = {}
    for each in fields(Brief):
        schema = dict(SOURCE) if each.name in ("source", "target") else _schema(each.name, hints[each.name])
        description = f"{texts[each.name]} {schema.get('description', '')}".strip()
        properties[each.name] = {**schema, "description": description}
    for name, (_, _, known) in NAMED.items():
        properties[name]["items"] = {"enum": list(known)}
    for name, known in CHOICES.items():
        properties[name]["enum"] = list(known)
    properties["mood"]["examples"] = [*MOODS, "0.3,-0.5"]
    return {
        "type": "object",
        "title": "Brief",
        "additionalProperties": False,
        "properties": properties,
        "description": "What is asked for. Every field that is given is obeyed or refused, never ignored.",
    }


def _schema(name: str, kind: Any) -> dict[str, Any]:
    """Schema of one field of a Brief."""
    if isinstance(kind, types.UnionType):
        options = [each for each in typing.get_args(kind) if each not in (type(None), Score)]
        alternatives = [_schema(name, each) for each in options]
        return alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}
    text = {"type": "string", "maxLength": MOST_NAME}
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "maxItems": MOST_COUNT, "items": text}
    if kind not in _JSON_TYPES:
        return {"type": "object", "maxProperties": MOST_COUNT, "additionalProperties": text}
    schema: dict[str, Any] = {"type": _JSON_TYPES[kind]}
    if kind is str:
        schema["maxLength"] = MOST_TEXT[name]
    if kind is not str and name in LIMITS:
        limits = LIMITS[name]
        schema |= {"exclusiveMinimum" if limits.above else "minimum": limits.low, "maximum": limits.high}
    return schema


BriefDocument = Annotated[dict[str, Any], WithJsonSchema(brief_schema())]
Name = Annotated[str, Field(max_length=40)]
Formats = Annotated[
    list[Name], Field(max_length=len(JOB_FILES), json_schema_extra={"items": {"enum": list(JOB_FILES)}})
]
Kind = Annotated[
    Name, Field(description="A verb of the command line.", json_schema_extra={"enum": list(handlers.KINDS)})
]


def option_schemas() -> dict[str, Any]:
    """JSON schemas of the options of all kinds; one that kinds take differently is any of theirs."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in handlers.KINDS:
        for name, schema in handlers.options(kind).items():
            known = found.setdefault(name, [])
            if schema not in known:
                known.append(schema)
    return {name: schemas[0] if len(schemas) == 1 else {"anyOf": schemas} for name, schemas in found.items()}


OPTIONS = option_schemas()
Options = Annotated[
    dict[str, Any],
    Field(description="What some kinds take beside the brief; `/v1/capabilities` says which."),
    WithJsonSchema({"type": "object", "additionalProperties": False, "properties": OPTIONS}),
]


Webhook = Annotated[
    str | None,
    Field(
        max_length=2000,
        description="Where it is to be told (POST, signed) when it has ended: https.",
        json_schema_extra={"format": "uri"},
    ),
]


class RequestBody(BaseModel):
    """A request body; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class JobSubmission(RequestBody):
    """A job to be done."""

    kind: Kind
    brief: BriefDocument = {}
    formats: Formats = Field([], description="Files that render and convert are to make.")
    options: Options = {}
    webhook: Webhook = None
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "compose", "brief": {"style": "chorale", "key": "G minor", "bars": 8, "seed": 7}},
                {"kind": "harmonise", "brief": {"source": {"work": "wrk_019abc0000000123456789abcdef"}}},
                {"kind": "analyse", "brief": {"source": {"work": "wrk_019abc0000000123456789abcdef"}}},
            ]
        }
    )


class Selection(RequestBody):
    """What is selected in a piece."""

    bars: str | None = Field(None, max_length=MOST_TEXT["bars"], examples=["5-8"])
    parts: list[Annotated[str, Field(max_length=MOST_NAME)]] | None = Field(None, max_length=256, examples=[["Cello"]])


class PlainRequest(RequestBody):
    """A request in plain words."""

    text: str = Field(min_length=1, max_length=2000, examples=["make bars 5 to 8 calmer, keep the bass"])
    work: str | None = Field(None, pattern=WORK_ID, description="The open piece, a work of yours.")
    score: dict[str, Any] | None = Field(None, description="Or the piece itself, a Firmus score.")
    selection: Selection | None = Field(None, description="What `this` and `here` mean.")


class BatchSubmission(RequestBody):
    """Many jobs of one kind."""

    kind: Kind
    briefs: list[BriefDocument] = Field(min_length=1, description="A job is made of each.")
    webhook: Webhook = None


class KeySubmission(RequestBody):
    """A key to be made."""

    owner: str = Field(max_length=80, description="Whose music it opens.", examples=["acme"])
    role: Name = Field(json_schema_extra={"enum": list(ROLES)})
    quota: float | None = Field(None, ge=0, le=1e9, description="Seconds of music a day; null for the service's.")
    storage: float | None = Field(
        None, ge=0, le=1e18, description="Bytes that its owner may store; null for the service's."
    )


class Told(BaseModel):
    """The problem of a job that failed (RFC 9457)."""

    type: str
    title: str
    detail: str
    status: int | None = None


class Progress(BaseModel):
    """How far a job is."""

    title: str
    done: int
    total: int


class JobSummary(BaseModel):
    """A job as lists have it."""

    id: str
    kind: str
    state: str = Field(json_schema_extra={"enum": list(get_args(State))})
    attempt: int = Field(description="How often a worker has begun it.")
    seconds: float = Field(description="Of music: reserved for it, then made; they count for the day's quota.")
    batch: str | None = None
    created: str
    started: str | None = None
    ended: str | None = None
    erased: str | None = Field(None, description="When what it held was erased, with the work or sound it was about.")
    links: dict[str, str]


class Job(JobSummary):
    """A job as it stands."""

    request: dict[str, Any] = Field(description="What was asked, with the seed that makes it again.")
    progress: Progress | None = None
    ahead: int | None = Field(None, description="Jobs that come before it, while it is queued.")
    result: dict[str, Any] | None = Field(
        None, description="`works`, `files`, or what was found, once it has succeeded."
    )
    error: Told | None = None
    webhook: str | None = Field(None, description="Whether its end was told: waiting, delivered or failed, and why.")


class Work(BaseModel):
    """A work: one immutable revision of a piece."""

    id: str
    title: str
    parent: str | None = Field(description="The revision that it came of.")
    root: str = Field(description="The first revision of its tree.")
    job: str | None = Field(description="The job that made it; null where it was uploaded.")
    ai_generated: bool
    summary: dict[str, Any] = Field(description="Bars, notes, key, parts with their ranges, seconds.")
    created: str
    links: dict[str, str]


class Sound(BaseModel):
    """A recording, to be analysed or transcribed, or a SoundFont, to play parts."""

    id: str
    title: str
    bytes: int
    created: str
    links: dict[str, str]


class Batch(BaseModel):
    """A batch as it stands."""

    id: str
    kind: str
    total: int
    states: dict[str, int] = Field(description="How many of its jobs are in each state.")
    webhook: str | None = Field(None, description="Whether its end was told: waiting, delivered or failed, and why.")
    created: str
    links: dict[str, str]


class Key(BaseModel):
    """A key, without its secret."""

    id: str
    owner: str
    role: str
    quota: float | None
    storage: float | None
    created: str
    revoked: str | None


class NewKey(Key):
    """A key with its secret, which is told this once."""

    key: str


class WebhookSecret(BaseModel):
    """What an owner's webhooks are signed with."""

    secret: str = Field(description="`whsec_` and base64, as libraries for Standard Webhooks take it.")


class Usage(BaseModel):
    """What an owner has used today (UTC), and stores."""

    owner: str
    seconds: float = Field(description="Of music made or reserved today.")
    quota: float
    unfinished: int = Field(description="Jobs that are queued or running.")
    stored: int = Field(description="Bytes of files, sounds, requests and results; what was deleted, until it is off.")
    storage: int = Field(description="Bytes that may be stored.")


class AuditLine(BaseModel):
    """A line of the audit log."""

    number: int
    at: str
    key: str
    owner: str
    action: str
    target: str
    digest: str


class Page(BaseModel, Generic[Item]):
    """A page of a list, and where the next begins."""

    items: list[Item]
    next: str | None = Field(None, description="Cursor of the next page; null on the last.")


class Proposal(BaseModel):
    """What a request in plain words asks for, or a question."""

    question: str | None = Field(default=None, description="One line, where the request is not understood: ask again.")
    kind: str | None = Field(
        default=None,
        description="The kind of job; none where no note is composed anew: `score` is the piece as it is to be.",
    )
    brief: dict[str, Any] = Field(default={}, description="Its brief, without the source.")
    explanation: list[str] = Field(
        default=[], description="What will be done, a line each, in the language that is accepted."
    )
    score: dict[str, Any] | None = Field(
        default=None,
        description="The piece with another length, tempo, key, title or instruments: the source to be sent.",
    )
    then: str = Field(default="", description="What the text asks for after that: ask for it once the job is done.")
