"""Varying: some bars of a piece are composed anew, scattered over it, in the light of all the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from firmus.composing import form, latent, session
from firmus.composing import latent_space as windows
from firmus.composing.source import given, stretches
from firmus.errors import InvalidBrief
from firmus.work import Brief, Work

USUAL_AMOUNT = 0.5


def vary(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Compose a share of a piece anew.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `source`, `amount` (share of the bars of each part, 0.5 by default), `bars` and
        `parts` (where; everywhere by default), and the controls. The first bar of each part stays, so that the
        piece can be known again, unless `amount` is 1. With a latent `model` the amount, 0.3 by default, is how far
        each window goes, and `density`, `register` and `syncopation` say which way.
    progress : callable, optional

    Returns
    -------
    list of Work
        `count` of them, best first; which bars change is drawn from each work's own seed.
    """
    brief = brief or Brief.of(**options)
    chosen = session.choose_model(brief, "vary")
    if chosen.kind == "latent":
        return latent.vary(brief, windows.choose(brief, "vary", chosen.name), progress)
    source = given(brief, "vary")
    amount = USUAL_AMOUNT if brief.amount is None else brief.amount
    if brief.chords:
        raise InvalidBrief("vary keeps the source's harmony: use infill to compose bars over other chords")
    parts = [session.find_part(source, name) for name in brief.parts] or list(range(len(source.parts)))
    region = session.cells_between(source, stretches(source, brief.bars), parts)
    part_rules = session.rules_of_parts(brief, source)
    held = session.rules(brief, source, part_rules)

    def plan(generator: np.random.Generator) -> session.Plan:
        cells = np.argwhere(region)
        if amount < 1 and len(cells) > 1:
            cells = cells[cells[:, 0] > cells[0, 0]] if cells[-1, 0] > cells[0, 0] else cells
        count = max(1, round(amount * len(cells)))
        chosen_cells = cells[generator.permutation(len(cells))[:count]]
        is_open = np.zeros_like(region)
        is_open[tuple(chosen_cells.T)] = True
        style = session.infer_style(brief, chosen, source)
        return session.Plan(form.emptied(source, is_open), is_open, style, held, source)

    return session.perform(brief, "vary", chosen, plan, progress)
