"""Instruments of points in the space of instruments: new ones, and the way from one to another.

A model of harmonic and noise synthesis (`firmus.runtime.timbre`) plays each key in two loudnesses, and these are
sampled: what is delivered needs no model.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from firmus._version import __version__
from firmus.analysis.sound import is_sound
from firmus.brief_fields import Limits
from firmus.composing.commission import draw_seed
from firmus.errors import InvalidBrief
from firmus.production.timbres import recording, sampling, words
from firmus.production.timbres.making import named
from firmus.production.timbres.packages import Package, measured
from firmus.production.timbres.sampling import Note
from firmus.render.instruments import PROGRAMS, played_as, program_number
from firmus.render.multisample.zones import Instrument
from firmus.runtime import timbre
from firmus.runtime.timbre import SLIDERS, Shaped, Timbre
from firmus.work import Origin

Point = npt.NDArray[np.float32]

MODEL = "timbre"
KEYS = range(36, 97, 6)
VELOCITIES = 50, 110
SECONDS = 2.4  # of each sample
STEPS = Limits(2, 16, whole=True)
MIXED = 3  # instruments that a new one is a mixture of, where no words say which
SLIDER = Limits(-1, 1)
USUAL_STEPS = 5


def new(*, like: str | None = None, seed: int | None = None, name: str | None = None, **sliders: float) -> Package:
    """A new instrument.

    Parameters
    ----------
    like : str, optional
        In words, such as ``"warm, plucked"``; else a mixture of three that the seed draws.
    seed : int, optional
    name : str, optional
    **sliders
        `brightness`, `attack`, `decay`, `noise`, `harmonicity`, -1 to 1; they replace what words say of them.

    Raises
    ------
    InvalidBrief, ModelError
    """
    for slider, value in sliders.items():
        if not SLIDER.hold(value):
            raise InvalidBrief(f"{slider} {value!r} must be -1 to 1")
    drawn = draw_seed() if seed is None else seed
    described = words.read(like) if like is not None else words.Description((), {})
    model = timbre.load(MODEL)
    settings = described.settings | sliders
    point = model.with_controls(_mixture(model, described.programs, drawn), **settings)
    asked: dict[str, Any] = {"kind": "new"} | ({} if like is None else {"like": like}) | settings | {"seed": drawn}
    usual = " ".join((like or "new").replace(",", " ").split())
    return _sampled(model, point, named(name, usual), drawn, asked)


def morph(
    first: str | os.PathLike[str],
    second: str | os.PathLike[str],
    *,
    steps: int = USUAL_STEPS,
    name: str | None = None,
) -> list[Package]:
    """Instruments on the way from one to another, both ends among them.

    Parameters
    ----------
    first, second : str or path
        Names of instruments, or sound files of one note.
    steps : int
        2 to 16.
    name : str, optional

    Raises
    ------
    InvalidBrief, FormatError, ModelError
    """
    if not STEPS.hold(steps):
        raise InvalidBrief(f"steps {steps!r} must be 2 to 16, with both ends")
    model = timbre.load(MODEL)
    ends = [_point(model, each) for each in (first, second)]
    titles = [os.path.splitext(os.path.basename(os.fspath(each)))[0] for each in (first, second)]
    made = []
    for step in range(steps):
        share = step / (steps - 1)
        point = Shaped(((1 - share) * ends[0] + share * ends[1]).astype(np.float32))
        asked = {"kind": "morph", "from": titles[0], "to": titles[1], "share": round(share, 4)}
        made.append(_sampled(model, point, f"{named(name, '-'.join(titles))} {step + 1}", 0, asked))
    return made


def _mixture(model: Timbre, programs: tuple[int, ...], seed: int) -> Point:
    """Mean of some instruments; of three that the seed draws, by weights that it draws, where none are said."""
    points = model.names()
    if programs:
        return np.mean([points[_known(points, each)] for each in programs], axis=0).astype(np.float32)
    generator = np.random.default_rng(seed)
    chosen = generator.choice(len(points), MIXED, replace=False)
    weights = generator.dirichlet(np.ones(MIXED)).astype(np.float32)
    return (weights @ np.stack([list(points.values())[place] for place in chosen])).astype(np.float32)


def _known(points: dict[str, Point], program: int) -> str:
    """The model's name of a program, or of its nearest relative."""
    able = {number: name for number, (name, _) in enumerate(PROGRAMS) if name in points}
    return able[played_as(program, able)]


def _point(model: Timbre, which: str | os.PathLike[str]) -> Point:
    """Point of an instrument by its name, or of a recorded note."""
    if not is_sound(which):
        points, name = model.names(), os.fspath(which)
        own = {each.casefold(): each for each in points}  # among them some that are in no General MIDI
        return points[own.get(name.casefold()) or _known(points, program_number(name))]
    note = recording.read(which).notes[0]
    return model.encode(note.wave, sampling.RATE, note.key)


def _sampled(model: Timbre, point: Shaped, name: str, seed: int, asked: dict[str, Any]) -> Package:
    """Play every sixth key in two loudnesses; the zones of these, and their origin."""
    notes = []
    for key in KEYS:
        for velocity in VELOCITIES:
            wave = model.sample(point, float(key), velocity, SECONDS, sampling.RATE, seed)
            notes.append(Note(wave, float(key)))
    card = model.card
    made = Instrument(name, sampling.zones_of(notes), f"AI-generated: Firmus, {card.name}")
    settings = {slider: getattr(point, slider) for slider in SLIDERS}
    origin = Origin(
        firmus=__version__, model=card.name, weights=card.digest, task="timbre", seed=seed, brief=asked,
        credits=card.credits, measured=measured(made) | {"settings": settings},
    )  # fmt: skip
    return Package(made, origin, tonic=KEYS[len(KEYS) // 2] - KEYS[len(KEYS) // 2] % 12)
