"""An answer to a phrase: the second half of a period, which begins as the phrase did and closes on the tonic.

What it is
    The phrase is put on the beat and its divisions. The answer has its length and its rhythm. Its first half is the
    phrase's own (as it was, in sequence, or inverted: `firmus.composing.motif`); in its second half the pitches are the
    cheapest path through the scale (dynamic programming) that keeps near the phrase's intervals, moves by step, has
    notes of the cadence's chords on the beat (subdominant, dominant, tonic) and ends on the tonic.
Source
    W. E. Caplin, *Classical Form* (1998), chapter 4: antecedent and consequent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from firmus.composing.motif import transformed
from firmus.harmony import Key, chord_of_numeral
from firmus.score import Meter, Note
from firmus.timing import beat

WAYS = ("return", "sequence", "inversion")
LENGTHS = (1, 2, 4, 8)  # bars that an answer has
DIVISIONS = {False: {4: 0.0, 3: 0.06}, True: {3: 0.0, 6: 0.03, 4: 0.06}}
"""Of a beat, and what each costs; of dotted beats after True."""
SPARE = 6  # semitones beyond the phrase's range, which then has a tonic
OFF_CHORD, REPEATED, LEAP, OUT_OF_SHAPE = 2.5, 1.2, 0.35, 0.25  # costs, of notes and of each semitone
GOOD = 3.0  # cost above the cheapest answer, below which another may be taken


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase in the grid of its bars.

    Parameters
    ----------
    notes : tuple of Note
        One at a time; from tick 0, where its first full bar begins, on; an upbeat is in `upbeat`.
    upbeat : tuple of Note
        From the barline before the first full bar on.
    bars : int
    start : int
        Tick of its first full bar when it was played.
    """

    notes: tuple[Note, ...]
    upbeat: tuple[Note, ...]
    bars: int
    start: int


