"""Accompanying: the instruments of a band that a source has not, decoded beside those it has, under its chords."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from firmus.analysis import features
from firmus.analysis.chords import recognise
from firmus.composing import origin as origins
from firmus.composing.commission import Commission
from firmus.composing.latent import windows
from firmus.composing.latent.compose import PATTERN, points
from firmus.composing.latent.latent_space import Space
from firmus.composing.rules import chords_over
from firmus.composing.source import source_of
from firmus.composing.styles import model_style
from firmus.errors import InvalidBrief
from firmus.progress import Progress
from firmus.runtime.latent import OPEN
from firmus.score import Score
from firmus.tokens import Integers
from firmus.work import Work


def prepare(commission: Commission, space: Space) -> None:
    """Refuse what cannot be asked for."""
    for name in ("bars", "density", "register", "syncopation"):
        if name in commission.request:
            raise InvalidBrief(
                f"{name} {commission.request[name]}: {space.card.name} accompanies the whole source, as it hears it"
            )
    if not _missing(commission, space):
        names = ", ".join(space.module.NAMES).lower()
        raise InvalidBrief(f"the source has {names}: nothing is left to accompany with")
    list(windows.cut(_read(commission), space, commission.spans))


def _missing(commission: Commission, space: Space) -> list[int]:
    """Rows of the band's instruments that the parts which are kept do not play."""
    taken = {space.module.instrument(part) for part in _kept(commission).parts if part.notes}
    return [row for row in range(len(space.module.NAMES)) if row not in taken]


def _kept(commission: Commission) -> Score:
    """The source with the parts that were named, or all."""
    source = source_of(commission)
    return replace(source, parts=tuple(source.parts[place] for place in commission.places) or source.parts)


def _read(commission: Commission) -> Score:
    """The parts that are kept, with the chords that are given, written or recognised."""
    source = source_of(commission)
    progression = commission.progression
    return replace(
        _kept(commission),
        chords=chords_over(progression, source) if progression else source.chords or recognise(source),
    )


def perform(commission: Commission, space: Space, progress: Progress | None) -> list[Work]:
    """Accompany the source once from each seed."""
    source, read, missing = source_of(commission), _read(commission), _missing(commission, space)
    cut = list(windows.cut(read, space, commission.spans))
    key = commission.key if commission.key and commission.is_strict("key") else None
    silent = space.module.decode(np.zeros((1, len(space.module.COLUMNS)), np.int64)).parts
    works = []
    for seed in commission.seeds:
        generator = np.random.default_rng(seed)
        ideas, values = points(space, model_style(commission.style), generator), list[Integers]()
        for place, window in enumerate(cut):
            fixed = window.values.copy()
            for row in missing:
                fixed[:, row * space.module.PITCHES : (row + 1) * space.module.PITCHES] = OPEN
            z = ideas[PATTERN[place % len(PATTERN)]][None]
            values.append(space.latent.decode(z, window.bar, space.bars, generator, given=fixed[None])[0])
            if progress:
                progress("accompany", place + 1, len(cut))
        decoded = replace(read, parts=windows.spliced(silent, space, values, cut))
        decoded = windows.basses_in_range(windows.ruled(decoded, frozenset(key.scale) if key else frozenset()))
        fresh = tuple(decoded.parts[row] for row in missing if decoded.parts[row].notes)
        score = replace(source, parts=read.parts + fresh, chords=read.chords)
        spans = tuple((cut[0].first, score.end, len(read.parts) + row) for row in range(len(fresh)))
        works.append(origins.work(commission, seed, score, measured=features.qualities(score), composed=spans))
    return works
