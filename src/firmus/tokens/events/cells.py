"""From a Score to cells: a piece preprocessed for training, from which `firmus.tokens.events` assembles sequences.

Bars are those of `firmus.timing`, with two exceptions: a bar longer than 4/2 is cut, and a bar whose length is
no meter of the vocabulary (64ths, or a bar broken off by the next meter) gets the nearest in thirty-seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import numpy as np

from firmus.errors import TokenError, unknown
from firmus.pitch import NO_CHORD, pitch_class
from firmus.score import Chord, Meter, Note, Part, Score
from firmus.timing import bars
from firmus.tokens import Integers, Prepared
from firmus.tokens.events import vocabulary

NO_TOKEN = -1
BAR_START, BAR_PLACE, BAR_KEY, BAR_METER, BAR_TEMPO, BAR_SECTION, BAR_LENGTH = range(7)
Event = tuple[int, int, int]  # token, time, place
LONGEST = vocabulary.DURATIONS[-1]


def grid_shape(prepared: Prepared) -> tuple[int, int]:
    """Bars and lanes of a prepared piece; lane 0 holds the chord symbols, lane i the i-th part."""
    return len(prepared["bars"]), len(prepared["programs"]) + 1


def prepare(score: Score, style: str = "", derived: bool = False, genre: str = "", is_compact: bool = True) -> Prepared:
    """Encode every cell once, so that any cut with any open region is assembled quickly.

    Parameters
    ----------
    score : Score
    style : str
    derived : bool
        Whether its chord symbols were estimated from the music.
    genre : str
    is_compact : bool
        Whether in the compact form; see `firmus.tokens.events`.

    Returns
    -------
    dict of arrays
        ``head`` start, style; ``programs`` (P,); ``bars`` (B, 7): start, place of its first step, key, meter,
        tempo, section (tokens, -1 for none), length; ``ticks`` (B,): where each begins in the score;
        ``borders`` (B · (P + 1) + 1,) into ``tokens``, ``time``, ``place``; ``lane`` (2,): are there chord
        symbols, and were they estimated from the music (`derived`); ``range`` lowest and highest pitch; ``genre``
        its token, if any.
    """
    if len(score.parts) > vocabulary.MAX_PARTS:
        raise TokenError(f"{len(score.parts)} parts: the representation holds {vocabulary.MAX_PARTS} at most")
    if style and style not in vocabulary.STYLES:
        raise TokenError(unknown("style", style, vocabulary.STYLES))
    if genre and genre not in vocabulary.GENRES:
        raise TokenError(unknown("genre", genre, vocabulary.GENRES))
    table, starts = _bars(score)
    place_in = _placer(table, starts)
    content: list[list[list[Event]]] = [[[] for _ in range(len(score.parts) + 1)] for _ in table]
    for chord in score.chords:
        bar, place = place_in(chord.start)
        _write_chord(content[bar][0], chord, int(table[bar, BAR_START]) + place, place)
    for lane, part in enumerate(score.parts, 1):
        write = _write_compact if is_compact and not part.is_drums else _write_part
        write(content, lane, part, place_in, table[:, (BAR_START, BAR_PLACE)].tolist())
    pitches = [note.pitch for part in score.parts if not part.is_drums for note in part.notes]
    flat = [event for row in content for cell in row for event in cell]
    events = np.array(flat, np.int32).reshape(-1, 3)
    lengths = [len(cell) for row in content for cell in row]
    return {
        "head": np.array(
            [vocabulary.START]
            + [vocabulary.COMPACT] * is_compact
            + ([vocabulary.STYLE + vocabulary.STYLES.index(style)] if style else []),
            np.int16,
        ),
        "programs": np.array(
            [vocabulary.DRUMS if part.is_drums else vocabulary.PROGRAM + part.program for part in score.parts], np.int16
        ),
        "bars": table,
        "ticks": np.array(starts, np.int64),
        "borders": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        "tokens": events[:, 0].astype(np.int16),
        "time": events[:, 1],
        "place": events[:, 2].astype(np.int16),
        "lane": np.array([bool(score.chords), derived]),
        "range": np.array([min(pitches, default=127), max(pitches, default=0)], np.int16),
        "genre": np.array([vocabulary.GENRE + vocabulary.GENRES.index(genre)] if genre else [], np.int16),
    }


def _bars(score: Score) -> tuple[Integers, list[int]]:
    """Rows of ``prepare``'s bars, and the first tick of each; long bars are cut, odd ones get a fitting meter."""
    all_bars = bars(score) or bars(Score(meters=score.meters, pickup=0, end=1))
    rows, starts, time = [], [], 0
    for bar in all_bars:
        ticks, place = bar.end - bar.start, bar.place
        if place and bar.meter.bar > vocabulary.LONGEST_BAR * vocabulary.UNIT:
            place = 0  # the pickup of a bar too long for the vocabulary
        offset = 0
        while offset < ticks:
            length = min(ticks - offset + place, vocabulary.LONGEST_BAR * vocabulary.UNIT)
            whole = place or (length == bar.meter.bar and offset == 0)
            meter = _meter_token(bar.meter, bar.meter.bar if whole else length)
            steps = (
                vocabulary.METERS[meter - vocabulary.METER][0] * 96 // vocabulary.METERS[meter - vocabulary.METER][1]
            )
            first = min(round(place / vocabulary.UNIT), steps - 1)
            rows.append([time, first, NO_TOKEN, meter, NO_TOKEN, NO_TOKEN, steps])
            starts.append(bar.start + offset)
            time += steps
            offset += length - place
            place = 0
    table = np.array(rows, np.int32)
    _mark(table, starts, score)
    return table, starts


