"""A person's own theme: the melody of a piece, as the states of a game keep it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from firmus.analysis import keys, melody
from firmus.errors import InvalidBrief
from firmus.harmony import Key
from firmus.production.game.layers import BAR
from firmus.score import Note, Part, Score

FEWEST_NOTES = 4
LOWEST, HIGHEST = 57, 86  # of the middle of its range, A3 to D6: where a flute, a violin and a horn play it


def of_piece(score: Score, bars: int) -> tuple[Part, Key]:
    """The melody of the first bars of a piece, one note at a time, and its key.

    Parameters
    ----------
    score : Score
        In 4/4; a pickup is left out, as a loop begins on its first bar.
    bars : int

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> tune = Score((Part("", tuple(Note(480 * i, 480, 60 + i % 5) for i in range(16))),), keys=(Key(0, "C"),))
    >>> part, key = of_piece(tune, 4)
    >>> len(part.notes), key.text
    (16, 'C major')
    """
    start, end = score.pickup, score.pickup + bars * BAR
    meters = {meter.text for meter in score.meters if meter.start < end}
    if meters != {"4/4"}:
        raise InvalidBrief(f"theme in {', '.join(sorted(meters))}: loops are in 4/4: give a theme in 4/4")
    part = melody.melody_part(score)
    if part is None:
        raise InvalidBrief("theme: the piece has no melody, or drums alone: give one with a melody")
    line = _line([note for note in part.notes if start <= note.start < end], start, end)
    if len(line) < FEWEST_NOTES:
        raise InvalidBrief(
            f"theme: its first {bars} bars have {len(line)} notes of melody: {FEWEST_NOTES} at least are needed"
        )
    if score.end - score.pickup <= (bars - 1) * BAR:
        whole = max(1, -(-(score.end - score.pickup) // BAR))
        raise InvalidBrief(f"bars {bars}: the theme has {whole}: ask for as many, such as --bars {whole}")
    estimate = None if score.keys else keys.estimate(score)
    key = score.keys[0] if score.keys else estimate.key if estimate else None
    if key is None:
        raise InvalidBrief("theme: no key is written in the piece, and none was found: give the piece one")
    middle = (min(note.pitch for note in line) + max(note.pitch for note in line)) / 2
    octaves = 12 * int(np.ceil((LOWEST - middle) / 12)) if middle < LOWEST else 0
    octaves -= 12 * int(np.ceil((middle - HIGHEST) / 12)) if middle > HIGHEST else 0
    moved = tuple(replace(note, pitch=note.pitch + octaves) for note in line)
    return Part("Melody", moved, program=part.program), replace(key, start=0)


def _line(notes: list[Note], start: int, end: int) -> list[Note]:
    """The highest notes, each until the next begins."""
    highest: dict[int, Note] = {}
    for note in notes:
        if note.start not in highest or note.pitch > highest[note.start].pitch:
            highest[note.start] = note
    ordered = [highest[at] for at in sorted(highest)]
    stops = [*(note.start for note in ordered[1:]), end]
    return [
        replace(note, start=note.start - start, duration=min(note.duration, stop - note.start))
        for note, stop in zip(ordered, stops, strict=True)
    ]
