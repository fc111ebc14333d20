"""Tracks of a MIDI file → parts: channels and programs apart, ticks rescaled, the sustain pedal baked in."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator

from firmus.formats.midi import events
from firmus.score import MAX_TICK, Note, Part

DRUM_CHANNEL = 9
LONGEST_TEXT = 1000

Scale = Callable[[int], int]


def to_parts(file: events.File, scale: Scale, by_firmus: bool) -> list[Part]:
    """One part for each track, channel and program with notes; in a file written by Firmus one for each track."""
    pedals = _pedals(file)
    programs = {channel: program for _, channel, program in sorted(_all_programs(file), reverse=True)}
    parts: list[Part] = []
    for track in file.tracks:
        name = _name(track, by_firmus)
        if by_firmus and track.number > 1 and not track.starts and track.programs:
            parts.append(_part(track, name, *track.programs[0][1:], ()))
        by_channel = _by_channel(track)
        if len(by_channel) > 1 and len(file.tracks) == 1:
            name = ""  # it names the piece
        for channel, indices in by_channel:
            ends = _sustained(track, indices, pedals.get(channel)) if channel != DRUM_CHANNEL else track.ends
            for program, chosen in _by_program(track, channel, indices, programs.get(channel, 0)):
                parts.append(_part(track, name, channel, program, _notes(track, chosen, ends, scale)))
    return parts


def _all_programs(file: events.File) -> Iterator[tuple[int, int, int]]:
    for track in file.tracks:
        yield from track.programs


def _by_channel(track: events.Track) -> list[tuple[int, list[int]]]:
    """Channels of a track's notes in rising order, each with the indices of its notes."""
    by_channel: dict[int, list[int]] = defaultdict(list)
    for index, key in enumerate(track.keys):
        by_channel[key >> 7].append(index)
    return sorted(by_channel.items())


def _by_program(track: events.Track, channel: int, indices: list[int], default: int) -> list[tuple[int, list[int]]]:
    """Programs under which notes of a channel begin, in order of use; drums keep their first one."""
    changes = [(tick, program) for tick, other, program in track.programs if other == channel]
    if len(changes) <= 1 or channel == DRUM_CHANNEL:
        late = changes and changes[0][0] > track.starts[indices[0]] and channel != DRUM_CHANNEL
        if not late:
            return [(changes[0][1] if changes else default, indices)]
    ticks = [tick for tick, _ in changes]
    by_program: dict[int, list[int]] = defaultdict(list)
    for index in indices:
        change = bisect_left(ticks, track.starts[index] + 1) - 1
        by_program[changes[change][1] if change >= 0 else 0].append(index)
    return list(by_program.items())


def _notes(track: events.Track, indices: list[int], ends: list[int], scale: Scale) -> tuple[Note, ...]:
    starts, keys, velocities = track.starts, track.keys, track.velocities
    notes = []
    for index in indices:
        start = scale(starts[index])
        notes.append(Note(start, max(1, scale(ends[index]) - start), keys[index] & 127, velocities[index]))
    return tuple(notes)


def _name(track: events.Track, by_firmus: bool) -> str:
    """Name of a track, without what LilyPond puts around it (``upper:``)."""
    names = (decoded(content) for _, kind, content in track.metas if kind == events.TRACK_NAME)
    name = next(names, "")
    return name if by_firmus else name.removeprefix("\\new:").removesuffix(":").strip()


def _part(track: events.Track, name: str, channel: int, program: int, notes: tuple[Note, ...]) -> Part:
    first = min((start for start, key in zip(track.starts, track.keys, strict=True) if key >> 7 == channel), default=0)
    settings = {events.VOLUME: 100, events.PAN: 64}
    for tick, other, controller, value in track.controls:
        if other == channel and tick <= first and controller in settings:
            settings[controller] = value
    return Part(
        name=name,
        notes=notes,
        program=program,
        is_drums=channel == DRUM_CHANNEL,
        volume=settings[events.VOLUME],
        pan=settings[events.PAN],
    )


# Sustain pedal


def _pedals(file: events.File) -> dict[int, list[tuple[int, int]]]:
    """Spans (down, up) of the sustain pedal by channel, in order; a pedal left down goes up at the end."""
    moves: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for track in file.tracks:
        for tick, channel, controller, value in track.controls:
            if controller == events.SUSTAIN:
                moves[channel].append((tick, value >= 64))
    spans: dict[int, list[tuple[int, int]]] = {}
    last = max((end for track in file.tracks for end in track.ends), default=0) if moves else 0
    for channel, changes in moves.items():
        changes.sort(key=lambda move: move[0])
        down = -1
        spans[channel] = []
        for tick, pressed in [*changes, (last, False)]:
            if pressed and down < 0:
                down = tick
            elif not pressed and down >= 0:
                spans[channel].append((down, max(down, tick)))
                down = -1
    return spans


def _sustained(track: events.Track, indices: list[int], spans: list[tuple[int, int]] | None) -> list[int]:
    """Ends of a track's notes, those of one channel prolonged by its pedal."""
    if not spans:
        return track.ends
    ends = list(track.ends)
    downs = [down for down, _ in spans]
    next_start: dict[int, int] = {}
    for note in reversed(indices):
        end, key = ends[note], track.keys[note]
        index = bisect_left(downs, end) - 1
        if index >= 0 and spans[index][1] > end:
            ends[note] = max(end, min(spans[index][1], next_start.get(key, MAX_TICK)))
        next_start[key] = track.starts[note]
    return ends


def decoded(content: bytes) -> str:
    """Text of a meta event: UTF-8, else Latin-1, without control characters and outer blanks."""
    content = content[: 4 * LONGEST_TEXT]
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).strip()[:LONGEST_TEXT]
