"""Harmonising and accompanying: a melody is given, the other parts of a style are composed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from firmus.composing.autoregressive.plan import Plan
from firmus.composing.cadence import at_rest, triad, under_melody
from firmus.composing.commission import Commission
from firmus.composing.melody_chords import chords_to
from firmus.composing.rules import chords_over, rules
from firmus.composing.selection import cells_between, find_part
from firmus.composing.source import melody_place, source_of
from firmus.composing.styles import CHOIR, Style, empty_parts, styles, styles_of
from firmus.errors import InvalidBrief
from firmus.runtime.constraints import PartRules

ROOM = 12  # semitones that the melody must leave above the lowest note of the bass


def prepare(commission: Commission) -> Commission:
    """Put the melody into the first part of a style, and open the others.

    Raises
    ------
    InvalidBrief
    """
    style = _style(commission)
    source = source_of(commission)
    place = melody_place(commission)
    melody = source.parts[place]
    pitches = [note.pitch for note in melody.notes]
    if commission.verb == "harmonise" and min(pitches) < CHOIR[-1].low + ROOM:
        raise InvalidBrief(
            f"the melody goes down to MIDI {min(pitches)}: a bass below it would leave its range; "
            "transpose it up an octave"
        )
    if commission.harmony and commission.progression:
        raise InvalidBrief(f"harmony {commission.harmony}: the chords are given already; leave one out")
    given = f"chords {commission.request['chords']!r}" if commission.progression else "the source has chord symbols"
    if (commission.progression or (source.chords and not commission.harmony)) and len(style.voices) == 1:
        raise InvalidBrief(f"{given}: a {style.name} is the melody and chords; nothing is left to compose")
    rests = 0 if commission.verb == "harmonise" else style.rests
    first, *others = empty_parts(style.voices)
    melody = replace(melody, name=melody.name or "Melody", program=melody.program or first.program)
    score = replace(source, parts=(melody, *others), title=source.title or f"{style.title} on a Melody")
    if commission.progression:
        score = replace(score, chords=chords_over(commission.progression, score))
    ranges = {find_part(score, name): limits for name, limits in commission.named_ranges.items()}
    part_rules = [PartRules(min(pitches), max(pitches), monophonic=False)]
    for index, voice in enumerate(style.voices[1:], 1):
        limits = ranges.get(index, (voice.low, voice.high))
        part_rules.append(PartRules(*limits, voice.monophonic and not voice.is_drums, rests))
    held = rules(commission, score, tuple(part_rules), score.chords if commission.progression else ())
    key = commission.key or (score.keys[-1] if score.keys else None)
    ends_on_triad = key is not None and melody.notes[-1].pitch % 12 in triad(key)
    if key and commission.is_strict("key") and not commission.progression and ends_on_triad:
        held = at_rest(held, key, score)
        held = under_melody(held, key, score, melody.notes, is_led=style.is_choral)
    is_open = cells_between(score, [(0, score.end)], range(1, len(score.parts)))
    has_chord_lane = style.has_chords or style.is_part_writing
    is_open[:, 0] = has_chord_lane and not commission.progression and not commission.harmony
    commission.check_controls(style.name, all(limits.monophonic for limits in part_rules[1:]))
    return replace(commission, places=(place,), score=score, style=style.name, rules=held, is_open=is_open)


def _style(commission: Commission) -> Style:
    """The style asked for, or the first that the model knows, among those in which a melody can be set."""
    fitting = [
        name
        for name in styles_of(commission.card)
        if name in styles()
        and (styles()[name].is_choral if commission.verb == "harmonise" else styles()[name].is_accompanied)
    ]
    name = commission.style or (fitting or [""])[0]
    if name not in fitting:
        known = " or ".join(fitting) or "no style that this model knows"
        raise InvalidBrief(f"style {commission.request.get('style')!r}: a melody is set as {known}")
    return styles()[name]


def plan(commission: Commission, generator: np.random.Generator) -> Plan:
    """The melody, its chords where a harmony is asked for, and the empty parts."""
    score, is_open, held = commission.score, commission.is_open, commission.rules
    if score is None or is_open is None or held is None:
        raise ValueError("the commission is not prepared")
    if commission.harmony:
        score = replace(score, chords=chords_to(score.parts[0], score, commission.harmony, generator))
    return Plan(score, is_open, commission.style, held)