def understood(played: Sequence[Note], meter: Meter) -> Phrase:
    """Melody of what was played, quantised.

    Examples
    --------
    >>> played = [Note(7, 460, 60), Note(489, 440, 62), Note(951, 470, 64), Note(1444, 900, 65)]
    >>> phrase = understood(played, Meter(0, 4, 4))
    >>> [(note.start, note.duration) for note in phrase.notes], phrase.bars
    ([(0, 480), (480, 480), (960, 480), (1440, 480)], 1)
    """
    line = _skyline(played)
    unit = beat(meter)
    divisions = DIVISIONS[unit % 720 == 0]
    grid = unit // min(divisions, key=lambda each: divisions[each] + _misses(line, unit // each, unit))
    line = _on_grid(line, grid)
    start = line[0].start // meter.bar * meter.bar
    if line[0].start - start >= meter.bar // 2 and start + meter.bar <= line[-1].start:
        start += meter.bar  # what comes before is an upbeat
    line = [note for note in line if note.start < start + LENGTHS[-1] * meter.bar] or line[:1]
    start = min(start, line[-1].start // meter.bar * meter.bar)
    length = line[-1].start + 1 - start
    bars = next((count for count in LENGTHS if count * meter.bar >= length), LENGTHS[-1])
    notes = tuple(replace(note, start=note.start - start) for note in line if note.start >= start)
    notes = (*notes[:-1], replace(notes[-1], duration=min(notes[-1].duration, bars * meter.bar - notes[-1].start)))
    before = start - meter.bar
    return Phrase(notes, tuple(replace(n, start=n.start - before) for n in line if n.start < start), bars, start)


def answer(phrase: Phrase, key: Key, meter: Meter, generator: np.random.Generator) -> tuple[Note, ...]:
    """An answer, from tick 0 on.

    Parameters
    ----------
    phrase : Phrase
    key : Key
    meter : Meter
    generator : numpy.random.Generator
        Which of the good ones it is.

    Examples
    --------
    >>> played = [Note(480 * i, 470, pitch) for i, pitch in enumerate((60, 62, 64, 65, 67, 69, 67))]
    >>> phrase = understood(played, Meter(0, 4, 4))
    >>> notes = answer(phrase, Key(0, "C"), Meter(0, 4, 4), np.random.default_rng(1))
    >>> notes[-1].pitch % 12, phrase.bars, notes[-1].end <= 2 * 1920
    (0, 2, True)
    """
    length = phrase.bars * meter.bar
    half = length // 2 if phrase.bars > 1 or meter.bar // beat(meter) < 4 else meter.bar // 2
    rhythm = _closing_rhythm(phrase, meter)
    half = min(half, rhythm[-1].start)
    ranked = []
    for way in WAYS:
        head = tuple(note for note in transformed(phrase.notes, way, key, length, 0) if note.start < half)
        if not head:
            head = phrase.notes[:1]
        head = tuple(note for note in head if note.start < rhythm[-1].start)
        tail = tuple(note for note in rhythm if note.start >= half and note.start > (head[-1].start if head else -1))
        found, cost = _closed(head, tail, phrase, key, meter)
        if [note.pitch for note in found] == [note.pitch for note in phrase.notes]:
            cost += 2 * GOOD  # an echo is no answer
        ranked.append((cost, found))
    best = min(cost for cost, _ in ranked)
    good = [found for cost, found in ranked if cost <= best + GOOD]
    return good[int(generator.integers(len(good)))]


def _skyline(played: Sequence[Note]) -> list[Note]:
    """Highest notes, one at a time; what is struck together is one onset."""
    line: list[Note] = []
    for note in sorted(played):
        if line and note.start - line[-1].start < 50:
            if note.pitch > line[-1].pitch:
                line[-1] = replace(note, start=line[-1].start)
        elif line and note.start < line[-1].end - 60 and note.pitch < line[-1].pitch - 7:
            continue  # an accompaniment under a melody note
        else:
            line.append(note)
    return line


def _misses(line: Sequence[Note], grid: int, unit: int) -> float:
    """Mean distance of the onsets from a grid, as a share of the beat."""
    return float(np.mean([abs(note.start - round(note.start / grid) * grid) for note in line])) / unit


def _on_grid(line: Sequence[Note], grid: int) -> list[Note]:
    placed = {round(note.start / grid) * grid: note for note in line}
    starts = sorted(placed)
    notes = []
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        lasts = max(grid, round(placed[start].duration / grid) * grid)
        if following is not None and (start + lasts > following or following - start - lasts <= grid):
            lasts = following - start  # legato
        notes.append(replace(placed[start], start=start, duration=lasts))
    return notes


def _closing_rhythm(phrase: Phrase, meter: Meter) -> tuple[Note, ...]:
    """The phrase's rhythm, with its last note on a strong beat of the last bar and long."""
    unit, length = beat(meter), phrase.bars * meter.bar
    last_bar = length - meter.bar
    strong = (last_bar, last_bar + meter.bar // 2) if meter.bar // unit % 4 == 0 else (last_bar,)
    if phrase.bars == 1:
        strong = (strong[-1] if len(strong) > 1 else last_bar + meter.bar - unit,)
    on_strong = [note for note in phrase.notes if note.start in strong]
    start = on_strong[-1].start if on_strong else strong[0]
    kept = [note for note in phrase.notes if note.start < start]
    if kept:
        kept[-1] = replace(kept[-1], duration=min(kept[-1].duration, start - kept[-1].start))
    lasts = max(unit, min(length - start, 2 * unit))
    closing = on_strong[-1] if on_strong else phrase.notes[-1]
    return (*kept, replace(closing, start=start, duration=lasts))


def _closed(
    head: tuple[Note, ...], tail: tuple[Note, ...], phrase: Phrase, key: Key, meter: Meter
) -> tuple[tuple[Note, ...], float]:
    """Head and tail, whose pitches are the cheapest path to the tonic; and what it costs."""
    pitches = [note.pitch for note in phrase.notes]
    low, high = min(min(pitches) - SPARE, 115), max(max(pitches) + SPARE, 12)
    room = [pitch for pitch in range(max(low, 0), min(high, 127) + 1) if pitch % 12 in _scale(key)]
    before = [note for note in phrase.notes if note.start < tail[0].start]
    asked = [(before[-1] if before else phrase.notes[0]).pitch, *(note.pitch for note in tail)]
    steps = [later - earlier for earlier, later in pairwise(asked)]
    first = head[-1].pitch if head else pitches[0]
    costs = np.array([_local(tail[0], pitch, len(tail) - 1, key, meter, phrase) for pitch in room])
    costs = costs + [_move(first, pitch, steps[0], key) for pitch in room]
    came: list[list[int]] = []
    for place in range(1, len(tail)):
        moves = np.array([[_move(one, other, steps[place], key) for one in room] for other in room])
        total = costs[None, :] + moves
        came.append([int(each) for each in np.argmin(total, axis=1)])
        own = np.array([_local(tail[place], pitch, len(tail) - 1 - place, key, meter, phrase) for pitch in room])
        costs = total.min(axis=1) + own
    at = int(np.argmin(costs))
    path = [at]
    for back in reversed(came):
        path.append(back[path[-1]])
    chosen = [room[each] for each in reversed(path)]
    composed = tuple(replace(note, pitch=pitch) for note, pitch in zip(tail, chosen, strict=True))
    joined = list(head)
    if joined and joined[-1].end > composed[0].start:
        joined[-1] = replace(joined[-1], duration=composed[0].start - joined[-1].start)
    outside = sum(max(0, low - note.pitch, note.pitch - high) for note in head)
    return (*joined, *composed), float(costs.min()) + outside


def _scale(key: Key) -> frozenset[int]:
    """Notes of the scale; of minor with the leading tone beside the natural seventh."""
    steps = (0, 2, 3, 5, 7, 8, 10, 11) if key.plain.mode == "minor" and not key.church_mode else ()
    return frozenset((key.pitch_class + step) % 12 for step in steps) if steps else frozenset(key.scale)


def _local(note: Note, pitch: int, following: int, key: Key, meter: Meter, phrase: Phrase) -> float:
    """Cost of a pitch before so many others: the cadence's chords on the beat, the tonic at the end."""
    degree = (pitch - key.pitch_class) % 12
    if following == 0:
        return 0.0 if degree == 0 else 1000.0
    if following == 1:
        return {2: 0.0, 11: 0.0, 7: 0.8, 5: 1.5}.get(degree, 3.0)
    leading = 3.0 if key.plain.mode == "minor" and degree == 11 else 0.0  # it leads to the last note alone
    if note.start % beat(meter):
        return leading + 0.1
    left = phrase.bars * meter.bar - note.start
    numeral = "V" if left <= 1.5 * meter.bar else "IV" if left <= 2 * meter.bar else "I"
    if phrase.bars == 1:
        numeral = "V"
    if key.plain.mode == "minor":
        numeral = {"IV": "iv", "I": "i"}.get(numeral, numeral)
    tones = chord_of_numeral(numeral, key.plain).pitch_classes
    return leading + (0.0 if pitch % 12 in tones else OFF_CHORD)


def _move(one: int, other: int, asked: int, key: Key) -> float:
    """Cost of an interval, against the one that the phrase had there."""
    size = abs(other - one)
    cost = REPEATED if size == 0 and asked else LEAP * max(0, size - 2)
    if size in (6, 10, 11) or size > 12:
        cost += 4.0
    if size == 3 and {(one - key.pitch_class) % 12, (other - key.pitch_class) % 12} == {8, 11}:
        cost += 4.0  # an augmented second
    return cost + OUT_OF_SHAPE * min(abs((other - one) - asked), 8)
