"""How near a stretch that was composed anew comes to what people had written there.

Conventions
    Two Scores of the same parts and bars are compared; drums are pitches of their own. Places are whole twelfths of a
    quarter note. Distances are total variation distances of two histograms: 0 where these are the same, 1 where they
    have nothing in common or one side is empty; 0 where both are.
Source
    Precision, recall and F measure of notes as in note tracking (M. Bay, A. Ehmann & J. Downie, ISMIR 2009), by onset
    and pitch, but with nothing to tolerate: both sides are symbolic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

from firmus.score import TICKS_PER_QUARTER, Score
from firmus.timing import bar_at, bars

GRID = TICKS_PER_QUARTER // 12
Kind = TypeVar("Kind")
DRUMS = 12  # pitch classes stand below, drums above


def compare(composed: Score, original: Score) -> dict[str, float]:
    """Every measure of `composed` beside `original`.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> one, other = (Score((Part("", (Note(0, 480, 60), Note(480, 480, pitch))),)) for pitch in (62, 64))
    >>> compare(one, other)
    {'note F1': 0.5, 'rhythm distance': 0.0, 'pitch-class distance': 0.5}
    """
    return {
        "note F1": note_f1(composed, original),
        "rhythm distance": rhythm_distance(composed, original),
        "pitch-class distance": pitch_class_distance(composed, original),
    }


def note_f1(composed: Score, original: Score) -> float:
    """Harmonic mean of precision and recall of notes: part, onset and pitch; 1 where both are empty."""
    ours, theirs = (
        {(number, (start + GRID // 2) // GRID, pitch) for number, start, _, pitch in _notes(score)}
        for score in (composed, original)
    )
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours or theirs else 1.0


def rhythm_distance(composed: Score, original: Score) -> float:
    """Distance of the histograms of onsets by part and place in the bar."""
    all_bars = bars(original)

    def places(score: Score) -> Counter[tuple[int, int]]:
        found = Counter[tuple[int, int]]()
        for number, start, _, _ in _notes(score):
            bar = all_bars[bar_at(all_bars, start)]
            found[number, (start - bar.start + bar.place + GRID // 2) // GRID] += 1
        return found

    return _distance(places(composed), places(original))


def pitch_class_distance(composed: Score, original: Score) -> float:
    """Distance of the histograms of pitch classes, by how long they sound; of drums, by how often they are struck."""

    def classes(score: Score) -> Counter[int]:
        found = Counter[int]()
        for number, _, duration, pitch in _notes(score):
            is_drum = score.parts[number].is_drums
            found[DRUMS + pitch if is_drum else pitch % 12] += GRID if is_drum else duration
        return found

    return _distance(classes(composed), classes(original))


def _notes(score: Score) -> Iterator[tuple[int, int, int, int]]:
    for number, part in enumerate(score.parts):
        for note in part.notes:
            yield number, note.start, note.duration, note.pitch


def _distance(one: Counter[Kind], other: Counter[Kind]) -> float:
    if not one or not other:
        return float(bool(one) != bool(other))
    sums = one.total(), other.total()
    return sum(abs(one[each] / sums[0] - other[each] / sums[1]) for each in one.keys() | other.keys()) / 2
