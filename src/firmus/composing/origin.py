"""Origin: where a Work comes from, and the mark that its Score bears."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from firmus._version import __version__
from firmus.analysis import features, keys
from firmus.composing.commission import Commission
from firmus.formats.json import to_dict
from firmus.render.engrave import GENERATED
from firmus.score import Score
from firmus.work import Origin, Work

MARK = f"Firmus ({GENERATED})"


def work(commission: Commission, seed: int, score: Score, *, measured: dict[str, Any], **fields: Any) -> Work:
    """A marked Score with its Origin: `measured` beside what is measured of every score, `fields` of the Origin."""
    score = marked(replace(score, title=commission.title) if commission.title else score)
    card, played = commission.card, commission.quantised
    given = played.source if played else commission.source
    quantised = {"quantised": played.as_dict()} if played and played.timing else {}
    origin = Origin(
        firmus=__version__,
        model=card.name,
        weights=card.digest,
        task=commission.verb,
        seed=seed,
        brief=commission.request,
        credits=card.credits,
        measured={**features.summary(score), **estimated_key(score), **quantised, **measured},
        source=digest(given) if given else "",
        **fields,
    )
    return Work(score, origin)


def marked(score: Score) -> Score:
    """The score with a mark, beside its composer, that says it was composed by a machine."""
    if MARK in score.composer:
        return score
    return replace(score, composer=f"{score.composer}, with {MARK}" if score.composer else MARK)


def estimated_key(score: Score) -> dict[str, Any]:
    """Key estimated from the notes, whatever is written, and the confidence (0 to 1)."""
    estimate = keys.estimate(score)
    if estimate is None:
        return {"heard_key": None, "heard_key_confidence": 0.0}
    return {"heard_key": estimate.key.text, "heard_key_confidence": round(estimate.confidence, 3)}


def digest(score: Score) -> str:
    """SHA-256 of a Score's content."""
    return hashlib.sha256(json.dumps(to_dict(score), sort_keys=True).encode()).hexdigest()
