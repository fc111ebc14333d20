"""Rules: what no composed note can break, made of the key, the chords and the ranges that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from firmus.analysis import features
from firmus.composing.commission import Commission
from firmus.composing.styles import instrument_range
from firmus.errors import InvalidBrief
from firmus.runtime.constraints import PartRules, Rules
from firmus.runtime.infilling import chord_rules
from firmus.score import Chord, Part, Score
from firmus.timing import bars, beat
from firmus.tokens.events import vocabulary

MARGIN = 4  # semitones that a part may go beyond what is given of it


def rules(
    commission: Commission, score: Score, part_rules: tuple[PartRules, ...], chords: tuple[Chord, ...] = ()
) -> Rules:
    """Rules of a score: the key and the chords, where they are not loose, and those of each part.

    Raises
    ------
    InvalidBrief
        Where they contradict each other.
    """
    check(commission, score.parts, part_rules, chords)
    scale = _scale(commission)
    held = chord_rules(score, chords) if chords and commission.is_strict("chords") else ()
    if scale is not None:
        held = tuple((start, tones & scale) for start, tones in held)
    steps = beat(score.meters[0]) // vocabulary.UNIT
    return Rules(part_rules, scale, held, steps)


def check(
    commission: Commission, parts: Sequence[Part], part_rules: Sequence[PartRules], chords: Sequence[Chord]
) -> None:
    """Refuse a key, chords and ranges that contradict each other.

    Raises
    ------
    InvalidBrief
    """
    scale, held = _scale(commission), list[frozenset[int]]()
    key = commission.request.get("key", commission.key.text if commission.key else "")
    for chord in chords if commission.is_strict("chords") else ():
        tones = frozenset(chord.pitch_classes)
        if scale is not None and tones and len(scale & tones) < 2:
            raise InvalidBrief(f"chord {chord.text} has hardly a note of {key}: give other chords, or --loose")
        held.append(tones if scale is None else tones & scale)
    required = [tones for tones in (scale, *held) if tones]
    for part, limits in zip(parts, part_rules, strict=True):
        classes = {pitch % 12 for pitch in range(limits.low, limits.high + 1)}
        if not part.is_drums and not all(classes & tones for tones in required):
            raise InvalidBrief(
                f"part {part.name!r} has no note of the key or chords from MIDI {limits.low} to {limits.high}: "
                "widen its range"
            )


def _scale(commission: Commission) -> frozenset[int] | None:
    """Pitch classes of the key, where it is a rule."""
    key = commission.key
    return frozenset(key.scale) if key and commission.is_strict("key") else None


def rules_of_parts(score: Score, ranges: Mapping[int, tuple[int, int]]) -> tuple[PartRules, ...]:
    """Range and texture of each part of a source: what it shows, a little widened, or its instrument's."""
    part_rules = []
    for place, part in enumerate(score.parts):
        low, high = instrument_range(part.program)
        if part.notes:
            pitches = [note.pitch for note in part.notes]
            low, high = max(0, min(pitches) - MARGIN), min(127, max(pitches) + MARGIN)
        low, high = ranges.get(place, (low, high))
        part_rules.append(PartRules(low, high, features.is_monophonic(part)))
    return tuple(part_rules)


def chords_over(progression: tuple[tuple[Chord, ...], ...], score: Score, first: int = 0) -> tuple[Chord, ...]:
    """Chord symbols of a progression laid over the full bars from tick `first` on, again and again; equal ones held."""
    placed: list[Chord] = []
    full = [bar for bar in bars(score) if bar.number > 0 and bar.start >= first]
    for index, bar in enumerate(full):
        within = progression[index % len(progression)]
        for place, chord in enumerate(within):
            step = (bar.end - bar.start) * place // len(within)
            start = bar.start + step // vocabulary.UNIT * vocabulary.UNIT
            if not placed or replace(placed[-1], start=start) != replace(chord, start=start):
                placed.append(replace(chord, start=start))
    return tuple(placed)
