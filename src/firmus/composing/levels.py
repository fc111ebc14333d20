"""Levels of difficulty, 1 to 8: keys, meters, rhythms, ranges and leaps that music of each may have.

What they are stands in ``assets/tables/levels.toml``, which says what each entry means. Rhythm and leaps are masked
while a model composes (`firmus.runtime.note_limits`); what came of it is checked (`breaches`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from firmus.composing.styles import styles
from firmus.errors import InvalidBrief
from firmus.runtime.constraints import PartRules
from firmus.runtime.note_limits import NoteLimits, Table
from firmus.score import TICKS_PER_QUARTER, Key, Meter, Part, Score
from firmus.timing import bar_at, bars, beat
from firmus.tokens.events.vocabulary import QUARTER, UNIT

if TYPE_CHECKING:
    from firmus.composing.commission import Commission
    from firmus.work import Work

LOWEST, HIGHEST = 55, 84  # of a melody: what most voices and instruments have
HANDS, LEFT_HAND = 2, (36, 60)
TRIES = 12  # times that a piece is composed until it is within its level


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What music of a level may have; ``assets/tables/levels.toml`` says what each is."""

    number: int
    keys: tuple[str, ...]
    meters: tuple[str, ...]
    values: tuple[float, ...]
    compound: tuple[float, ...]
    rests: tuple[float, ...]
    syncopation: bool
    below: int
    above: int
    leap: int
    hands: int
    tempo: int
    bars: int
    intervals: tuple[str, ...]
    chords: tuple[str, ...]
    cadences: tuple[str, ...]
    figures: tuple[str, ...]
    species: int

    def range(self, key: Key) -> tuple[int, int]:
        """Lowest and highest pitch of a melody in a key: around the tonic, where most of it is in reach.

        Examples
        --------
        >>> level(1).range(Key.parse("G major"))
        (67, 74)
        """
        tonics = [key.pitch_class + octave for octave in (60, 48, 72)]
        spans = [(max(LOWEST, tonic - self.below), min(HIGHEST, tonic + self.above)) for tonic in tonics]
        return max(spans, key=lambda span: span[1] - span[0])

    def bars_in(self, meter: Meter) -> int:
        """Bars of a piece: as many again where they are short."""
        return self.bars * (2 if meter.bar <= 2 * TICKS_PER_QUARTER else 1)

    def lengths(self, meter: Meter) -> tuple[float, ...]:
        """Lengths of notes in quarters."""
        return self.compound if is_compound(meter) else self.values


