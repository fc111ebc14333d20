"""A model adapted to the pieces of a folder: a card and an adapter, which are a model to compose with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from firmus import formats
from firmus.composing.commission import DEFAULT_MODEL
from firmus.composing.styles import infer_style, model_style
from firmus.errors import InvalidBrief, unknown
from firmus.evaluation import likelihood
from firmus.learning import adapting
from firmus.learning.adapting import Reading
from firmus.progress import Progress
from firmus.render import files
from firmus.retrieval.library import listed
from firmus.runtime import stepper
from firmus.runtime.adapter import FILE
from firmus.runtime.stepper import Stepper
from firmus.runtime.weights import Card, card
from firmus.score import Score
from firmus.timing import bars

FEWEST, MOST = 5, 20  # pieces
FEWEST_NOTES, FEWEST_BARS = 16, 4  # of a piece
MOST_TOKENS = 1000  # of a piece, from its beginning


def adapt(
    folder: str | PathLike[str], *, style: str | None = None, model: str | None = None,
    out: str | PathLike[str] | None = None, force: bool = False, progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Adapt a model to the pieces of a folder; see `firmus.adapt`.

    Raises
    ------
    InvalidBrief, FormatError, ModelError, OutputExists
    """
    target = Path(out) if out else Path("out") / "models" / Path(folder).resolve().name
    files.check_free(target, force)
    base_model(model, style)
    read = [score for name in listed(Path(folder)) for score in formats.read_all(Path(folder) / name)]
    return of_scores(read, target, style=style, model=model, progress=progress, name=str(folder))


def base_model(model: str | None, style: str | None) -> Card:
    """The model that is adapted.

    Raises
    ------
    InvalidBrief, ModelError
        Where it cannot be, or has not learnt the style.
    """
    base = card(model or DEFAULT_MODEL)
    if base.kind != "stepper" or base.representation != "events" or "base" in base.facts:
        raise InvalidBrief(f"model {base.name!r} cannot be adapted: the composer can, or one trained by its recipes")
    if style and model_style(style) not in base.styles:
        raise InvalidBrief(unknown("style", style, base.styles))
    return base


def of_scores(
    given: Sequence[Score], target: Path, *, style: str | None = None, model: str | None = None,
    progress: Progress | None = None, name: str = "the list",
) -> dict[str, Any]:  # fmt: skip
    """Adapt a model to pieces, and write it into a folder.

    Raises
    ------
    InvalidBrief, ModelError
    """
    base = base_model(model, style)
    scores = pieces(given, name)
    named = model_style(style) if style else infer_style("", base, scores[0])
    network, readings = stepper.load(base.name), []
    for number, score in enumerate(scores, 1):
        readings.append(read(network, score, named))
        if progress:
            progress("read", number, len(scores))
    found = adapting.adapt(readings)
    if found.after >= found.before:
        raise InvalidBrief(
            f"adapting to {name} makes nothing likelier ({found.after:.3f} nats a token of pieces left out, "
            f"{found.before:.3f} without): are they of one style? more of them help"
        )
    data = found.adapter.encoded()
    document = _card(base, target.name, data, [score.title for score in scores])
    target.mkdir(parents=True, exist_ok=True)
    formats.save(data, target / FILE)
    formats.save((json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode(), target / "card.json")
    return {
        "model": target.name, "folder": str(target), "style": named, "pieces": len(scores), "bytes": len(data),
        "before": round(found.before, 4), "after": round(found.after, 4),
    }  # fmt: skip


def read(stepper: Stepper, score: Score, style: str) -> Reading:
    """What a model makes of the beginning of a piece."""
    window = likelihood.of_score(score, style, stepper.card.facts)
    tokens, slots, begin = window.example.tokens, window.example.slots, window.begin
    end = min(len(tokens), begin + MOST_TOKENS)
    state = stepper.start(end + 1)
    logits = [stepper.feed(tokens[:begin], slots[:begin], state)]
    logits += [stepper.feed(tokens[at : at + 1], slots[at : at + 1], state) for at in range(begin, end - 1)]
    return Reading(np.stack(logits), tokens[begin:end].astype(np.int64))


def pieces(read: Sequence[Score], name: str) -> list[Score]:
    """The pieces of a list, or of a folder of that name, that are long enough.

    Raises
    ------
    InvalidBrief
        Where there are too few, or too many.
    """
    long = [
        score
        for score in read
        if sum(len(part.notes) for part in score.parts) >= FEWEST_NOTES and len(bars(score)) >= FEWEST_BARS
    ]
    if not FEWEST <= len(long) <= MOST:
        raise InvalidBrief(
            f"{name} has {len(long)} pieces of {FEWEST_BARS} bars and {FEWEST_NOTES} notes or more, and "
            f"{len(read) - len(long)} shorter ones: give {FEWEST} to {MOST}"
        )
    return long


def _card(base: Card, name: str, data: bytes, titles: list[str]) -> dict[str, Any]:
    """The card of the adapted model: its base's, with the adapter and the pieces that it learnt from."""
    digest = hashlib.sha256(f"{base.digest} {hashlib.sha256(data).hexdigest()}".encode()).hexdigest()
    known = json.loads((base.folder / "card.json").read_text(encoding="utf-8"))
    own = {
        "name": "own",
        "title": f"{len(titles)} pieces of your own",
        "credit": "; ".join(filter(None, titles)),
        "licence": "yours",
    }
    return known | {
        "name": name, "description": f"{base.name}, adapted to {len(titles)} pieces.", "digest": digest,
        "base": base.name, "base_digest": base.digest, "bytes": len(data), "data": [*known.get("data", []), own],
    }  # fmt: skip
