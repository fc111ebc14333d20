"""Planning: the lanes of a piece before its notes: form, keys, chords.

A plan is a Score whose parts are empty. What is given of it stays: section marks, keys, chord symbols; what is not is
filled here. Composing without a plan makes one first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from firmus.composing import form
from firmus.composing.chord_lane import chord_lane, four_bars
from firmus.composing.commission import Commission
from firmus.composing.form import Section
from firmus.composing.styles import styles
from firmus.errors import InvalidBrief
from firmus.harmony import Key
from firmus.pitch import NO_CHORD
from firmus.score import Score
from firmus.timing import Bar, bars, beat
from firmus.translation.vocabulary import part as english

NEIGHBOURS = {"major": ((1, "major", 0.5), (0, "minor", 0.3), (-1, "major", 0.2)),
              "minor": ((0, "major", 0.6), (1, "minor", 0.2), (-1, "minor", 0.2))}  # fmt: skip
"""Fifths up to the signatures of the keys that middle sections may be in, their modes, and how often they are."""


DECIDED = ("bars", "seconds", "meter", "key", "tempo", "parts")
"""Fields of a Brief that a plan decides."""


def check(commission: Commission, plan: Score) -> None:
    """Refuse as a plan what is none, and fields that it decides.

    Raises
    ------
    InvalidBrief
    """
    if any(part.notes for part in plan.parts):
        raise InvalidBrief(
            "compose takes a plan, which has no notes: use continue, infill, harmonise, accompany or vary with a source"
        )
    if commission.card.kind != "stepper":
        raise InvalidBrief(f"model {commission.card.name!r} composes without a plan: leave --model out")
    for name in DECIDED:
        if name in commission.request:
            raise InvalidBrief(f"{name} {commission.request[name]}: the plan has its own; change it there")
    if not plan.keys or not plan.end:
        raise InvalidBrief("the plan has no key or no bars: write its keys and its end, or make it with firmus plan")
    if len(plan.meters) > 1:
        raise InvalidBrief(f"the plan has {len(plan.meters)} meters: compose keeps one")


def style_of(plan: Score, known: Sequence[str]) -> str:
    """The style whose parts, and title, a plan has.

    Raises
    ------
    InvalidBrief
        Where it may be of several, or is of none.
    """
    names = [english(part.name) for part in plan.parts]
    fitting = [name for name in known if [english(voice.name) for voice in styles()[name].voices] == names]
    titled = [name for name in fitting if plan.title.startswith(styles()[name].title)]
    if len(titled or fitting) != 1:
        raise InvalidBrief(f"the plan may be of the styles {', '.join(fitting or known)}: say which (style)")
    return (titled or fitting)[0]


def planned(commission: Commission, frame: Score, generator: np.random.Generator) -> Score:
    """A score without notes, with the lanes that are open filled.

    Parameters
    ----------
    commission : Commission
    frame : Score
        Key, meter, tempo, length and parts; and the lanes that are given.
    generator : numpy.random.Generator
    """
    style = styles()[commission.style]
    count = sum(bar.number > 0 for bar in bars(frame))
    sections = form.of_marks(frame) if frame.sections else _sections(commission, count, generator)
    score = frame if frame.sections else replace(frame, sections=form.marks(sections, frame))
    if style.modulates and count > form.LONG and not commission.key and not frame.chords and len(frame.keys) == 1:
        score = replace(score, keys=_keys(score, sections, generator))
    if score.chords or not style.is_planned:
        return score
    phrases = form.phrases(sections) or four_bars(count)
    in_key = commission.key is not None and commission.is_strict("key")
    return replace(score, chords=chord_lane(score, style.name, phrases, generator, in_key=in_key))


def _sections(commission: Commission, count: int, generator: np.random.Generator) -> tuple[Section, ...]:
    """The form that is asked for, or else a usual one; given chords go on as they are, whatever returns."""
    if commission.form:
        return commission.form.lay_out(count)
    style = styles()[commission.style]
    if commission.progression:
        return ()
    usual = form.usual(style.forms, style.through_composed, count, generator)
    return usual.lay_out(count) if usual else ()


def _keys(score: Score, sections: tuple[Section, ...], generator: np.random.Generator) -> tuple[Key, ...]:
    """Keys that leave in sections which contrast with the first and the last, and come back with these."""
    home = score.keys[0]
    at_home = {sections[0].letter, sections[-1].letter} if sections else set[str]()
    of_letter: dict[str, Key] = {}
    keys: list[Key] = []
    for section, mark in zip(sections, score.sections, strict=True):
        if section.letter not in of_letter:
            of_letter[section.letter] = home if section.letter in at_home else _neighbour(home, generator)
        if not keys or replace(keys[-1], start=0) != of_letter[section.letter]:
            keys.append(replace(of_letter[section.letter], start=mark.start if keys else 0))
    return tuple(keys) or score.keys


def _neighbour(home: Key, generator: np.random.Generator) -> Key:
    """A key that is near to another."""
    signature = home.plain.signature
    near = [(signature + fifths, mode, share) for fifths, mode, share in NEIGHBOURS[home.mode]]
    near = [each for each in near if abs(each[0]) <= 7]
    shares = np.array([share for *_, share in near])
    fifths, mode, _ = near[int(generator.choice(len(near), p=shares / shares.sum()))]
    return Key.from_signature(fifths, "major" if mode == "major" else "minor")


def summary(score: Score) -> dict[str, str]:
    """The lanes as options write them: the letters of the form, the chords bar by bar, and the keys."""
    sections = [f"{section.label}{section.last - section.first}" for section in form.of_marks(score)]
    lanes = {
        "form": "".join(sections),
        "chords": " ".join(_symbols(score, bar) for bar in bars(score) if bar.number > 0) if score.chords else "",
        "key": ", ".join(key.text for key in score.keys),
    }
    return {name: text for name, text in lanes.items() if text}


def _symbols(score: Score, bar: Bar) -> str:
    """The chords of a bar: one, one a half, or one a beat."""
    ticks = range(bar.start, bar.end, beat(bar.meter))
    sounding = [next((each.text for each in reversed(score.chords) if each.start <= tick), NO_CHORD) for tick in ticks]
    for count in (1, 2):
        parts = np.array_split(sounding, count)
        if len(sounding) % count == 0 and all(len(set(part)) == 1 for part in parts):
            return ",".join(str(part[0]) for part in parts)
    return ",".join(sounding)
