"""Explaining a Work: what in it the model found surprising, and which rule was hard for it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from firmus.analysis.features import pitch_name
from firmus.render.instruments import DRUMS
from firmus.runtime import stepper
from firmus.runtime.constraints import PartRules
from firmus.runtime.surprise import NoteSurprise, surprises
from firmus.runtime.weights import card
from firmus.score import Score
from firmus.tasks import _session as session
from firmus.tasks import _wishes as wishes
from firmus.timing import bar_at, bars
from firmus.tokens import events
from firmus.work import Brief, Work


def explain(work: Work) -> dict[str, Any]:
    """Say how surprising each composed note was to the model, and how hard each rule bore on it.

    Parameters
    ----------
    work : Work

    Returns
    -------
    dict
        ``notes``: in the order of composing, each with ``bar``, ``beat`` (quarters from the barline, from 1),
        ``part``, ``name``, ``nats`` (of all that tells the note) and ``pitch_nats``; ``nats``: their mean;
        ``rules``: for ``key``, ``chords`` and ``range``, where they were asked for, the mean share (0 to 1) of
        the model's probability that the rule took away: 0 is no hindrance, near 1 is music against its habits.
    """
    score, origin = work.score, work.origin
    chosen = card(origin.model)
    brief = Brief.of(**origin.brief)
    style = origin.measured.get("style") or session.infer_style(brief, chosen, score)
    is_open = np.zeros(events.cells(events.prepare(score)), bool)
    for start, stop, part in origin.composed:
        is_open |= session.cells_between(score, [(start, stop)], [part])
    wanted = session.ranges(brief, score)
    limits = tuple(PartRules(*wanted.get(place, (0, 127))) for place in range(len(score.parts)))
    rules = session.rules(brief, score, limits, score.chords if brief.chords else ())
    known = session.as_the_model_knows(score, chosen, style)
    model = stepper.load(chosen.name)
    found = list(surprises(model, known, is_open, style, rules, wishes.tokens(brief, chosen, style)))
    pressure: dict[str, list[float]] = defaultdict(list)
    for each in found:
        for name, share in each.pressure.items():
            pressure[name].append(share)
    return {
        "nats": round(float(np.mean([each.nats for each in found])), 4) if found else 0.0,
        "rules": {name: round(float(np.mean(shares)), 4) for name, shares in sorted(pressure.items())},
        "notes": [_told(each, score) for each in found],
    }


def _told(note: NoteSurprise, score: Score) -> dict[str, Any]:
    all_bars = bars(score)
    bar = all_bars[bar_at(all_bars, note.start)]
    part = score.parts[note.part]
    key = score.keys[0] if score.keys else None
    drum = DRUMS.get(note.pitch, (str(note.pitch), ""))[0]
    return {
        "bar": bar.number,
        "beat": round((note.start - bar.start + bar.place) / 480 + 1, 3),
        "part": part.name or str(note.part + 1),
        "name": drum if part.is_drums else pitch_name(note.pitch, key),
        "nats": round(note.nats, 3),
        "pitch_nats": round(note.pitch_nats, 3),
    }
