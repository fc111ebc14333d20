"""Layout of one part: staves, voices and clefs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from firmus.score import Note, Part
from firmus.timing import Bar
from firmus.translation import vocabulary

KEYBOARDS = frozenset((*range(0, 9), *range(16, 22), 46))  # pianos, organs, celesta, accordion, harp


@dataclass(frozen=True, slots=True)
class Clef:
    """A clef: sign, line, octave shift, and the MIDI number of its middle line."""

    sign: str
    line: int
    octave: int
    middle: int


TREBLE, BASS, ALTO = Clef("G", 2, 0, 71), Clef("F", 4, 0, 50), Clef("C", 3, 0, 60)
TENOR, TREBLE_BELOW, BASS_BELOW = Clef("C", 4, 0, 57), Clef("G", 2, -1, 59), Clef("F", 4, -1, 38)
TREBLE_ABOVE = Clef("G", 2, 1, 83)
PERCUSSION = Clef("percussion", 0, 0, 71)
TREBLE_ALONE = frozenset({40, 56, 59, *range(64, 70), 71, *range(73, 80), 110})
"""General MIDI programs whose players read no other clef: violin, trumpet, saxophones, high woodwinds."""


@dataclass(slots=True)
class WrittenChord:
    """Notes that are written as one chord: from, to (on the page), and their indices in the part."""

    start: int
    end: int
    notes: list[int] = field(default_factory=list)
    top: int = 0
    low: int = 127
    voice: int = 0


@dataclass(slots=True)
class Staff:
    """One staff: its chords with their voices, and the clef of every bar."""

    chords: list[WrittenChord]
    clefs: list[Clef]


def staves(part: Part, times: Sequence[tuple[int, int]], bars: Sequence[Bar], *, one_hand: bool = False) -> list[Staff]:
    """Lay a part out on one staff, or on two where a keyboard needs them.

    Parameters
    ----------
    part : Part
    times : sequence of (int, int)
        Start and end on the page of every note of the part.
    bars : sequence of Bar
    one_hand : bool
        Whether the part is one hand, or the pedal, of a keyboard: one staff.
    """
    all_notes = range(len(part.notes))
    if not one_hand and needs_two(part, times, bars):
        upper = _upper_hand(part, times, bars)
        hands = [[index for index in all_notes if upper[index] == is_upper] for is_upper in (True, False)]
        return [
            Staff(_with_voices(_chords(part, times, hand)), _clefs(part, times, hand, bars, options))
            for hand, options in zip(hands, ((TREBLE, BASS), (BASS, TREBLE)), strict=True)
        ]
    if part.is_drums:
        return [Staff(_with_voices(_chords(part, times, list(all_notes))), [PERCUSSION] * len(bars))]
    clefs = _clefs(part, times, list(all_notes), bars, _clef_choice(part))
    return [Staff(_with_voices(_chords(part, times, list(all_notes))), clefs)]


def needs_two(part: Part, times: Sequence[tuple[int, int]], bars: Sequence[Bar]) -> bool:
    """Whether a keyboard plays high and low in the same bar often enough (a tenth of its bars) for two staves."""
    if part.is_drums or part.program not in KEYBOARDS:
        return False
    starts = [bar.start for bar in bars]
    lowest, highest = dict.fromkeys(starts, 127), dict.fromkeys(starts, 0)
    for note, (start, _) in zip(part.notes, times, strict=True):
        bar = starts[bisect_right(starts, start) - 1]
        lowest[bar], highest[bar] = min(lowest[bar], note.pitch), max(highest[bar], note.pitch)
    played = [bar for bar in starts if highest[bar]]
    wide = [bar for bar in played if lowest[bar] < 57 and highest[bar] > 63 and highest[bar] - lowest[bar] > 16]
    return len(wide) * 10 > len(played)


def _upper_hand(part: Part, times: Sequence[tuple[int, int]], bars: Sequence[Bar]) -> list[bool]:
    """Whether each note goes to the upper staff: one dividing pitch a bar, with the least effort for the hands."""
    starts = [bar.start for bar in bars]
    by_bar: list[dict[int, list[int]]] = [{} for _ in bars]
    for note, (start, _) in zip(part.notes, times, strict=True):
        by_bar[bisect_right(starts, start) - 1].setdefault(start, []).append(note.pitch)
    dividing, current = [], 60
    for onsets in by_bar:
        if onsets:
            groups = list(onsets.values())
            current = min(range(50, 71), key=lambda pitch: (_effort(groups, pitch, current), abs(pitch - 60)))
        dividing.append(current)
    return [
        note.pitch >= dividing[bisect_right(starts, start) - 1]
        for note, (start, _) in zip(part.notes, times, strict=True)
    ]


def _effort(groups: list[list[int]], dividing: int, before: int) -> float:
    """Cost of a dividing pitch in a bar: wide grips, ledger lines, and lines split between the hands."""
    effort = 0.1 * len(groups) * abs(dividing - before) + 0.05 * len(groups) * abs(dividing - 60)
    for group in groups:
        lower = [pitch for pitch in group if pitch < dividing]
        upper = [pitch for pitch in group if pitch >= dividing]
        for hand in (lower, upper):
            if hand:
                effort += 2 * max(0, max(hand) - min(hand) - 12)
        effort += sum(max(0, pitch - 64) for pitch in lower) + sum(max(0, 55 - pitch) for pitch in upper)
        if lower and upper:
            effort += max(0, 4 - (min(upper) - max(lower)))
    return effort


def _chords(part: Part, times: Sequence[tuple[int, int]], indices: Sequence[int]) -> list[WrittenChord]:
    """Notes of the same start and end as one chord, in order of start, the highest first."""
    chords: dict[tuple[int, int, int], WrittenChord] = {}
    for index in indices:
        note, (start, end) = part.notes[index], times[index]
        copy = 0
        while (start, end, copy) in chords and any(
            part.notes[other].pitch == note.pitch for other in chords[start, end, copy].notes
        ):
            copy += 1  # a unison needs two voices
        chord = chords.setdefault((start, end, copy), WrittenChord(start, end))
        chord.notes.append(index)
        chord.top, chord.low = max(chord.top, note.pitch), min(chord.low, note.pitch)
    return sorted(chords.values(), key=lambda chord: (chord.start, -chord.top, -chord.end))


def _with_voices(chords: list[WrittenChord]) -> list[WrittenChord]:
    """Give every chord a voice, 1 the highest: a new voice only where notes overlap."""
    ends: list[int] = []
    heights: list[int] = []
    cluster: list[WrittenChord] = []
    for chord in chords:
        if all(end <= chord.start for end in ends) and (not cluster or cluster[0].start < chord.start):
            _order_voices(cluster)
            ends, heights, cluster = [], [], []
        free = [voice for voice, end in enumerate(ends) if end <= chord.start]
        if free:
            chord.voice = min(free, key=lambda voice: abs(heights[voice] - chord.top))
            ends[chord.voice], heights[chord.voice] = chord.end, chord.top
        else:
            chord.voice = len(ends)
            ends.append(chord.end)
            heights.append(chord.top)
        cluster.append(chord)
    _order_voices(cluster)
    return chords


def _order_voices(cluster: list[WrittenChord]) -> None:
    """Number the voices of overlapping chords from the highest, by their mean height."""
    heights: dict[int, list[float]] = {}
    for chord in cluster:
        heights.setdefault(chord.voice, []).append((chord.top + chord.low) / 2)
    ranked = sorted(heights, key=lambda voice: -sum(heights[voice]) / len(heights[voice]))
    for chord in cluster:
        chord.voice = ranked.index(chord.voice) + 1


def _clef_choice(part: Part) -> tuple[Clef, ...]:
    """Clefs that an instrument reads, the usual one first."""
    program, name = part.program, vocabulary.part(part.name)
    if program == 41 or "viola" in name:
        return ALTO, TREBLE
    if 32 <= program <= 39 or program == 43:
        return BASS_BELOW, BASS
    if 24 <= program <= 31:
        return (TREBLE_BELOW,)
    if program in (42, 57, 70):
        return BASS, TENOR, TREBLE
    if program in TREBLE_ALONE:
        return (TREBLE,)
    if program == 72 or program in (9, 10):
        return TREBLE, TREBLE_ABOVE
    if not 56 <= program <= 79:  # among winds a name tells the size, not the voice: bass clarinet, tenor saxophone
        if re.search(r"\b(bass|basso|baritone?|baryton|bariton)\b|男低音|男中音", name):
            return BASS, TREBLE
        if re.search(r"\btenore?\b|\bténor\b|男高音", name):
            return TREBLE_BELOW, TREBLE, BASS
        if re.search(r"\b(soprano?|mezzo(soprano)?|contralto|alto?)\b|女高音|女中音|女低音", name):
            return (TREBLE,)
    return TREBLE, BASS


def _clefs(
    part: Part, times: Sequence[tuple[int, int]], indices: Sequence[int], bars: Sequence[Bar], options: tuple[Clef, ...]
) -> list[Clef]:
    """Clef of every bar: fewest ledger lines; a change only where it saves many (keyboards and low instruments)."""
    starts = [bar.start for bar in bars]
    strains = [[0.0] * len(options) for _ in bars]
    for index in indices:
        bar = bisect_right(starts, times[index][0]) - 1
        for option, clef in enumerate(options):
            strains[bar][option] += _ledger_lines(part.notes[index], clef)
    total = [sum(bar[option] for bar in strains) for option in range(len(options))]
    changing = part.program in KEYBOARDS or part.program in (41, 42, 43, 57, 70)
    if not changing or len(options) == 1:
        best = min(range(len(options)), key=lambda option: (total[option], option))
        usual = 0 if total[0] <= total[best] + 0.2 * len(indices) else best
        return [options[usual]] * len(bars)
    return [options[option] for option in _cheapest(strains, change=12.0)]


def _ledger_lines(note: Note, clef: Clef) -> float:
    steps = abs(note.pitch - clef.middle) * 7 / 12
    return max(0.0, (steps - 5) / 2)


def _cheapest(strains: list[list[float]], change: float) -> list[int]:
    """Choice for every bar with the least strain and few changes (dynamic programming)."""
    count = len(strains[0])
    cost = [strains[0][option] + (change / 2 if option else 0) for option in range(count)]
    backpointers: list[list[int]] = []
    for bar in strains[1:]:
        best = min(range(count), key=lambda option: cost[option])
        previous = [option if cost[option] <= cost[best] + change else best for option in range(count)]
        backpointers.append(previous)
        cost = [bar[option] + min(cost[option], cost[best] + change) for option in range(count)]
    option = min(range(count), key=lambda each: cost[each])
    chosen = [option]
    for previous in reversed(backpointers):
        option = previous[option]
        chosen.append(option)
    return chosen[::-1]
