"""Humanising: which drum is struck at which sixteenth is given, timing and loudness are decoded.

The encoder sees what is struck and nothing of how (Gillick et al., *Learning to Groove*, 2019, section 3.2); the
decoder is given what is struck and invents the rest, one way for each seed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from firmus.analysis import features
from firmus.composing import origin as origins
from firmus.composing.commission import Commission
from firmus.composing.latent import windows
from firmus.composing.latent.latent_space import Space
from firmus.composing.latent.windows import Window
from firmus.composing.source import source_of
from firmus.drums import DRUM_OF, DRUMS
from firmus.errors import InvalidBrief
from firmus.progress import Progress
from firmus.raster import STEP
from firmus.runtime.latent import OPEN
from firmus.score import Note, Part
from firmus.work import Work

TEMPERATURE = 0.7


def prepare(commission: Commission, space: Space) -> None:
    """Refuse what cannot be asked for."""
    for name in ("key", "chords", "density", "register", "syncopation"):
        if name in commission.request:
            raise InvalidBrief(f"{name} {commission.request[name]}: humanise changes timing and loudness, not notes")
    _cut(commission, space)


def _cut(commission: Commission, space: Space) -> tuple[int, list[Window]]:
    """Place of the drum part, and its windows."""
    source = source_of(commission)
    place = windows.part_place(source, space.module, commission.places)
    drums = replace(source, parts=(source.parts[place],))
    return place, list(windows.cut(drums, space, commission.spans))


def perform(commission: Commission, space: Space, progress: Progress | None) -> list[Work]:
    """Humanise the drums once from each seed."""
    source, (place, cut) = source_of(commission), _cut(commission, space)
    works = []
    for seed in commission.seeds:
        generator = np.random.default_rng(seed)
        part = source.parts[place]
        for index, window in enumerate(cut):
            strokes = _strokes(commission, space, window, generator)
            part = _played(part, window, strokes, commission.amount or 1.0)
            if progress:
                progress("humanise", index + 1, len(cut))
        score = replace(source, parts=(*source.parts[:place], part, *source.parts[place + 1 :]))
        spans = tuple((window.first, window.last, place) for window in cut)
        works.append(origins.work(commission, seed, score, measured=features.qualities(score), composed=spans))
    return works


def _strokes(
    commission: Commission, space: Space, window: Window, generator: np.random.Generator
) -> dict[tuple[int, int], Note]:
    """How a drummer strikes each drum of a window: notes by step and drum."""
    known = np.zeros((1, *window.values.shape), bool)
    known[..., 0] = True
    mean, spread = space.latent.encode(window.values[None], window.bar, known)
    z = (mean + spread * generator.standard_normal(mean.shape)).astype(np.float32)
    fixed = np.full((1, *window.values.shape), OPEN)
    fixed[..., 0] = window.values[:, 0]
    temperature = TEMPERATURE if commission.temperature is None else commission.temperature
    values = space.latent.decode(z, window.bar, space.bars, generator, temperature, fixed)[0]
    notes = space.module.decode(values).parts[0].notes
    return {((note.start + STEP // 2) // STEP, DRUM_OF[note.pitch]): note for note in notes}


def _played(part: Part, window: Window, strokes: dict[tuple[int, int], Note], amount: float) -> Part:
    """A part whose notes within a window's ticks sound as the drummer strikes them; drums that he has not stay."""
    notes = []
    for note in part.notes:
        at = note.start - window.start
        step = (at + STEP // 2) // STEP
        stroke = strokes.get((step, DRUM_OF.get(note.pitch, len(DRUMS))))
        if stroke is not None and window.first <= note.start < window.last:
            start = max(0, round(note.start + amount * (stroke.start - at)))
            velocity = round(note.velocity + amount * (stroke.velocity - note.velocity))
            note = replace(note, start=start, velocity=velocity)
        notes.append(note)
    return replace(part, notes=tuple(notes))
