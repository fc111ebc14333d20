"""Capabilities: models, kinds of job, every control with its range."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from firmus import formats
from firmus._version import __version__
from firmus.composing.styles import styles
from firmus.errors import ModelError
from firmus.runtime.weights import Card, cards
from firmus.service.http import schemas
from firmus.service.http.dependencies import Reading, ServiceDependency
from firmus.service.problems import Problem
from firmus.service.storage.works import FILES
from firmus.service.workers import handlers

router = APIRouter(prefix="/v1", tags=["models"])


@router.get("/capabilities")
def capabilities(service: ServiceDependency, caller: Reading) -> dict[str, Any]:
    """See kinds of job, the controls of a brief with their ranges, formats and limits: enough to build a form of."""
    settings = service.settings
    return {
        "firmus": __version__,
        "kinds": {
            name: {"models": [card.name for card in cards().values() if name in card.tasks], **handlers.described(name)}
            for name in handlers.KINDS
        },
        "brief": schemas.brief_schema(),
        "styles": {name: style.title for name, style in styles().items()},
        "formats": {
            "uploads": formats.extensions(),
            "sounds": list(formats.SOUND),
            "files": {name: media for name, (_, media) in FILES.items()},
        },
        "limits": {
            "piece_seconds": settings.piece_seconds,
            "batch": settings.batch,
            "body_bytes": settings.body_bytes,
            "sound_bytes": settings.sound_bytes,
            "json_bytes": settings.json_bytes,
            "wait_seconds": settings.wait,
            "requests_per_second": settings.rate,
        },
    }


@router.get("/models")
def listed(caller: Reading) -> dict[str, list[dict[str, Any]]]:
    """List the models: what each was trained to compose, to do and to obey."""
    return {"items": [_serialize(card) for card in cards().values()]}


@router.get("/models/{name}")
def one(name: str, caller: Reading) -> dict[str, Any]:
    """See a model's whole card: data and licences, training, measurements with the commands that give them."""
    try:
        card = cards()[name]
    except (KeyError, ModelError):
        raise Problem("not-found", f"there is no model {name[:60]!r}") from None
    return {**_serialize(card), **card.facts}


def _serialize(card: Card) -> dict[str, Any]:
    names = ("name", "title", "description", "kind", "styles", "tasks", "controls", "digest")
    return {name: getattr(card, name) for name in names} | {"genres": card.facts.get("genres", [])}