def _meter_token(meter: Meter, ticks: int) -> int:
    """Token of a meter for a bar of so many ticks: the meter itself where it fits, else thirty-seconds at least."""
    named = (meter.numerator, meter.denominator)
    if meter.bar == ticks <= vocabulary.LONGEST_BAR * vocabulary.UNIT and named in vocabulary.METERS:
        return vocabulary.METER + vocabulary.METERS.index(named)
    thirty_seconds = min(max(1, round(ticks / 60)), vocabulary.LONGEST_BAR // 3)
    for denominator in (4, 8, 16, 32):
        if thirty_seconds * denominator % 32 == 0:
            return vocabulary.METER + vocabulary.METERS.index((thirty_seconds * denominator // 32, denominator))
    raise AssertionError("thirty-seconds always fit")


def _mark(table: Integers, starts: list[int], score: Score) -> None:
    """Write into each bar the key and tempo that hold when it begins, and the section that begins nearest to it."""

    def nearest_bar(tick: int) -> int:
        after = int(np.searchsorted(starts, tick))
        if after == 0 or (after < len(starts) and starts[after] - tick <= tick - starts[after - 1]):
            return min(after, len(starts) - 1)
        return after - 1

    for key in score.keys:
        table[nearest_bar(key.start) :, BAR_KEY] = vocabulary.KEY + vocabulary.key_index(key)
    for tempo in score.tempi:
        table[nearest_bar(tempo.start) :, BAR_TEMPO] = vocabulary.TEMPO + vocabulary.nearest(
            vocabulary.TEMPI, tempo.bpm
        )
    marked = {nearest_bar(section.start): section.label for section in score.sections}
    letters = list(dict.fromkeys(marked[bar] for bar in sorted(marked)))
    for bar, label in marked.items():
        table[bar, BAR_SECTION] = vocabulary.SECTION + min(letters.index(label), len(vocabulary.SECTION_NAMES) - 1)


def _placer(table: Integers, starts: list[int]) -> Callable[[int], tuple[int, int]]:
    """Function from a tick to (bar, place); the end of a bar, rounded, is the start of the next."""
    first, length = table[:, BAR_PLACE].tolist(), table[:, BAR_LENGTH].tolist()
    bar, count = 0, len(starts)

    def place_in(tick: int) -> tuple[int, int]:
        nonlocal bar
        while bar + 1 < count and starts[bar + 1] <= tick:
            bar += 1
        while bar and starts[bar] > tick:
            bar -= 1
        place = first[bar] + (tick - starts[bar] + vocabulary.UNIT // 2) // vocabulary.UNIT
        if place < length[bar]:
            return bar, place
        return (bar + 1, first[bar + 1]) if bar + 1 < count else (bar, length[bar] - 1)

    return place_in


def encoding_order(score: Score, is_compact: bool = True) -> list[list[tuple[int, int]]]:
    """For each part, the bar and the index in `Part.notes` of its notes, in the order in which its cells encode them.

    Examples
    --------
    >>> encoding_order(Score((Part("", (Note(0, 480, 64), Note(9, 240, 60), Note(1920, 480, 62))),)))
    [[(0, 0), (0, 1), (1, 2)]]
    """
    place_in = _placer(*_bars(score))
    return [[(bar, index) for bar, _, index in _ordered(part, place_in, is_compact)] for part in score.parts]


def _ordered(part: Part, place_in: Callable[[int], tuple[int, int]], is_compact: bool) -> list[tuple[int, int, int]]:
    """Bar, place and index of a part's notes, in the order of encoding; in the compact form long ones come first."""
    placed = [(*place_in(note.start), index) for index, note in enumerate(part.notes)]
    by_length = is_compact and not part.is_drums

    def order(each: tuple[int, int, int]) -> tuple[int, ...]:
        note = part.notes[each[2]]
        shorter = -_steps(note.duration) if by_length else 0
        return (each[0], each[1], shorter, note.pitch, note.duration, note.velocity)

    return sorted(placed, key=order)


def _write_part(
    content: list[list[list[Event]]],
    lane: int,
    part: Part,
    place_in: Callable[[int], tuple[int, int]],
    bar_starts: list[list[int]],
) -> None:
    """Write each note of a part into its cell."""
    previous, velocity = (-1, -1), vocabulary.USUAL_VELOCITY
    for bar, place, index in _ordered(part, place_in, False):
        note = part.notes[index]
        cell, start = content[bar][lane], bar_starts[bar][0] + place
        if bar != previous[0]:
            velocity = vocabulary.USUAL_VELOCITY
        if (bar, place) != previous:
            cell.append((vocabulary.PLACE + place, start, place))
        previous = (bar, place)
        velocity = _write_velocity(cell, note, velocity, start, place)
        if part.is_drums:
            cell.append((vocabulary.DRUM + note.pitch, start, place))
        else:
            cell.append((vocabulary.PITCH + note.pitch, start, place))
            _write_duration(cell, _steps(note.duration), start, place)


def _write_compact(
    content: list[list[list[Event]]],
    lane: int,
    part: Part,
    place_in: Callable[[int], tuple[int, int]],
    bar_starts: list[list[int]],
) -> None:
    """Write each note of a part into its cell: places only where a note does not follow on, durations once a chord."""
    notes = [
        (bar, place, _steps(part.notes[index].duration), index) for bar, place, index in _ordered(part, place_in, True)
    ]
    current, following, velocity = -1, -1, vocabulary.USUAL_VELOCITY
    for (bar, place, steps), chord in groupby(notes, key=lambda each: each[:3]):
        cell, (bar_start, first) = content[bar][lane], bar_starts[bar]
        if bar != current:
            current, following, velocity = bar, first, vocabulary.USUAL_VELOCITY
        start = bar_start + place
        if place != following:
            cell.append((vocabulary.PLACE + place, start, place))
        for *_, index in chord:
            velocity = _write_velocity(cell, part.notes[index], velocity, start, place)
            cell.append((vocabulary.PITCH + part.notes[index].pitch, start, place))
        _write_duration(cell, steps, start, place)
        following = place + steps


def _write_velocity(cell: list[Event], note: Note, before: int, time: int, place: int) -> int:
    """Write a note's velocity where it changes; returns it as preserved."""
    velocity = vocabulary.nearest(vocabulary.VELOCITIES, note.velocity)
    if vocabulary.VELOCITIES[velocity] != before:
        cell.append((vocabulary.VELOCITY + velocity, time, place))
    return vocabulary.VELOCITIES[velocity]


def _steps(duration: int) -> int:
    """A duration as preserved: that of the tokens of `_write_duration`, in steps."""
    steps = max(1, (duration + vocabulary.UNIT // 2) // vocabulary.UNIT)
    rest = steps % LONGEST or LONGEST
    return steps - rest + vocabulary.DURATIONS[vocabulary.nearest(vocabulary.DURATIONS, rest)]


def _write_duration(cell: list[Event], steps: int, time: int, place: int) -> None:
    """Write a duration as one token, or several that add up."""
    while steps > 0:
        step = min(steps, LONGEST)
        steps -= step
        time, place = time + step, min(place + step, vocabulary.LONGEST_BAR)
        cell.append((vocabulary.DURATION + vocabulary.DURATIONS.index(step), time, place))


def _write_chord(cell: list[Event], chord: Chord, time: int, place: int) -> None:
    """Write a chord symbol; of two at one place the later one is kept."""
    while cell and cell[-1][2] >= place:
        cell.pop()
    cell.append((vocabulary.PLACE + place, time, place))
    if chord.root == NO_CHORD:
        cell.append((vocabulary.NO_CHORD_TOKEN, time, place))
        return
    cell.append((vocabulary.CHORD + vocabulary.CHORDS.index((pitch_class(chord.root), chord.quality)), time, place))
    if chord.bass and pitch_class(chord.bass) != pitch_class(chord.root):
        cell.append((vocabulary.BASS + pitch_class(chord.bass), time, place))