@cache
def levels() -> tuple[Level, ...]:
    """Every level, from the easiest."""
    text = (resources.files("firmus") / "assets" / "tables" / "levels.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["levels"]
    return tuple(Level(number=number, **_frozen(row)) for number, row in enumerate(rows, 1))


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def level(number: int) -> Level:
    """A level by its number.

    Raises
    ------
    InvalidBrief
    """
    if not 1 <= number <= len(levels()):
        raise InvalidBrief(f"level {number}: there are levels 1 to {len(levels())}")
    return levels()[number - 1]


def is_compound(meter: Meter) -> bool:
    """Whether a beat has three parts."""
    return beat(meter) * meter.denominator != 4 * TICKS_PER_QUARTER


def check(commission: Commission) -> None:
    """Refuse what contradicts the level that is asked for.

    Raises
    ------
    InvalidBrief
    """
    if not commission.level:
        return
    number = commission.level
    own = level(number)
    if commission.key and commission.key.text not in own.keys:
        raise InvalidBrief(f"key {commission.key.text}: level {number} has {', '.join(own.keys)}")
    if commission.meter and commission.meter.text not in own.meters:
        raise InvalidBrief(f"meter {commission.meter.text}: level {number} has {', '.join(own.meters)}")
    if commission.named_ranges:
        raise InvalidBrief(f"ranges and level {number} are both given: a level has its range")
    if commission.pickup:
        raise InvalidBrief(f"pickup {commission.pickup:g}: music of a level begins with a whole bar")
    if "key" in commission.loose:
        raise InvalidBrief(f"loose key: level {number} keeps to its keys; leave one of them out")
    if commission.source is not None:
        raise InvalidBrief(f"level {number}: a plan is composed as it is; leave the level out")
    if len(commission.voices) > HANDS and not styles()[commission.style].is_part_writing:
        raise InvalidBrief(
            f"level {number}: style {commission.style} is neither a melody, two hands nor voices: no level is for it"
        )


def with_limits(part_rules: tuple[PartRules, ...], own: Level, score: Score, are_voices: bool) -> tuple[PartRules, ...]:
    """Rules of parts with the limits of a level: rhythm and leaps, and the range but where the parts are voices."""
    key, meter = score.keys[0], score.meters[0]
    notes, rests = rhythm(own.lengths(meter), meter, own.syncopation), rhythm(own.rests, meter)
    limited = []
    for place, rules in enumerate(part_rules):
        leap = own.leap if place == 0 else max(own.leap, 12)
        limits = NoteLimits(notes, () if are_voices else rests, leap)
        low, high = (rules.low, rules.high) if are_voices else own.range(key)
        if place and not are_voices:
            low, high = left_hand(low, high)
        limited.append(replace(rules, low=low, high=high, monophonic=True, limits=limits))
    return tuple(limited)


def left_hand(low: int, high: int) -> tuple[int, int]:
    """The range of a left hand: that of the right one, octaves below."""
    down = 12 if high - 12 <= LEFT_HAND[1] + 7 else 24
    return max(LEFT_HAND[0], low - down), high - down


def rhythm(lengths: tuple[float, ...], meter: Meter, is_syncopated: bool = False) -> Table:
    """Where in a bar notes of some lengths (quarters) may begin, in steps of `firmus.tokens.events`.

    A note within a beat begins on a multiple of its length, a dotted or longer one on a beat, or on a part of the bar
    that is as long; none goes beyond the bar. Syncopation lets it begin on any multiple of half its length.

    Examples
    --------
    >>> dict(rhythm((1, 2), Meter.parse("4/4")))[24], dict(rhythm((1, 2), Meter.parse("4/4")))[48]
    ((24,), (24, 48))
    """
    whole, pulse = meter.bar // UNIT, beat(meter) // UNIT
    table = dict[int, tuple[int, ...]]()
    for steps in sorted(round(length * QUARTER) for length in lengths):
        for place in range(0, whole - steps + 1, min(round(length * QUARTER) for length in lengths)):
            if _fits(place, steps, pulse, whole) or (is_syncopated and _is_syncopated(place, steps, pulse)):
                table[place] = (*table.get(place, ()), steps)
    return tuple(sorted(table.items()))


def _fits(place: int, steps: int, pulse: int, whole: int) -> bool:
    within = place % pulse
    if within + steps > pulse:  # longer than what is left of the beat
        if steps % pulse and pulse == QUARTER:
            return within == 0 and steps == pulse * 3 // 2
        if within or steps % pulse:
            return False
        return place % steps == 0 or steps == whole - place
    if pulse % QUARTER == 0:  # halves and quarters of a beat; dotted ones begin it
        return within == 0 if pulse % steps else within % steps == 0
    return within == 0 or (steps <= QUARTER // 2 and within % steps == 0)  # a third of the beat, or shorter


def _is_syncopated(place: int, steps: int, pulse: int) -> bool:
    return steps == pulse == QUARTER and place % pulse == pulse // 2


def breaches(score: Score, own: Level, *, are_voices: bool | None = None) -> list[str]:
    """What in a piece is beyond a level, in words; empty where it is within it.

    Parameters
    ----------
    score : Score
    own : Level
    are_voices : bool, optional
        Whether its parts are voices, which have their own ranges; by default where there are more than two.
    """
    if are_voices is None:
        are_voices = len(score.parts) > HANDS
    key, meter = score.keys[0], score.meters[0]
    found = []
    if key.text not in own.keys:
        found.append(f"key {key.text}")
    if meter.text not in own.meters:
        found.append(f"meter {meter.text}")
    notes, rests = rhythm(own.lengths(meter), meter, own.syncopation), rhythm(own.rests, meter)
    low, high = own.range(key)
    for place, part in enumerate(score.parts):
        limits = NoteLimits(notes, () if are_voices else rests, own.leap if place == 0 else max(own.leap, 12))
        found += _beyond_rhythm(score, part, limits)
        pitches = [note.pitch for note in part.notes]
        found += [f"leap {two - one}" for one, two in pairwise(pitches) if abs(two - one) > limits.leap]
        lowest, highest = (low, high) if place == 0 else left_hand(low, high)
        if not are_voices:
            found += [f"pitch {pitch}" for pitch in pitches if not lowest <= pitch <= highest]
        found += [f"pitch {pitch} outside {key.text}" for pitch in pitches if pitch % 12 not in key.scale]
    return found


def _beyond_rhythm(score: Score, part: Part, limits: NoteLimits) -> list[str]:
    """Notes and rests that begin or last otherwise than the table has it."""
    every, found = bars(score), []
    free = 0
    for note in (*part.notes, None):
        start = note.start if note else every[-1].end
        for bar in every:  # a silent bar is no rest of the table
            inside = max(free, bar.start), min(start, bar.end)
            gap = inside[1] - inside[0]
            if 0 < gap < bar.end - bar.start and not limits.is_rest((inside[0] - bar.start) // UNIT, gap // UNIT):
                found.append(f"rest of {gap / TICKS_PER_QUARTER:g} in bar {bar.number}")
        if note:
            bar = every[bar_at(every, note.start)]
            if note.duration / UNIT not in limits.lengths((note.start - bar.start) // UNIT):
                found.append(f"note of {note.duration / TICKS_PER_QUARTER:g} in bar {bar.number}")
            free = note.end
    return found


def checked(commission: Commission, perform: Callable[[Commission], list[Work]]) -> list[Work]:
    """Compose, each work again until it is within the level that is asked for; its seed is that of the last attempt.

    Raises
    ------
    InvalidBrief
        Where the last attempt is not, either.
    """
    works = perform(commission)
    if not commission.level:
        return works
    own, count = level(commission.level), len(commission.seeds)
    are_voices = styles()[commission.style].is_part_writing

    def is_beyond(work: Work) -> bool:
        return bool(breaches(work.score, own, are_voices=are_voices))

    for attempt in range(1, TRIES):
        beyond = [place for place, work in enumerate(works) if is_beyond(work)]
        if not beyond:
            return works
        for place in beyond:
            seed = (works[place].origin.seed + attempt * count) % 2**63
            works[place] = perform(replace(commission, seeds=(seed,)))[0]
    if any(map(is_beyond, works)):
        raise InvalidBrief(f"level {own.number}: what was composed in {TRIES} attempts is beyond it; give another seed")
    return works
