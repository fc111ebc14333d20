"""From detected notes in seconds to a Score: each onset is quantised to the beat, or a half, third or quarter of it.

Time is interpolated linearly between given beats (`firmus.analysis.quantisation`). Without beats nothing is quantised:
ticks are seconds at 120 quarter notes a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import beat_tracking, keys, meters
from firmus.analysis.quantisation import extended, on_grid
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score, Tempo

EVEN = 0.04  # share by which the tempo of four beats may differ before tempo changes are written
SURE_METER = 0.5
CLOCK_BPM = 120.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DetectedNote:
    """A note as detected: begin and end in seconds, MIDI pitch, velocity 1 to 127, and its confidence, 0 to 1."""

    start: float
    end: float
    pitch: int
    velocity: int = 80
    confidence: float = 1.0


def to_score(
    notes: Sequence[DetectedNote], beats: Floats | None = None, name: str = "Piano", program: int = 0, title: str = ""
) -> Score:
    """Quantise detected notes to a Score.

    Parameters
    ----------
    notes : sequence of DetectedNote
    beats : array (B,), optional
        Seconds of the beats, each a quarter note; none where they are not known.
    name, program : str, int
        Of the part.
    title : str

    Returns
    -------
    Score
        Its first tick is the last beat at or before the first note; with meter and key where they can be estimated.

    Examples
    --------
    >>> detected = [DetectedNote(0.52, 0.9, 60), DetectedNote(1.01, 1.2, 62), DetectedNote(1.24, 1.5, 64)]
    >>> [(note.start, note.duration) for note in to_score(detected, np.array([0.5, 1.0, 1.5])).parts[0].notes]
    [(0, 480), (480, 240), (720, 240)]
    """
    if beats is None or len(beats) < 2 or not notes:
        per_second = CLOCK_BPM / 60 * TICKS_PER_QUARTER
        first = min((note.start for note in notes), default=0.0)
        spans = [(round((note.start - first) * per_second), round((note.end - first) * per_second)) for note in notes]
        return _with_key(_score(notes, spans, name, program, title, (Tempo(0, CLOCK_BPM),)))
    beats = extended(beats, min(note.start for note in notes), max(note.end for note in notes))
    count = np.arange(len(beats))
    starts = np.interp([note.start for note in notes], beats, count)
    ends = np.interp([note.end for note in notes], beats, count)
    spans = on_grid(starts, ends)
    score = _score(notes, spans, name, program, title, _tempi(beats))
    return _with_key(_with_meter(score))


def _score(
    notes: Sequence[DetectedNote],
    spans: list[tuple[int, int]],
    name: str,
    program: int,
    title: str,
    tempi: tuple[Tempo, ...],
) -> Score:
    """A Score of one part; of two notes of one pitch that overlap the first ends where the second begins."""
    written: dict[tuple[int, int], Note] = {}
    for note, (start, end) in zip(notes, spans, strict=True):
        same = written.get((start, note.pitch))
        length = max(end - start, 1, same.duration if same else 1)
        written[start, note.pitch] = Note(start, length, note.pitch, note.velocity)
    by_pitch: dict[int, list[Note]] = {}
    for _, each in sorted(written.items()):
        line = by_pitch.setdefault(each.pitch, [])
        if line and line[-1].end > each.start:
            line[-1] = replace(line[-1], duration=each.start - line[-1].start)
        line.append(each)
    every = tuple(note for line in by_pitch.values() for note in line)
    return Score((Part(name, every, program),), tempi=tempi, title=title)


def _tempi(beats: Floats) -> tuple[Tempo, ...]:
    """One tempo, or where it changes one for every four beats."""
    whole = beat_tracking.mean_tempo(beats)
    groups = [beats[first : first + 5] for first in range(0, len(beats) - 1, 4)]
    paces = [60 * (len(group) - 1) / float(group[-1] - group[0]) for group in groups]
    if max(abs(pace / whole - 1) for pace in paces) <= EVEN:
        return (Tempo(0, round(whole, 1)),)
    return tuple(Tempo(4 * TICKS_PER_QUARTER * place, round(pace, 2)) for place, pace in enumerate(paces))


def _with_meter(score: Score) -> Score:
    """With the estimated meter and upbeat, where their confidence is high."""
    estimate = meters.estimate(score)
    if estimate is None or estimate.confidence < SURE_METER:
        return score
    return replace(score, meters=(estimate.meter,), pickup=estimate.pickup % estimate.meter.bar)


def _with_key(score: Score) -> Score:
    """With its estimated key, where there is one, so that notes are spelled in it."""
    estimate = keys.estimate(score)
    return replace(score, keys=(estimate.key,)) if estimate else score
