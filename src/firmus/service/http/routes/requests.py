"""Requests in plain words: what they ask for, as a kind of job and its brief, before anything is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request

from firmus.errors import InvalidBrief
from firmus.formats import read as read_music
from firmus.formats.json import to_dict
from firmus.requests.text import language_of
from firmus.service.http import schemas, submission
from firmus.service.http.dependencies import Composing, ServiceDependency
from firmus.service.storage.blobs import Blobs
from firmus.tasks.ask.proposal import propose
from firmus.translation import preferred, translate

router = APIRouter(prefix="/v1/requests", tags=["requests"])


@router.post("")
async def ask(
    request: Request, body: schemas.PlainRequest, service: ServiceDependency, caller: Composing
) -> schemas.Proposal:
    """Ask in plain words, English or Chinese: the answer is a kind of job and its brief, or a question.

    Nothing is composed: send the brief, with the piece as its `source`, to `POST /v1/jobs`.
    """
    piece = {"work": body.work} if body.work else body.score
    draft = submission.find(service, caller, "analyse", {"source": piece} if piece else {})
    selection = body.selection.model_dump(exclude_none=True) if body.selection else None
    language = preferred(request.headers.get("accept-language", ""))
    return await service.pool.run(
        caller.owner, _propose, service.blobs.folder, body.text, draft.source, selection, language
    )


def _propose(folder: Path, text: str, source: Any, selection: dict[str, Any] | None, language: str) -> schemas.Proposal:
    """What a text asks for; in a process of its own, as the piece is read."""
    blobs = Blobs(folder)
    score = source.read(lambda digest: read_music(blobs.get(digest), trusted=True))
    try:
        proposal = propose(text, score, selection)
    except InvalidBrief as error:
        return schemas.Proposal(question=translate(str(error), language_of(text)))
    step = proposal.next
    brief = step.brief
    is_revised = brief.source is not None and brief.source != score
    return schemas.Proposal(
        kind=step.verb or None,
        brief=json.loads(json.dumps(brief.as_dict())),
        explanation=proposal.explained(language),
        score=to_dict(brief.source) if is_revised and brief.source else None,
        then=proposal.then,
    )
