"""Texture: how many voices each bar has, and how they go together.

Conventions: `firmus.score`; one row a bar. *homophonic* where most onsets are common to all voices, *melody and
accompaniment* where the highest voice goes its own way and the others move together, *polyphonic* otherwise, by the
share of common onsets (D. Huron, Characterizing Musical Textures, ICMC 1989: onset synchrony).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmus.analysis.beats import overlaps
from firmus.score import TICKS_PER_QUARTER, Score
from firmus.timing import bars

TOGETHER, APART = 0.75, 0.4


@dataclass(frozen=True, slots=True)
class BarTexture:
    """Texture of a bar.

    Parameters
    ----------
    bar : int
        Its number.
    kind : str
        ``"silent"``, ``"drums"``, ``"one voice"``, ``"homophonic"``, ``"melody and accompaniment"``, ``"polyphonic"``.
    voices : float
        Mean number of pitches that sound at once.
    density : float
        Onsets a quarter note, of all parts.
    """

    bar: int
    kind: str
    voices: float
    density: float


def textures(score: Score) -> tuple[BarTexture, ...]:
    """Texture of every bar.

    Examples
    --------
    >>> from firmus.score import Note, Part
    >>> chords = tuple(Note(480 * i, 480, pitch) for i in range(4) for pitch in (60, 64, 67))
    >>> textures(Score((Part("", chords),)))[0].kind
    'homophonic'
    """
    all_bars = bars(score)
    if not all_bars:
        return ()
    starts = np.array([*(bar.start for bar in all_bars), all_bars[-1].end])
    rows = [(note.start, note.pitch, part.is_drums) for part in score.parts for note in part.notes]
    table = np.array(sorted(rows), np.int64).reshape(-1, 3)
    borders = np.searchsorted(table[:, 0], starts)
    bar_index, sounding, _, _ = overlaps(score, starts)
    voices = np.bincount(bar_index, sounding, minlength=len(all_bars)) / np.diff(starts)
    result = []
    for bar, first, last, mean in zip(all_bars, borders[:-1], borders[1:], voices.tolist(), strict=True):
        inside = table[first:last]
        density = len(np.unique(inside[:, 0])) * TICKS_PER_QUARTER / (bar.end - bar.start)
        kind = _kind(inside, inside[inside[:, 2] == 0], mean)
        result.append(BarTexture(bar.number, kind, round(mean, 2), round(density, 2)))
    return tuple(result)


def _kind(inside: np.ndarray, pitched: np.ndarray, voices: float) -> str:
    if voices == 0:
        return "drums" if len(inside) else "silent"
    onsets, counts = np.unique(pitched[:, 0] // 60, return_counts=True)
    if len(onsets) == 0 or ((counts == 1).all() and voices < 1.3):
        return "one voice"
    common = float((counts >= max(2, round(voices))).mean())
    if common >= TOGETHER:
        return "homophonic"
    highest = [pitched[pitched[:, 0] // 60 == onset, 1].max() for onset in onsets]
    soloistic = float(
        np.mean([count == 1 and top >= np.median(highest) for count, top in zip(counts, highest, strict=True)])
    )
    return "melody and accompaniment" if soloistic >= APART or common >= APART else "polyphonic"
