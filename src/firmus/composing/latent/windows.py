"""Windows: some bars of a piece as a latent model reads them, and back into the piece; rules on what was decoded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmus import raster
from firmus.analysis import features
from firmus.analysis.melody import melody_part
from firmus.composing.commission import Commission
from firmus.composing.latent.latent_space import Space
from firmus.composing.styles import instrument_range
from firmus.errors import InvalidBrief, TokenError
from firmus.score import Note, Part, Score
from firmus.timing import bar_at, bars, beat
from firmus.tokens import Integers

BASSES = range(32, 40)  # General MIDI programs


@dataclass(frozen=True, slots=True)
class Window:
    """Some bars of a piece as a latent model reads them.

    Parameters
    ----------
    values : array (T, C)
    bar : int
        Steps in a bar.
    start : int
        Tick at which the window begins.
    first, last : int
        The ticks of it that are to be composed anew, `last` not among them.
    held : array (C,) of bool
        Which lines begin with a note that sounds on from before, or a rest that lasts on.
    """

    values: Integers
    bar: int
    start: int
    first: int
    last: int
    held: NDArray[np.bool_]


def parts_read(source: Score, module: Any, commission: Commission) -> tuple[Score, int | None]:
    """What of a source a representation reads: one part, with its place, or everything (None).

    Raises
    ------
    InvalidBrief
    """
    if module.PARTS == 1:
        place = part_place(source, module, commission.places)
        return replace(source, parts=(source.parts[place],)), place
    if commission.places:
        raise InvalidBrief(f"parts {', '.join(commission.named_parts)}: {module.TITLE.lower()} takes the whole piece")
    return source, None


def part_place(source: Score, module: Any, places: Sequence[int] = ()) -> int:
    """Place of the one part of a source that a representation reads: the one named, or its drums or melody.

    Raises
    ------
    InvalidBrief
    """
    drums = module.NAMES == ("Drums",)
    kind = "drums" if drums else "melody"
    fitting = [place for place, part in enumerate(source.parts) if part.is_drums == drums and part.notes]
    if places:
        if places[0] not in fitting or len(places) > 1:
            names = ", ".join(source.parts[place].name or str(place + 1) for place in places)
            raise InvalidBrief(f"parts {names}: name one part that has notes of a {kind}")
        return places[0]
    if not fitting:
        raise InvalidBrief(f"the source has no {kind}: {module.TITLE.lower()} is what is read")
    melody = source.parts[fitting[0]] if drums else melody_part(source)
    return next(index for index in fitting if source.parts[index] is melody)


def cut(source: Score, space: Space, spans: Sequence[tuple[int, int]]) -> Iterator[Window]:
    """Windows that cover the bars within spans of ticks; bars beside them fill a window up.

    Raises
    ------
    InvalidBrief
        Where there are too few bars of one length in a row.
    """
    try:
        values = space.module.encode(source)
    except TokenError as error:
        raise InvalidBrief(str(error)) from None
    every, lines = bars(source), raster.bar_lines(source)
    missing = len(every) and int(lines[-1].sum()) - len(values)
    if missing > 0:  # the last bar may end after the last note
        silence = np.zeros((missing, values.shape[1]), values.dtype)
        silence[0] = [raster.REST if size == raster.LINE else 0 for size in space.module.COLUMNS]
        values = np.concatenate([values, silence])
    is_inside = [any(first <= bar.start < last for first, last in spans) and bar.number > 0 for bar in every]
    place = 0
    while place < len(every):
        if not is_inside[place]:
            place += 1
            continue
        low, high = place, place + 1
        length = int(lines[place, 1])
        while high < len(every) and high - low < space.bars and lines[high, 1] == length:
            high += 1
        while low > 0 and high - low < space.bars and lines[low - 1, 1] == length:
            low -= 1
        if high - low < space.bars or not length:
            number = every[place].number
            raise InvalidBrief(
                f"bar {number}: model {space.card.name!r} reads {space.bars} bars in a row that are equally long, "
                "in whole sixteenths"
            )
        stop = place
        while stop < high and is_inside[stop]:
            stop += 1
        begin = int(lines[low, 0])
        window = values[begin : begin + space.bars * length].astype(np.int64)
        held = np.array([size == raster.LINE for size in space.module.COLUMNS]) & (window[0] == raster.HOLD)
        for column in np.flatnonzero(held):
            window[:, column] = raster.begun(window[:, column], values[:begin, column])
        yield Window(window, length, every[low].start, every[place].start, every[stop - 1].end, held)
        place = stop


def spliced(
    parts: tuple[Part, ...], space: Space, values: Sequence[Integers], windows: Sequence[Window]
) -> tuple[Part, ...]:
    """Parts with what was decoded of some windows in place of their own notes there.

    Parameters
    ----------
    parts : tuple of Part
        As many as the representation has.
    space : Space
    values : list of array (T, C)
        For each window; of one that overlaps the one before, only what is new is taken.
    windows : list of Window
    """
    for start, last, bar, joined in _runs(values, windows):
        fresh = space.score(joined, bar).parts
        parts = tuple(_spliced(part, start, last, new.notes) for part, new in zip(parts, fresh, strict=True))
    return parts


def _runs(values: Sequence[Integers], windows: Sequence[Window]) -> Iterator[tuple[int, int, int, Integers]]:
    """First tick, tick after the last, steps in a bar and values (T, C) of windows that follow on each other."""
    place = 0
    while place < len(windows):
        first = windows[place]
        pieces: list[Integers] = []
        while True:
            window = windows[place]
            inside = slice((window.first - window.start) // raster.STEP, (window.last - window.start) // raster.STEP)
            new = values[place][inside].copy()
            if pieces and window.first == window.start:
                new[0] = np.where(window.held & (new[0] == _sounding(np.concatenate(pieces))), raster.HOLD, new[0])
            pieces.append(new)
            place += 1
            if place == len(windows) or windows[place].first != window.last or windows[place].bar != first.bar:
                break
        yield first.first, window.last, first.bar, np.concatenate(pieces)


def _sounding(values: Integers) -> Integers:
    """The last value (C,) of each column of (T, C) that is not `raster.HOLD`."""
    latest = len(values) - 1 - (values[::-1] != raster.HOLD).argmax(axis=0)
    return np.take_along_axis(values, latest[None], 0)[0]


def _spliced(part: Part, first: int, last: int, notes: tuple[Note, ...]) -> Part:
    """A part with new notes from tick `first` on in place of its own up to `last`; what sounds into them sounds on."""
    half = raster.STEP // 2
    kept = [note for note in part.notes if not first - half <= note.start < last - half]
    alone = features.is_monophonic(part)
    into = [note for note in kept if note.start < first < note.end] if not part.is_drums else []
    fresh = []
    for note in notes:
        start, end = max(note.start + first, 0), min(note.end + first, last)
        start = max([start, *(each.end for each in into if alone or each.pitch == note.pitch)])
        if start < end:
            fresh.append(replace(note, start=start, duration=end - start))
    return replace(part, notes=tuple(kept + fresh))


def ruled(score: Score, scale: frozenset[int]) -> Score:
    """A score that was decoded in one go, moved onto the rules: each note to the nearest pitch that they allow.

    Notes on a beat go to tones of the chord that stands there, all others to tones of the chord or of the scale; a note
    that is allowed stays. Where no chord stands the scale alone rules, an empty one allowing everything.
    """
    starts = [chord.start for chord in score.chords]
    unit = beat(score.meters[0])
    parts = []
    for part in score.parts:
        notes: dict[tuple[int, int], Note] = {}
        for note in part.notes:
            place = bisect_right(starts, note.start) - 1
            tones = set(score.chords[place].pitch_classes) if place >= 0 else set()
            strong = note.start % score.meters[0].bar % unit == 0
            allowed = (tones or scale) if strong else (tones | scale if scale else set())
            pitch = note.pitch if part.is_drums or not allowed else _nearest(note.pitch, allowed)
            notes.setdefault((note.start, pitch), replace(note, pitch=pitch))
        parts.append(replace(part, notes=tuple(notes.values())))
    return replace(score, parts=tuple(parts))


def basses_in_range(score: Score) -> Score:
    """A score in whose bass instruments a bar that goes too low for them is an octave higher."""
    every = bars(score)
    parts = []
    for part in score.parts:
        if part.is_drums or part.program not in BASSES:
            parts.append(part)
            continue
        lowest = instrument_range(part.program)[0]
        too_low = {bar_at(every, note.start) for note in part.notes if note.pitch < lowest}
        notes = (
            replace(note, pitch=note.pitch + 12) if bar_at(every, note.start) in too_low else note
            for note in part.notes
        )
        parts.append(replace(part, notes=tuple(notes)))
    return replace(score, parts=tuple(parts))


def _nearest(pitch: int, classes: Collection[int]) -> int:
    """The pitch of some classes that is nearest, the lower of two.

    Examples
    --------
    >>> _nearest(61, {0, 4, 7}), _nearest(66, {0, 4, 7})
    (60, 67)
    """
    reach = [pitch + step * way for step in range(12) for way in (-1, 1)]
    return next(each for each in reach if each % 12 in classes and 0 <= each <= 127)
