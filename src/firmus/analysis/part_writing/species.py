"""Counterpoint by species in two voices; see `rules` for what each rule means.

The cantus is the voice with fewer notes, the lower one of equals; only the other is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from firmus.analysis.part_writing.motion import moves
from firmus.analysis.part_writing.rules import Finding, finding
from firmus.analysis.part_writing.voices import Texture, Tone, interval

CONSONANT = {0: (0,), 2: (3, 4), 4: (7,), 5: (8, 9)}  # semitones of consonances, by diatonic steps
IMPERFECT = (2, 5)  # diatonic steps
MOST_IN_A_ROW = 3
NOTES = {1: 1, 2: 2, 3: 4, 4: 2}  # of the counterpoint to one of the cantus
STEP = 2  # semitones


def check(texture: Texture, kind: int) -> Iterator[Finding]:
    """Every rule of a species that is broken."""
    cantus = 0 if len(texture.voices[0]) < len(texture.voices[1]) else 1
    yield from _ends(texture)
    yield from _strong(texture, cantus, kind)
    yield from _weak(texture, cantus, kind)
    yield from _similar(texture)
    yield from _in_a_row(texture, cantus)
    if kind in NOTES:
        yield from _rhythm(texture, cantus, kind)
    if kind in (2, 3):
        yield from _repeated(texture, cantus)


def is_consonant(one: Tone, other: Tone) -> bool:
    """Whether two tones are a consonance; a fourth is none.

    Examples
    --------
    >>> tone = Tone(0, 480, 60, 28, 0, 0)
    >>> [is_consonant(tone, Tone(0, 480, pitch, place, 1, 0)) for pitch, place in ((67, 32), (65, 31), (76, 37))]
    [True, False, True]
    """
    low, high = sorted((one, other), key=lambda tone: (tone.pitch, tone.place))
    size = interval(low, high)
    return size.semitones % 12 in CONSONANT.get(size.steps % 7, ())


def _pairs(texture: Texture, cantus: int) -> list[tuple[int, Tone, Tone]]:
    """The tick, cantus and counterpoint wherever a note of the cantus begins and both sound."""
    found = ((tone.start, tone, texture.at(1 - cantus, tone.start)) for tone in texture.voices[cantus])
    return [(tick, tone, other) for tick, tone, other in found if other]


def _ends(texture: Texture) -> Iterator[Finding]:
    whole = [(tick, one, two) for tick, (one, two) in texture.moments if one and two]
    ends = (("imperfect beginning", whole[0], (0, 7)), ("imperfect end", whole[-1], (0,))) if whole else ()
    for rule, (tick, one, two), allowed in ends:
        if abs(one.pitch - two.pitch) % 12 not in allowed:
            yield finding(rule, tick, (0, 1), (one, two))
    lines = [voice[-2:] for voice in texture.voices]
    if all(len(line) == 2 for line in lines):
        steps = [line[1].pitch - line[0].pitch for line in lines]
        if any(not 0 < abs(step) <= STEP for step in steps) or steps[0] * steps[1] > 0:
            yield finding("cadence not by step", lines[0][1].start, (0, 1), [line[1] for line in lines])


def _strong(texture: Texture, cantus: int, kind: int) -> Iterator[Finding]:
    """Notes on those of the cantus: consonant, or suspended where the species has suspensions."""
    pairs = _pairs(texture, cantus)
    for place, (tick, tone, other) in enumerate(pairs):
        if is_consonant(tone, other):
            if tone.pitch == other.pitch and 0 < place < len(pairs) - 1:
                yield finding("unison inside", tick, (0, 1), (tone, other))
            continue
        if other.start == tick or kind < 4:
            yield finding("dissonance on the beat", tick, (0, 1), (tone, other))
            continue
        index = texture.place(1 - cantus, tick)
        following = texture.voices[1 - cantus][index + 1 : index + 2]
        falls = following and -STEP <= following[0].pitch - other.pitch < 0
        if not falls or (following[0].start < tone.end and not is_consonant(tone, following[0])):
            yield finding("suspension unresolved", tick, (0, 1), (tone, other))


def _weak(texture: Texture, cantus: int, kind: int) -> Iterator[Finding]:
    """Dissonances between the notes of the cantus: by step on both sides, or the first of a cambiata."""
    line = texture.voices[1 - cantus]
    for place, tone in enumerate(line):
        other = texture.at(cantus, tone.start)
        if other is None or other.start == tone.start or is_consonant(tone, other):
            continue
        moves_ = [two.pitch - one.pitch for one, two in pairwise(line[max(0, place - 1) : place + 3])]
        by_step = place and len(moves_) > 1 and all(0 < abs(move) <= STEP for move in moves_[:2])
        is_cambiata = kind in (3, 5) and len(moves_) == 3 and -STEP <= moves_[0] < 0 and moves_[1] in (-3, -4)
        if not by_step and not (is_cambiata and 0 < moves_[2] <= STEP):
            yield finding("dissonance not passing", tone.start, (0, 1), (other, tone))


def _similar(texture: Texture) -> Iterator[Finding]:
    """Perfect consonances that are reached in similar motion, and are no parallels."""
    for move in moves(texture):
        perfect = [size for size in (0, 7) if move.after.is_perfect(size) and not move.before.is_perfect(size)]
        if perfect and move.is_similar:
            yield move.broken("perfect by similar motion")


def _in_a_row(texture: Texture, cantus: int) -> Iterator[Finding]:
    pairs = _pairs(texture, cantus)
    for size, group in groupby(pairs, key=lambda pair: abs(pair[1].place - pair[2].place) % 7):
        run = list(group)
        if size in IMPERFECT and len(run) > MOST_IN_A_ROW:
            tick, tone, other = run[MOST_IN_A_ROW]
            yield finding("imperfect consonances in a row", tick, (0, 1), (tone, other))


def _rhythm(texture: Texture, cantus: int, kind: int) -> Iterator[Finding]:
    """Notes of the counterpoint that begin with or within each one of the cantus, but the first and the last two."""
    held = texture.voices[cantus]
    for tone in held[1:-2] if kind > 1 else held:
        starts = [other.start for other in texture.voices[1 - cantus] if tone.start <= other.start < tone.end]
        if kind == 4:  # tied over: half a note later
            fits = starts == [(tone.start + tone.end) // 2] or len(starts) == NOTES[kind]
        else:
            fits = len(starts) == NOTES[kind] and starts[0] == tone.start
        if not fits:
            yield finding(
                "rhythm of the species", tone.start, (1 - cantus,), (tone, texture.at(1 - cantus, tone.start))
            )


def _repeated(texture: Texture, cantus: int) -> Iterator[Finding]:
    for one, two in pairwise(texture.voices[1 - cantus]):
        if one.pitch == two.pitch:
            yield finding("repeated note", two.start, (1 - cantus,), (one, two))
