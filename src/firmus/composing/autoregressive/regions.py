"""Continuing, infilling and varying: bars of parts are composed anew; all else stays as it is, note for note."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from firmus.analysis import keys
from firmus.composing.autoregressive.attempts import emptied
from firmus.composing.autoregressive.plan import Plan
from firmus.composing.cadence import at_rest, on_last_chord, with_cadence
from firmus.composing.commission import Commission
from firmus.composing.rules import rules, rules_of_parts
from firmus.composing.selection import cells_between
from firmus.composing.source import source_of
from firmus.composing.styles import infer_style
from firmus.errors import InvalidBrief
from firmus.runtime.constraints import Rules
from firmus.score import Score
from firmus.tokens.events import vocabulary

AMOUNT = 0.5  # share of the cells that varying composes anew, where none is asked for


def prepare(commission: Commission) -> Commission:
    """Open the cells that are meant, under the rules of the source.

    Raises
    ------
    InvalidBrief
        Where nothing can be composed there as it is asked for.
    """
    source = source_of(commission)
    score = commission.score or source
    if len(score.parts) > vocabulary.MAX_PARTS:
        raise InvalidBrief(f"the source has {len(score.parts)} parts: {vocabulary.MAX_PARTS} is the most")
    part_rules = rules_of_parts(source, commission.ranges)
    style = infer_style(commission.style, commission.card, score)
    commission.check_controls(style, all(limits.monophonic for limits in part_rules))
    return replace(
        commission,
        score=score,
        style=style,
        is_open=cells_between(score, commission.spans, commission.places or range(len(score.parts))),
        rules=rules(commission, score, part_rules, commission.chords),
    )


def plan(commission: Commission, generator: np.random.Generator) -> Plan:
    """The piece without what is composed anew; varying draws which of the cells that are."""
    score, is_open, held = commission.score, commission.is_open, commission.rules
    if score is None or is_open is None or held is None:
        raise ValueError("the commission is not prepared")
    if commission.close:
        held = _closing(held, commission, score)
    if commission.verb == "vary":
        is_open = _drawn(is_open, AMOUNT if commission.amount is None else commission.amount, generator)
    return Plan(emptied(score, is_open), is_open, commission.style, held)


def _closing(held: Rules, commission: Commission, score: Score) -> Rules:
    """Rules by which the piece ends: on its last chord where chords are given, else on the tonic after its dominant."""
    if commission.chords and commission.is_strict("chords"):
        return on_last_chord(held, replace(score, chords=commission.chords))
    estimate = keys.estimate(source_of(commission))
    key = commission.key or (score.keys[-1] if score.keys else estimate.key if estimate else None)
    return with_cadence(at_rest(held, key, score), key, score) if key else held


def _drawn(region: np.ndarray, amount: float, generator: np.random.Generator) -> np.ndarray:
    """A share of the cells of a region; its first bar stays, unless all of it is meant, so that the piece is known."""
    cells = np.argwhere(region)
    if amount < 1 and len(cells) > 1:
        cells = cells[cells[:, 0] > cells[0, 0]] if cells[-1, 0] > cells[0, 0] else cells
    count = max(1, round(amount * len(cells)))
    is_open = np.zeros_like(region)
    is_open[tuple(cells[generator.permutation(len(cells))[:count]].T)] = True
    return is_open
