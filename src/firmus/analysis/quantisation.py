"""Quantising what was played in: onsets and lengths on the beat and its halves, thirds and quarters.

A file that was played in has notes that lie on no grid of notation, and often a tempo that has nothing to do with its
beats. `quantise` puts it on its own beats where these are the beats of the music, else on beats that it finds
(`firmus.analysis.beat_tracking`, on the onsets), and keeps how it was played, so that the timing can be put back on
what was kept of it (`Quantised.with_timing`). Swung eighths become even ones.

In every beat the division is taken that its notes fit best, with a prior for simple ones (the idea of D. Temperley,
*Music and Probability*, 2007, chapter 3). Conventions: places are in beats, a beat is a quarter note.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus.analysis import beat_tracking, meters
from firmus.analysis.spectrum import FRAME_SECONDS
from firmus.errors import InvalidBrief, unknown
from firmus.score import TICKS_PER_QUARTER, Note, Part, Score, Tempo
from firmus.timing import seconds

GRIDS = ("auto", "written", "found", "off")
FEWEST_NOTES = 8
NOTATED = (20, 30)  # ticks: every simple note value is a multiple of one, down to triplets of thirty-seconds, and 64ths
SLACK = 2  # ticks by which a program's rounding misses it
PLAYED = 0.3  # share of onsets off the grid of notation from which a file was played in
ON_WRITTEN_BEATS = 0.4  # resultant length of the onsets' phases from which the written beats are those of the music
SURE_BEAT = 0.12  # confidence from which found beats are taken
SURE_METER = 0.5
STEADY = 0.03  # seconds by which beats may miss a steady tempo that is written as one
BEATS_OF_TEMPO = 4  # beats that a tempo lasts where it changes
NEAR_BEAT = 0.12  # of a beat, within which onsets belong to it
DIVISIONS = {1: 0.0, 2: 0.01, 4: 0.02, 3: 0.03}  # of a beat, and what each costs
SWUNG = (0.57, 0.73)  # places of the second of two swung eighths
STRAIGHT = (0.43, 0.57)
FEWEST_SWUNG = 8
LOW = 52  # pitch below which notes mark the beat
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quantised:
    """A quantised Score, and how it was played.

    Parameters
    ----------
    score : Score
        Quantised; its beats last as long as the player's.
    timing : mapping of Note to sequence of Note
        The played notes, in the ticks of `score`, of each quantised one; empty where only the meter is estimated.
    grid : {"written", "found"}
        Whose beats they are: the file's own, or found ones.
    swing : float
        Place of the second of two eighths in its beat, 0.5 where they are even.
    source : Score
        As it was given.
    """

    score: Score
    timing: Mapping[Note, Sequence[Note]]
    grid: str
    swing: float
    source: Score

    def with_timing(self, score: Score) -> Score:
        """Put the player's timing on those notes of a Score that are the quantised ones."""
        parts = []
        for part in score.parts:
            count: dict[Note, int] = {}
            notes = []
            for note in part.notes:
                played = self.timing.get(note, (note,))
                place = count.get(note, 0)
                notes.append(played[min(place, len(played) - 1)])
                count[note] = place + 1
            parts.append(replace(part, notes=tuple(note for note, _ in _apart([(note, note) for note in notes]))))
        return replace(score, parts=tuple(parts))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the Origin."""
        minutes = max(seconds(self.score, self.score.end), 1e-9) / 60
        bpm = self.score.end / TICKS_PER_QUARTER / minutes
        return {"grid": self.grid, "tempo": round(bpm, 1), "swing": round(self.swing, 2)}


def check(grid: str) -> str:
    """A grid as it is asked for: ``auto``, ``written``, ``found``, ``off``, or quarter notes a minute.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> check("auto"), check("92.5")
    ('auto', '92.5')
    """
    try:
        if 20 <= float(grid) <= 300:
            return grid
    except ValueError:
        if grid in GRIDS:
            return grid
        raise InvalidBrief(unknown("grid", grid, (*GRIDS, "quarter notes a minute"))) from None
    raise InvalidBrief(f"quantise {grid}: a tempo must be 20 to 300 quarter notes a minute")


def is_played(score: Score) -> bool:
    """Whether a Score looks played in: more than 30 % of its pitched onsets lie on no grid of notation.

    Drums alone do not: their timing is a drummer's, and models of drums know it.

    Examples
    --------
    >>> written = [Note(240 * i, 240, 60) for i in range(16)]
    >>> played = [Note(240 * i + i * 7 % 29, 200, 60) for i in range(16)]
    >>> is_played(Score((Part("", tuple(written)),))), is_played(Score((Part("", tuple(played)),)))
    (False, True)
    """
    starts = _onsets(score)[0]
    if len(starts) < FEWEST_NOTES or all(part.is_drums for part in score.parts if part.notes):
        return False
    misses = [np.abs((starts + step // 2) % step - step // 2) for step in NOTATED]
    return float(np.mean(np.minimum(*misses) > SLACK)) > PLAYED


def quantise(score: Score, grid: str = "auto") -> Quantised:
    """Quantise a Score.

    Parameters
    ----------
    score : Score
    grid : str
        ``"written"``: on the beats of the file; ``"found"``: on beats that are found; ``"auto"``: on the written ones
        where the music is played to them; or quarter notes a minute, at which the beats are found.

    Raises
    ------
    InvalidBrief
        Where `grid` is none of these, or no steady beat is found.
    """
    check(grid)
    if grid == "written" or (grid == "auto" and follows_written_beats(score)):
        beats = np.arange(0, score.end + 2 * TICKS_PER_QUARTER, TICKS_PER_QUARTER, dtype=np.float64)
        parts, timing, swing = _snapped(score.parts, beats)
        return Quantised(meters.heard(replace(score, parts=parts, end=0)), timing, "written", swing, score)
    times = _Clock(score)
    found = _found_beats(score, None if grid in GRIDS else float(grid))
    tempi, ticks = _tempi(found)

    def move(all_ticks: Iterable[int]) -> list[int]:
        moved = np.interp(times(all_ticks), found, ticks)
        return [max(round(tick), 0) for tick in moved.tolist()]

    played = tuple(_moved_part(part, move) for part in score.parts)
    parts, timing, swing = _snapped(played, np.asarray(ticks))
    quantised = Score(
        parts,
        tempi=tempi,
        keys=tuple(_moved_events(score.keys, times, found)),
        chords=tuple(_moved_events(score.chords, times, found)),
        sections=tuple(_moved_events(score.sections, times, found)),
        title=score.title,
        composer=score.composer,
    )
    estimate = meters.estimate(quantised)
    if estimate is not None and estimate.confidence >= SURE_METER:
        quantised = replace(quantised, meters=(estimate.meter,), pickup=estimate.pickup % estimate.meter.bar)
    return Quantised(quantised, timing, "found", swing, score)


def _moved_part(part: Part, move: Callable[[Iterable[int]], list[int]]) -> Part:
    """A part whose notes and pedal are moved to other ticks."""
    starts, ends = move(note.start for note in part.notes), move(note.end for note in part.notes)
    notes = [
        replace(note, start=start, duration=max(end - start, 1))
        for note, start, end in zip(part.notes, starts, ends, strict=True)
    ]
    pedal = zip(move(down for down, _ in part.pedal), move(up for _, up in part.pedal), strict=True)
    return replace(part, notes=tuple(notes), pedal=tuple((down, up) for down, up in pedal if up > down))


def _moved_events(events: Iterable[Any], times: _Clock, beats: Floats) -> Iterator[Any]:
    """Keys, chords or sections at the beats nearest to them; of two at one beat the later."""
    by_beat: dict[int, Any] = {}
    for event in events:
        beat = int(np.abs(beats - times([event.start])[0]).argmin())
        by_beat[beat * TICKS_PER_QUARTER] = event
    yield from (replace(event, start=tick) for tick, event in sorted(by_beat.items()))


def _onsets(score: Score) -> tuple[NDArray[np.int64], Floats]:
    """Ticks (N,) of the pitched notes, or of the drums where there are no others, and their weights."""
    pitched = [note for part in score.parts if not part.is_drums for note in part.notes]
    notes = pitched or [note for part in score.parts for note in part.notes]
    weights = [note.velocity / 127 * (1.5 if note.pitch < LOW else 1.0) for note in notes]
    return np.array([note.start for note in notes], np.int64), np.array(weights, np.float64)


def follows_written_beats(score: Score) -> bool:
    """Whether onsets lie near the sixteenths or triplets of the written beats."""
    starts = _onsets(score)[0]
    if not len(starts):
        return True
    phases = (np.abs(np.exp(2j * np.pi * starts / step).mean()) for step in (120, 160, 240))
    return max(float(each) for each in phases) >= ON_WRITTEN_BEATS


class _Clock:
    """Seconds of ticks, by the tempi of a Score."""

    def __init__(self, score: Score) -> None:
        self.starts = [tempo.start for tempo in score.tempi]
        self.at = [seconds(score, start) for start in self.starts]
        self.rates = [60 / (tempo.bpm * TICKS_PER_QUARTER) for tempo in score.tempi]

    def __call__(self, ticks: Iterable[int]) -> Floats:
        ticks = list(ticks)
        places = [bisect_right(self.starts, tick) - 1 for tick in ticks]
        return np.array(
            [self.at[i] + (tick - self.starts[i]) * self.rates[i] for tick, i in zip(ticks, places, strict=True)],
            np.float64,
        )


def _found_beats(score: Score, bpm: float | None) -> Floats:
    """Seconds of beats from the last one before the first onset to beyond the end."""
    starts, weights = _onsets(score)
    times = _Clock(score)(starts.tolist())
    first, last = (float(times.min()), float(times.max())) if len(times) else (0.0, 0.0)
    frames = (times - first) / FRAME_SECONDS + 4
    strength = np.zeros(int(frames.max(initial=0.0)) + 8)
    whole = frames.astype(np.int64)
    np.add.at(strength, whole, weights * (whole + 1 - frames))
    np.add.at(strength, whole + 1, weights * (frames - whole))
    result = beat_tracking.estimate(np.sqrt(strength), bpm)
    if result is None or result.confidence < SURE_BEAT:
        raise InvalidBrief("no steady beat is found to quantise to: give quarter notes a minute, such as --quantise 92")
    beats = result.beats - beat_tracking.LATE + first - 4 * FRAME_SECONDS
    return extended(_on_onsets(beats, times, weights), first, max(last, _Clock(score)([score.end])[0]))


def _on_onsets(beats: Floats, times: Floats, weights: Floats) -> Floats:
    """Beats moved onto the mean of the onsets beside them, where there are any."""
    period = float(np.median(np.diff(beats)))
    moved = beats.copy()
    for index, beat in enumerate(beats):
        near = np.abs(times - beat) < NEAR_BEAT * period
        if near.any():
            moved[index] = float(np.average(times[near], weights=weights[near]))
    return moved


def extended(beats: Floats, first: float, last: float) -> Floats:
    """Beats extrapolated from the last one at or before a time to beyond another, at the tempo of those nearest."""
    pace, late = float(np.diff(beats)[:4].mean()), float(np.diff(beats)[-4:].mean())
    before = np.arange(max(int(np.ceil((beats[0] - first - NEAR_BEAT * pace) / pace)), 0), 0, -1)
    after = np.arange(1, max(int(np.ceil((last - beats[-1]) / late)), 0) + 2)
    extended = np.concatenate([beats[0] - before * pace, beats, beats[-1] + after * late])
    begin = max(int(np.searchsorted(extended, first + NEAR_BEAT * pace, side="right")) - 1, 0)
    return extended[begin:]


def _tempi(beats: Floats) -> tuple[tuple[Tempo, ...], Floats]:
    """Tempi of beats in seconds: one, or where it changes one for every four; and the ticks at which they put beats."""
    count = np.arange(len(beats))
    period, begin = np.polyfit(count, beats, 1)
    if float(np.abs(beats - (begin + period * count)).max()) <= STEADY:
        return (Tempo(0, round(60 / float(period), 2)),), (beats - beats[0]) / period * TICKS_PER_QUARTER
    edges = [*range(0, len(beats) - 1, BEATS_OF_TEMPO), len(beats) - 1]
    tempi = [
        Tempo(TICKS_PER_QUARTER * low, round(60 * (high - low) / float(beats[high] - beats[low]), 2))
        for low, high in pairwise(edges)
    ]
    return tuple(tempi), np.interp(beats, beats[edges], np.array(edges, np.float64) * TICKS_PER_QUARTER)


def _snapped(parts: Iterable[Part], beats: Floats) -> tuple[tuple[Part, ...], dict[Note, list[Note]], float]:
    """Parts on the divisions of beats (in ticks); the played notes of each; and the swing that was made even."""
    count = np.arange(len(beats))
    parts = tuple(parts)
    starts = [np.interp([note.start for note in part.notes], beats, count) for part in parts]
    ends = [np.interp([note.end for note in part.notes], beats, count) for part in parts]
    swing = _swing(np.concatenate(starts)) if starts else 0.5
    snapped: list[Part] = []
    timing: dict[Note, list[Note]] = {}
    for part, part_starts, part_ends in zip(parts, starts, ends, strict=True):
        spans = on_grid(_even(part_starts, swing), _even(part_ends, swing))
        pairs = [
            (replace(note, start=start, duration=end - start), note)
            for note, (start, end) in zip(part.notes, spans, strict=True)
        ]
        kept = _apart(pairs)
        snapped.append(replace(part, notes=tuple(note for note, _ in kept)))
        for note, own in kept:
            timing.setdefault(note, []).append(own)
    return tuple(snapped), timing, swing


def _swing(places: Floats) -> float:
    """Place of the second of two eighths: 0.5, or later where most are swung."""
    inside = places - np.floor(places + NEAR_BEAT)
    late = inside[(inside > SWUNG[0]) & (inside < SWUNG[1])]
    even = np.count_nonzero((inside >= STRAIGHT[0]) & (inside <= STRAIGHT[1]))
    early = np.count_nonzero((inside > 1 - SWUNG[1]) & (inside < STRAIGHT[0]))  # of triplets in three
    if len(late) < FEWEST_SWUNG or even > len(late) / 3 or early > len(late) / 3:
        return 0.5
    return float(np.median(late))


def _even(places: Floats, swing: float) -> Floats:
    """Places in beats, the swung second eighth at the half."""
    if swing == 0.5 or not len(places):
        return places
    beat = np.floor(places)
    inside = places - beat
    return beat + np.where(inside < swing, inside * 0.5 / swing, 0.5 + (inside - swing) * 0.5 / (1 - swing))


def on_grid(starts: Floats, ends: Floats) -> list[tuple[int, int]]:
    """Ticks at which notes begin and end, of places in beats (N,).

    Examples
    --------
    >>> on_grid(np.array([0.02, 0.49, 1.03]), np.array([0.47, 0.9, 2.1]))
    [(0, 240), (240, 480), (480, 960)]
    """
    snapped = np.zeros(len(starts), np.int64)
    unit = np.zeros(len(starts), np.int64)
    of_beat = np.floor(starts + NEAR_BEAT)  # a little early is on the beat
    for beat in np.unique(of_beat):
        inside = of_beat == beat
        place = starts[inside] - beat
        errors = {n: float(np.abs(place - np.rint(place * n) / n).mean()) + cost for n, cost in DIVISIONS.items()}
        best = min(errors, key=lambda n: errors[n])
        unit[inside] = TICKS_PER_QUARTER // max(best, 2 if best != 3 else 3)
        snapped[inside] = np.rint((beat + np.rint(place * best) / best) * TICKS_PER_QUARTER)
    lengths = np.maximum(np.rint((ends * TICKS_PER_QUARTER - snapped) / unit), 1) * unit
    short = TICKS_PER_QUARTER // 4
    brief = (ends - starts) * TICKS_PER_QUARTER < 0.75 * unit
    lengths = np.where(brief & (unit > short) & (unit % short == 0), short, lengths)
    return [(max(int(at), 0), max(int(at), 0) + int(length)) for at, length in zip(snapped, lengths, strict=True)]


def _apart(pairs: list[tuple[Note, Note]]) -> list[tuple[Note, Note]]:
    """Pairs of notes, of which the first of one pitch ends where the next one begins; in order."""
    following: dict[int, int] = {}
    result = []
    for note, own in sorted(pairs, key=lambda pair: (pair[0].start, pair[0].duration), reverse=True):
        end = min(note.end, following.get(note.pitch, note.end))
        if end > note.start:
            result.append((replace(note, duration=end - note.start), own))
            following[note.pitch] = note.start
    return result[::-1]
