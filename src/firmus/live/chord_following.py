"""The chords of what is being played, and those that are likely to come.

What it is
    The hidden Markov model of `firmus.composing.melody_chords`, filtered forward in time: from what has been played
    until now comes a probability of each chord now, and through the chain one of each chord of the bars ahead. Where
    the bar before is like an earlier one, what followed that one then is evidence of what comes (songs repeat).
Paper
    I. Simon, D. Morris & S. Basu, *MySong*, CHI 2008; the filter is L. R. Rabiner, *A Tutorial on Hidden Markov
    Models*, Proceedings of the IEEE 77 (1989), forward procedure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import keys
from firmus.composing.melody_chords import WEIGHT
from firmus.composing.progressions import Progressions, fits, progressions
from firmus.harmony import Chord, Key, chord_of_numeral
from firmus.pitch import pitch_class
from firmus.score import TICKS_PER_QUARTER, Meter, Note
from firmus.timing import beat

Floats = NDArray[np.float64]
HARMONY = "traditional"
MOST_CHORDS = 14  # the commonest numerals: rarer ones would be risked on too little
GOOD_ENOUGH = 0.6  # of the best chord's gain, with which a chord that sounds stays
SHARED = 2.0  # power of the share of common tones, that a chord is worth where another was meant
MEMORY = 16  # bars that are listened back to
STAYS = (0.4, 0.75)  # probability that a chord stays over a barline, and in the middle of a bar
HELD_BASS = 1.2  # nats for a chord whose root or bass is the lowest note, under a left hand
NEAR = 60  # ticks around a barline in which a note is on the downbeat
LOW = 55  # pitch below which notes are a bass
ALIKE = 0.9  # cosine of two bars' pitch classes from which one repeats the other
RECALLED = 0.6  # weight of what followed an earlier bar that was alike
LONGEST_QUARTERS = 2.0  # that a note counts in a window


def estimate_key(notes: Sequence[Note], bar: int) -> Key | None:
    """Key of what was played, major or minor; None while there is too little.

    Where the leading tone of minor is not played, and its tonic is not on the first downbeat, it is the relative major:
    phrases of few notes fit both (``benchmarks/live.py``).

    Examples
    --------
    >>> estimate_key([Note(480 * i, 480, pitch) for i, pitch in enumerate((67, 71, 74, 72, 69, 66, 67))], 1920).text
    'G major'
    """
    if len(notes) < keys.FEWEST_NOTES:
        return None
    downbeats = [note for note in notes if (note.start + NEAR) % bar < 2 * NEAR]
    first = min(downbeats or notes).pitch % 12
    key = keys.of_profile(keys.pitch_class_profile(notes), first).key
    leads = any((note.pitch + 1) % 12 == key.pitch_class for note in notes)
    if key.mode == "minor" and not leads and first != key.pitch_class:
        return keys.simplest((key.pitch_class + 3) % 12, "major")
    return key


def window_length(meter: Meter) -> int:
    """Ticks that a chord lasts at least: half a bar of four beats, else the bar."""
    beats = meter.bar // beat(meter)
    return meter.bar // 2 if beats % 4 == 0 else meter.bar


def chords_ahead(
    notes: Sequence[Note], now: int, meter: Meter, key: Key, count: int, sounding: Chord | None = None
) -> tuple[Chord, ...]:
    """The chord that sounds now and those that come, `count` windows of them, each with its start.

    Parameters
    ----------
    notes : sequence of Note
        Played until `now` (ticks).
    now : int
    meter : Meter
    key : Key
    count : int
        Windows (`window_length`), of which the first is the one that `now` is in.
    sounding : Chord, optional
        Which sounds now: it stays unless another is clearly better.

    Examples
    --------
    >>> tune = [Note(480 * i, 480, pitch) for i, pitch in enumerate((60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71))]
    >>> [chord.text for chord in chords_ahead(tune, 5700, Meter(0, 4, 4), Key(0, "C"), 2)]
    ['G', 'G']
    """
    table = _commonest(key.plain.mode)
    chords = [chord_of_numeral(numeral, key.plain) for numeral in table.numerals]
    length = window_length(meter)
    current = now // length
    first = max(0, current - MEMORY * meter.bar // length)
    profile, bass = _heard(notes, first, current + 1, length)
    likelihood = _likelihood(profile, bass, chords)
    recalled = _recalled(profile, current - first, meter.bar // length, count)
    belief = table.first / table.first.sum()
    for place in range(current + 1 - first):
        if place:
            belief = belief @ _transition(table, (first + place) * length % meter.bar == 0)
        belief = belief * likelihood[place]
        belief = belief / belief.sum()
    likeness = _likeness(chords)
    gain = belief @ likeness
    known = [place for place, chord in enumerate(chords) if sounding and chord.text == sounding.text]
    found = [known[0] if known and gain[known[0]] >= GOOD_ENOUGH * gain.max() else int(np.argmax(gain))]
    for place in range(1, count):
        belief = belief @ _transition(table, (current + place) * length % meter.bar == 0)
        if recalled is not None:
            belief = belief * likelihood[recalled + place] ** RECALLED
            belief = belief / belief.sum()
        found.append(int(np.argmax(belief @ likeness)))
    return tuple(replace(chords[each], start=(current + place) * length) for place, each in enumerate(found))


@cache
def _commonest(mode: str) -> Progressions:
    table = cast("Progressions", progressions(HARMONY, mode))  # which has both modes
    kept = [place for place, text in enumerate(table.numerals) if "64" not in text][:MOST_CHORDS]
    transitions = table.transitions[:, kept][:, :, kept]
    transitions = transitions / transitions.sum(axis=2, keepdims=True)
    return replace(
        table, numerals=tuple(table.numerals[place] for place in kept), first=table.first[kept], transitions=transitions
    )


def _likeness(chords: Sequence[Chord]) -> Floats:
    """Share of the tones of a chord that another has, to a power: the gain where one plays for another."""
    tones = [set(chord.pitch_classes) for chord in chords]
    shares = [[len(one & other) / len(one | other) for other in tones] for one in tones]
    return np.array(shares) ** SHARED


def _transition(table: Progressions, on_barline: bool) -> Floats:
    stays = STAYS[0 if on_barline else 1]
    rows: Floats = stays * np.eye(len(table.numerals)) + (1 - stays) * table.transitions[0 if on_barline else 1]
    return rows


def _heard(notes: Sequence[Note], first: int, last: int, length: int) -> tuple[Floats, NDArray[np.int64]]:
    """Quarter notes of each pitch class in windows `first` to `last` (N, 12), and the low bass of each, or -1."""
    quarters, bass = np.zeros((last - first, 12)), np.full(last - first, -1)
    lowest = np.full(last - first, LOW)
    for note in notes:
        for place in range(max(first, note.start // length), min(last, (note.end - 1) // length + 1)):
            shared = min((place + 1) * length, note.end) - max(place * length, note.start)
            quarters[place - first, note.pitch % 12] += min(shared / TICKS_PER_QUARTER, LONGEST_QUARTERS)
            if note.pitch < lowest[place - first] and note.start < place * length + length // 2:
                lowest[place - first], bass[place - first] = note.pitch, note.pitch % 12
    return quarters, bass


def _likelihood(quarters: Floats, bass: NDArray[np.int64], chords: Sequence[Chord]) -> Floats:
    known = fits(HARMONY)
    rows = np.log(np.stack([np.roll(known.get(each.quality, known[""]), pitch_class(each.root)) for each in chords]))
    nats = WEIGHT * quarters @ rows.T
    under = np.array([pitch_class(each.bass or each.root) for each in chords])
    nats += HELD_BASS * (bass[:, None] == under)
    likelihood: Floats = np.exp(nats - nats.max(axis=1, keepdims=True))
    return np.maximum(likelihood, 1e-9)


def _recalled(quarters: Floats, current: int, bar: int, count: int) -> int | None:
    """Window whose bar before was like the one before now, so that what follows it is to be expected; None where none.

    The latest one of those that have `count` windows after them.
    """
    if current < 2 * bar:
        return None
    latest = quarters[current - bar : current + 1]
    for place in range(current - max(bar, count), bar - 1, -1):
        if (current - place) % bar:
            continue
        before = quarters[place - bar : place + 1]
        product = float((latest * before).sum())
        if product >= ALIKE * float(np.linalg.norm(latest) * np.linalg.norm(before)) and product > 0:
            return place
    return None
