"""Humanising: a drum part that a machine plays gets the timing and the loudness of a drummer."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import numpy as np

from firmus.composing import latent_space as windows
from firmus.composing import session
from firmus.composing.source import given, stretches
from firmus.drums import DRUM_OF, DRUMS
from firmus.errors import InvalidBrief
from firmus.raster import STEP
from firmus.runtime.latent import OPEN
from firmus.score import Note, Part
from firmus.work import Brief, Work

USUAL_MODEL = "vae-groove"
USUAL_TEMPERATURE = 0.7


def humanise(brief: Brief | None = None, progress: session.Progress | None = None, **options: Any) -> list[Work]:
    """Give the drums of a piece human timing and loudness; which drum is struck at which sixteenth stays.

    The model's encoder sees what is struck and nothing of how (Gillick et al., *Learning to Groove*, 2019, section
    3.2); its decoder is told what is struck and invents the rest, one way for each seed.

    Parameters
    ----------
    brief : Brief, optional
        Or its fields as keywords: `source`, `bars` (which; all by default), `parts` (a part of drums), `amount` (how
        much of what the drummer does, 0 to 1; all by default), `temperature`, `count`, `seed`, `model`.
    progress : callable, optional

    Returns
    -------
    list of Work
        `count` of them; every part but the drums is as it was.
    """
    brief = brief or Brief.of(**options)
    source = given(brief, "humanise")
    chosen = windows.choose(brief, "humanise", USUAL_MODEL)
    for name in ("key", "chords", "density", "register", "syncopation"):
        if getattr(brief, name) is not None:
            raise InvalidBrief(f"{name} {getattr(brief, name)}: humanise changes timing and loudness, not notes")
    space = windows.Space(chosen)
    place = windows.part_place(source, space.module, brief)
    drums = replace(source, parts=(source.parts[place],))
    found = list(windows.cut(drums, space, stretches(source, brief.bars)))
    first = secrets.randbelow(2**31) if brief.seed is None else brief.seed
    works = []
    for number in range(brief.count):
        seed = (first + number) % 2**63
        generator = np.random.default_rng(seed)
        part = source.parts[place]
        for index, window in enumerate(found):
            part = _played(part, window, _drummer(space, window, generator, brief), brief.amount or 1.0)
            if progress:
                progress("humanise", index + 1, len(found))
        score = replace(source, parts=(*source.parts[:place], part, *source.parts[place + 1 :]))
        spans = [(window.first, window.last, place) for window in found]
        works.append(
            windows.work(brief, "humanise", chosen, seed, score, composed=tuple(spans), source=session.digest(source))
        )
    return works


def _drummer(
    space: windows.Space, window: windows.Window, generator: np.random.Generator, brief: Brief
) -> dict[tuple[int, int], Note]:
    """How a drummer strikes each drum of a window: notes by step and drum."""
    known = np.zeros((1, *window.values.shape), bool)
    known[..., 0] = True
    mean, spread = space.latent.encode(window.values[None], window.bar, known)
    z = (mean + spread * generator.standard_normal(mean.shape)).astype(np.float32)
    fixed = np.full((1, *window.values.shape), OPEN)
    fixed[..., 0] = window.values[:, 0]
    heat = USUAL_TEMPERATURE if brief.temperature is None else brief.temperature
    told = space.latent.decode(z, window.bar, space.bars, generator, heat, fixed)[0]
    notes = space.module.decode(told).parts[0].notes
    return {((note.start + STEP // 2) // STEP, DRUM_OF[note.pitch]): note for note in notes}


def _played(part: Part, window: windows.Window, drummer: dict[tuple[int, int], Note], amount: float) -> Part:
    """A part whose notes within a window's ticks sound as the drummer strikes them; drums that he has not stay."""
    notes = []
    for note in part.notes:
        at = note.start - window.start
        step = (at + STEP // 2) // STEP
        own = drummer.get((step, DRUM_OF.get(note.pitch, len(DRUMS))))
        if own is not None and window.first <= note.start < window.last:
            start = max(0, round(note.start + amount * (own.start - at)))
            velocity = round(note.velocity + amount * (own.velocity - note.velocity))
            note = replace(note, start=start, velocity=velocity)
        notes.append(note)
    return replace(part, notes=tuple(notes))
