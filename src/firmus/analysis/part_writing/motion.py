"""Rules of lines, and of how two of them move against each other; see `rules` for what each means."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

from firmus.analysis.part_writing.rules import Finding, finding
from firmus.analysis.part_writing.voices import Interval, Texture, Tone, interval

OCTAVE, MOST_SPACING, STEP = 12, 12, 2  # semitones
FIFTH = 7  # semitones; after a wider leap the line turns back
RANGES = ((59, 81), (53, 76), (47, 69), (38, 64))  # soprano, alto, tenor, bass: the most that choirs are asked for
SPAN = 480  # ticks within which a false relation counts


class Move(NamedTuple):
    """Two voices, upper and lower, that both go to another pitch at a tick."""

    tick: int
    voices: tuple[int, int]
    tones: tuple[Tone, Tone, Tone, Tone]  # upper before and after, lower before and after

    @property
    def before(self) -> Interval:
        """Interval from the lower to the upper voice that is left."""
        return interval(self.tones[2], self.tones[0])

    @property
    def after(self) -> Interval:
        """Interval that is reached."""
        return interval(self.tones[3], self.tones[1])

    @property
    def upper(self) -> int:
        """Semitones that the upper voice moves."""
        return self.tones[1].pitch - self.tones[0].pitch

    @property
    def lower(self) -> int:
        """Semitones that the lower voice moves."""
        return self.tones[3].pitch - self.tones[2].pitch

    @property
    def is_similar(self) -> bool:
        """Whether both go in the same direction."""
        return self.upper * self.lower > 0

    def broken(self, rule: str) -> Finding:
        """A rule that it breaks."""
        return finding(rule, self.tick, self.voices, self.tones)


def moves(texture: Texture) -> Iterator[Move]:
    """Every move of two voices at once; a voice that rests before it does not move."""
    for (_, before), (tick, after) in pairwise(texture.moments):
        for one, two in combinations(range(len(texture.voices)), 2):
            tones = before[one], after[one], before[two], after[two]
            if all(tones) and tones[0].pitch != tones[1].pitch and tones[2].pitch != tones[3].pitch:  # type: ignore[union-attr]
                yield Move(tick, (one, two), tones)  # type: ignore[arg-type]


def parallels(texture: Texture) -> Iterator[Finding]:
    """Parallel fifths and octaves, and those by contrary motion."""
    for move in moves(texture):
        for size, rule in ((7, "parallel fifths"), (0, "parallel octaves")):
            if move.before.is_perfect(size) and move.after.is_perfect(size):
                yield move.broken(rule if move.is_similar else "contrary fifths or octaves")


def unequal_fifths(texture: Texture) -> Iterator[Finding]:
    """A diminished fifth that goes to a perfect one, with the bass."""
    for move in moves(texture):
        is_diminished = abs(move.before.steps) % 7 == 4 and abs(move.before.semitones) % 12 == 6
        if move.is_similar and is_diminished and move.after.is_perfect(7) and move.voices[1] == len(texture.voices) - 1:
            yield move.broken("unequal fifths")


def hidden(texture: Texture) -> Iterator[Finding]:
    """Fifths and octaves of the outer voices that are reached in similar motion, the upper voice by leap."""
    outer = (0, len(texture.voices) - 1)
    for move in moves(texture):
        if move.voices == outer and move.is_similar and abs(move.upper) > STEP:
            for size, rule in ((7, "hidden fifths"), (0, "hidden octaves")):
                if move.after.is_perfect(size) and (move.before.steps - move.after.steps) % 7:
                    yield move.broken(rule)


def crossing(texture: Texture) -> Iterator[Finding]:
    """A voice below its lower neighbour."""
    for (tick, tones), voice in _neighbours(texture):
        upper, lower = tones[voice], tones[voice + 1]
        if upper and lower and upper.pitch < lower.pitch and tick in (upper.start, lower.start):
            yield finding("voice crossing", tick, (voice, voice + 1), (upper, lower))


def overlap(texture: Texture) -> Iterator[Finding]:
    """A voice that moves beyond where its neighbour has just been."""
    for (_, before), (tick, after) in pairwise(texture.moments):
        for voice in range(len(texture.voices) - 1):
            above, below, upper, lower = before[voice], before[voice + 1], after[voice], after[voice + 1]
            if not (above and below and upper and lower) or upper.pitch < lower.pitch:
                continue
            if upper.start == tick and upper.pitch < below.pitch:
                yield finding("voice overlap", tick, (voice, voice + 1), (below, upper))
            if lower.start == tick and lower.pitch > above.pitch:
                yield finding("voice overlap", tick, (voice, voice + 1), (above, lower))


def spacing(texture: Texture) -> Iterator[Finding]:
    """Neighbouring voices, the bass apart, that are more than an octave apart on a beat."""
    for tick, tones in texture.beats:
        for voice in range(len(tones) - 2):
            upper, lower = tones[voice], tones[voice + 1]
            if upper and lower and upper.pitch - lower.pitch > MOST_SPACING:
                yield finding("spacing", tick, (voice, voice + 1), (upper, lower))


def ranges(texture: Texture) -> Iterator[Finding]:
    """Notes that a soprano, alto, tenor or bass does not sing with ease."""
    for number, (voice, (low, high)) in enumerate(zip(texture.voices, RANGES, strict=False)):
        for tone in voice:
            if not low <= tone.pitch <= high:
                yield finding("range", tone.start, (number,), (tone,))


def lines(texture: Texture) -> Iterator[Finding]:
    """Augmented and diminished intervals, sevenths, and leaps that are too wide."""
    for number, voice in enumerate(texture.voices):
        for place, (one, two) in enumerate(pairwise(voice)):
            if two.start > one.end:
                continue  # a rest between
            rule = _melodic(interval(one, two), voice[place + 2] if place + 2 < len(voice) else None, two)
            if rule:
                yield finding(rule, two.start, (number,), (one, two))


def _melodic(move: Interval, following: Tone | None, reached: Tone) -> str:
    """The rule that a step or leap breaks; empty for none."""
    size = abs(move.semitones)
    goes_on = following.pitch - reached.pitch if following else 0
    if size > OCTAVE:
        return "leap beyond an octave"
    if move.is_augmented and move.steps and size > 1:
        return "augmented step"
    if abs(move.steps) == 6:
        return "leap of a seventh"
    if move.is_diminished and size > STEP and following:
        return "" if goes_on * move.semitones < 0 and abs(goes_on) <= STEP else "diminished leap"
    if size > FIFTH and goes_on * move.semitones > 0:
        return "leap not recovered"
    return ""


def false_relations(texture: Texture) -> Iterator[Finding]:
    """A note and its chromatic alteration one after the other, in different voices."""
    for (begin, before), (tick, after) in pairwise(texture.moments):
        if tick - begin > SPAN:
            continue
        for one, two in combinations(range(len(texture.voices)), 2):
            for left, right in ((one, two), (two, one)):
                old, new = before[left], after[right]
                if not (old and new) or new.start != tick or old.end != tick:
                    continue
                same_voice = before[right]
                is_led = same_voice is not None and abs(same_voice.pitch - new.pitch) == 1
                is_altered = (old.place - new.place) % 7 == 0 and (old.pitch - new.pitch) % 12 in (1, 11)
                if is_altered and not is_led:
                    yield finding("false relation", tick, (left, right), (old, new))


def _neighbours(texture: Texture) -> Iterator[tuple[tuple[int, tuple[Tone | None, ...]], int]]:
    for moment in texture.moments:
        for voice in range(len(texture.voices) - 1):
            yield moment, voice


CHECKS = (parallels, crossing, lines)
OF_FOUR_PARTS = (unequal_fifths, hidden, overlap, spacing, ranges, false_relations)
