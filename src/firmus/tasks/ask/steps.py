"""Steps: how much more or less a comparative is, from what is measured in the piece."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from firmus.composing import controls
from firmus.composing.selection import bar_spans, cells_between, find_part
from firmus.composing.styles import infer_style, model_style, styles
from firmus.requests.piece import Piece
from firmus.requests.request import Request
from firmus.runtime.weights import cards, find_card
from firmus.work import Brief

TEMPO = 1.15  # by which a tempo is multiplied for each step
STEPS = {1: 0.25, 2: 0.45}  # of a share from 0 to 1
MOOD_STEPS = {1: 0.5, 2: 0.9}  # of valence and arousal, from -1 to 1
BOLDNESS = 0.15  # of the temperature
SHARES = ("density", "register", "polyphony")
MARGIN = 0.03  # a share is not asked for beyond it from 0 and 1
MODEL = "composer"


def absolute(piece: Piece, request: Request, fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of a Brief that a request's comparatives come to.

    Parameters
    ----------
    piece : Piece
    request : Request
    fields : dict
        Those of the Brief that are known: bars, parts, style.
    """
    found: dict[str, Any] = {}
    relative = request.relative
    measured = _measured(piece, fields) if set(relative) - {"tempo", "temperature", "syncopation"} else {}
    for name in SHARES:
        if name in relative:
            share = measured.get(name, {}).get("share", 0.5) + _step(relative[name], STEPS)
            found[name] = round(min(max(share, MARGIN), 1 - MARGIN), 2)
    if "syncopation" in relative:
        found["syncopation"] = round(0.5 + _step(relative["syncopation"], STEPS), 2)
    if "valence" in relative or "arousal" in relative:
        mood = [
            min(max(2 * measured.get(name, {}).get("share", 0.5) - 1 + _step(relative.get(name, 0), MOOD_STEPS), -1), 1)
            for name in ("valence", "arousal")
        ]
        found["mood"] = ",".join(f"{value:.2f}" for value in mood)
    if "temperature" in relative:
        usual = styles()[name].temperature if (name := _style(piece, fields)) in styles() else 0.9
        found["temperature"] = round(usual * (1 + BOLDNESS * relative["temperature"]), 2)
    return found


def inherited(piece: Piece) -> dict[str, Any]:
    """Fields that a new piece has from the open one, where the words do not say others."""
    style = _style(piece, {})
    fields: dict[str, Any] = {"bars": piece.bars, "tempo": round(piece.tempo, 1), "style": style}
    if piece.key:
        fields["key"] = piece.key.text
    return fields


def models(verb: str, brief: Brief) -> list[str | None]:
    """Models that may do what is asked, the usual one as None: syncopation is known to latent ones alone."""
    if brief.syncopation is None or brief.model:
        return [brief.model]
    return [card.name for card in cards().values() if verb in card.tasks and card.kind == "latent"]


def without_unknown_genre(verb: str, brief: Brief) -> Brief:
    """The Brief without a genre that the model has not learnt, where its style, meter or mood say something of it."""
    card = find_card(brief.model or MODEL)
    if brief.genre is None or brief.genre in card.facts.get("genres", ()):
        return brief
    others = set(brief.as_dict()) - {"genre", "style", "bars", "parts", "count", "seed"}
    return replace(brief, genre=None) if others or verb in ("compose", "plan") else brief


def _step(size: int, steps: dict[int, float]) -> float:
    return 0.0 if not size else steps[abs(size)] * (1 if size > 0 else -1)


def style_of(piece: Piece) -> str | None:
    """The style whose ensemble the piece has: as many parts, drums where it has drums, and the most instruments alike.

    Returns
    -------
    str or None
        None where fewer than half of the instruments are of the families that the style has.
    """
    parts = piece.score.parts
    found: list[tuple[int, str]] = []
    for name in (each for each in find_card(MODEL).styles if each in styles()):
        voices = styles()[name].voices
        if [voice.is_drums for voice in voices] == [part.is_drums for part in parts]:
            alike = sum(voice.program // 8 == part.program // 8 for voice, part in zip(voices, parts, strict=True))
            named = sum(voice.name == part.name for voice, part in zip(voices, parts, strict=True))
            found.append((2 * alike + named + piece.score.title.startswith(styles()[name].title), name))
    best = max(found, key=lambda each: each[0], default=(0, ""))
    return best[1] if best[0] >= len(parts) else None


def _style(piece: Piece, fields: dict[str, Any]) -> str:
    return infer_style(fields.get("style") or style_of(piece) or "", find_card(MODEL), piece.score)


def _measured(piece: Piece, fields: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Controls as they are in what is open."""
    card, score = find_card(MODEL), piece.score
    bars = fields.get("bars") if isinstance(fields.get("bars"), str) else None
    places = [find_part(score, name) for name in fields.get("parts", ())]
    places = [place for place in places if score.parts[place].notes] or list(range(len(score.parts)))
    is_open = cells_between(score, bar_spans(score, bars), places)
    return controls.measure(score, is_open, model_style(_style(piece, fields)), card)
