"""One part as measures of written values: chords and rests by staff and voice, with ties, beams, accidentals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from firmus.notation.grand_staff import is_pedal
from firmus.notation.layout import Clef, Staff, WrittenChord, staves
from firmus.notation.quantisation import drum_times, quantised
from firmus.notation.rhythm import FLAGS, Span, Value, beam_groups, spans, values
from firmus.notation.spelling import Accidentals, Spelling
from firmus.score import Key, Note, Part, Score
from firmus.timing import Bar


@dataclass(slots=True)
class Segment:
    """A written value: a chord, or a rest where `chord` is None; `hidden` rests are not printed."""

    value: Value
    chord: WrittenChord | None = None
    number: int = 0  # which of the tied segments of its chord
    tied_from: bool = False
    tied_to: bool = False
    hidden: bool = False
    whole_bar: bool = False
    tuplet_starts: bool = False
    tuplet_stops: bool = False
    beams: tuple[str, ...] = ()
    accidentals: frozenset[int] = frozenset()  # notes of the part that show one


@dataclass(slots=True)
class Measure:
    """One bar of a part: voices by (staff, voice), both from 1."""

    bar: Bar
    clefs: list[Clef]
    voices: dict[tuple[int, int], list[Segment]] = field(default_factory=dict)


@dataclass(slots=True)
class PartLayout:
    """The layout of a part, or of the parts that one player reads from braced staves.

    Attributes
    ----------
    parts : tuple of int
        Their places in the Score.
    first_staves : tuple of int
        Number of the first staff of each, from 1.
    notes, ids : list
        The notes of all, and of each its part's place and its own place in that part; everything else, such as
        `WrittenChord.notes`, `times` and `spelling`, counts in this list.
    """

    parts: tuple[int, ...]
    is_drums: bool
    first_staves: tuple[int, ...]
    staves: int
    measures: list[Measure]
    notes: list[Note]
    ids: list[tuple[int, int]]
    times: list[tuple[int, int]]
    spelling: list[Spelling]


def lay_out(score: Score, parts: Sequence[int], bars: Sequence[Bar], names: Sequence[Sequence[Spelling]]) -> PartLayout:
    """Lay out one part, or the parts of one player (`firmus.notation.grand_staff`); `names` as from `spell`."""
    chosen = [score.parts[index] for index in parts] or [Part()]
    is_drums = chosen[0].is_drums
    notes = [note for part in chosen for note in part.notes]
    ids = [(index, place) for index in parts for place in range(len(score.parts[index].notes))]
    times = drum_times(notes, bars) if is_drums else quantised([(note.start, note.end) for note in notes], bars)
    all_staves: list[Staff] = []
    first_staves, offset = [], 0
    for member, part in enumerate(chosen):
        stop = offset + len(part.notes)
        manual = member == 0 and len(chosen) == 2 and is_pedal(chosen[1])
        own = staves(part, times[offset:stop], bars, one_hand=len(chosen) > 1 and not manual)
        for chord in (chord for staff in own for chord in staff.chords):
            chord.notes = [offset + note for note in chord.notes]
        first_staves.append(len(all_staves) + 1)
        all_staves += own
        offset = stop
    spelling = [name for index in parts for name in names[index]]
    measures = [Measure(bar, [staff.clefs[index] for staff in all_staves]) for index, bar in enumerate(bars)]
    for number, staff in enumerate(all_staves, 1):
        _fill(measures, number, staff)
    signatures = _signatures(score.keys, bars)
    for measure, signature in zip(measures, signatures, strict=True):
        for segments in measure.voices.values():
            _beam(segments, measure.bar)
        if not is_drums:
            for number in range(1, len(all_staves) + 1):
                _mark_accidentals(measure, number, spelling, signature)
    return PartLayout(
        tuple(parts), is_drums, tuple(first_staves), len(all_staves), measures, notes, ids, times, spelling
    )


def _signatures(keys: Sequence[Key], bars: Sequence[Bar]) -> list[int]:
    starts = [key.start for key in keys]
    signatures = []
    for bar in bars:
        index = bisect_right(starts, bar.start) - 1
        signatures.append(keys[index].signature if index >= 0 else 0)
    return signatures


# -- accidentals ----------------------------------------------------------------------------------------------


def _mark_accidentals(measure: Measure, staff: int, spelling: Sequence[Spelling], signature: int) -> None:
    state = Accidentals(signature)
    segments = [
        segment
        for (number, _), voice in measure.voices.items()
        if number == staff
        for segment in voice
        if segment.chord is not None and not segment.tied_from
    ]
    for segment in sorted(segments, key=lambda each: each.value.start):
        notes = segment.chord.notes if segment.chord else []
        segment.accidentals = frozenset(note for note in notes if state.needed(*spelling[note]))


# -- voices of a bar ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _ChordInBar:
    """The part of a chord in one bar."""

    start: int
    end: int
    chord: WrittenChord


def _fill(measures: Sequence[Measure], number: int, staff: Staff) -> None:
    starts = [measure.bar.start for measure in measures]
    pieces: list[dict[int, list[_ChordInBar]]] = [{} for _ in measures]
    for chord in staff.chords:
        index, tick = bisect_right(starts, chord.start) - 1, chord.start
        while tick < chord.end and index < len(measures):
            stop = min(chord.end, measures[index].bar.end)
            pieces[index].setdefault(chord.voice, []).append(_ChordInBar(tick, stop, chord))
            tick, index = stop, index + 1
    segment_counts: dict[int, int] = {}
    for measure, voices in zip(measures, pieces, strict=True):
        for voice in sorted({1, *voices}):
            measure.voices[number, voice] = _segments(measure.bar, voices.get(voice, []), voice > 1, segment_counts)


def _segments(bar: Bar, pieces: list[_ChordInBar], hidden: bool, segment_counts: dict[int, int]) -> list[Segment]:
    """Values of one voice in one bar, its gaps filled with rests."""
    if not pieces and bar.end - bar.start == bar.meter.bar:
        return [Segment(Value(bar.start, bar.end, "whole", 0), whole_bar=True)]
    points = [point for piece in pieces for point in (piece.start, piece.end)]
    all_spans = spans(bar, points)
    segments: list[Segment] = []
    tick = bar.start
    for piece in pieces:
        if tick < piece.start:
            segments.extend(_rests(tick, piece.start, bar, all_spans, hidden))
        written = values(piece.start, piece.end, bar, all_spans, rest=False)
        for value in written:
            number = segment_counts.get(id(piece.chord), 0)
            segment_counts[id(piece.chord)] = number + 1
            last = value is written[-1] and piece.end == piece.chord.end
            segments.append(Segment(value, piece.chord, number, tied_from=number > 0, tied_to=not last))
        tick = piece.end
    if tick < bar.end:
        segments.extend(_rests(tick, bar.end, bar, all_spans, hidden))
    _mark_tuplets(segments)
    return segments


def _rests(start: int, end: int, bar: Bar, all_spans: Sequence[Span], hidden: bool) -> list[Segment]:
    written = values(start, end, bar, all_spans, rest=True)
    return [Segment(value, hidden=hidden and value.span is None) for value in written]


def _mark_tuplets(segments: list[Segment]) -> None:
    for index, segment in enumerate(segments):
        span = segment.value.span
        if span is not None:
            segment.tuplet_starts = index == 0 or segments[index - 1].value.span is not span
            segment.tuplet_stops = index + 1 == len(segments) or segments[index + 1].value.span is not span


# -- beams ----------------------------------------------------------------------------------------------------


def _beam(segments: list[Segment], bar: Bar) -> None:
    """Join short notes by beams, beat by beat, tuplet by tuplet; rests break them."""
    group: list[Segment] = []
    current = -1
    for segment in segments:
        flags = FLAGS.get(segment.value.name, 0)
        group_start = _beam_place(segments, segment, bar) if segment.chord is not None and flags else -1
        if group_start != current or group_start < 0:
            _join(group)
            group, current = [], group_start
        if group_start >= 0:
            group.append(segment)
    _join(group)


def _beam_place(segments: list[Segment], segment: Segment, bar: Bar) -> int:
    edges = beam_groups(bar, plain_eighths=True)
    index = bisect_right(edges, segment.value.start) - 1
    start, end = edges[index], edges[index + 1] if index + 1 < len(edges) else bar.end
    inside = [each for each in segments if start <= each.value.start < end]
    if all(each.value.name == "eighth" and each.chord and not each.value.span for each in inside):
        return start
    edges = beam_groups(bar, plain_eighths=False)
    start = edges[bisect_right(edges, segment.value.start) - 1]
    return segment.value.span.start if segment.value.span else start


def _join(group: list[Segment]) -> None:
    if len(group) < 2:
        return
    flags = [FLAGS[segment.value.name] for segment in group]
    for index, segment in enumerate(group):
        beams = []
        for level in range(1, flags[index] + 1):
            left = index > 0 and flags[index - 1] >= level
            right = index + 1 < len(group) and flags[index + 1] >= level
            beams.append(_beam_word(left, right, index, group))
        segment.beams = tuple(beams)


def _beam_word(left: bool, right: bool, index: int, group: list[Segment]) -> str:
    if left and right:
        return "continue"
    if left or right:
        return "end" if left else "begin"
    if index == 0:
        return "forward hook"
    if index + 1 == len(group):
        return "backward hook"
    value = group[index].value
    length = value.end - value.start
    return "forward hook" if (value.start - group[0].value.start) % (2 * length) == 0 else "backward hook"
