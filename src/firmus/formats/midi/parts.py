"""Tracks of a MIDI file → parts: channels and programs apart, ticks rescaled, the sustain pedal baked in."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from firmus.formats.midi import events
from firmus.score import MAX_TICK, Note, Part

DRUM_CHANNEL = 9
LONGEST_TEXT = 1000
WITH_PEDAL = {*range(9), 11}  # programs of keyboards with dampers, and the vibraphone
_GM2_RHYTHM, _GM2_MELODY, _XG_RHYTHM = 120, 121, (126, 127)  # banks
_GS_RHYTHM = b"\x15"

Scale = Callable[[int], int]
Channel = tuple[int, int]  # port, channel


def to_parts(file: events.File, scale: Scale, by_firmus: bool) -> list[Part]:
    """One part for each track, channel and program with notes; in a file written by Firmus one for each track."""
    pedals = _pedals(file)
    drums = _drum_channels(file)
    programs = {channel: program for _, channel, program in sorted(_all_programs(file), reverse=True)}
    parts: list[Part] = []
    for track in file.tracks:
        name = _name(track, by_firmus)
        if by_firmus and track.number > 1 and not track.starts and track.programs:
            _, number, program = track.programs[0]
            parts.append(_part(track, name, number, Part(program=program, is_drums=number == DRUM_CHANNEL)))
        by_channel = _by_channel(track)
        if len(by_channel) > 1 and len(file.tracks) == 1:
            name = ""  # it names the piece
        for number, indices in by_channel:
            channel = track.port, number
            is_drums = channel in drums
            for program, chosen in _by_program(track, number, indices, programs.get(channel, 0), is_drums):
                spans = pedals.get(channel, []) if not is_drums and (by_firmus or program in WITH_PEDAL) else []
                ends = track.ends if by_firmus else _sustained(track, chosen, spans)
                notes = _notes(track, chosen, ends, scale)
                pedal = _scaled(spans, scale, notes)
                parts.append(_part(track, name, number, Part("", notes, program, is_drums, pedal=pedal)))
    return parts


def _drum_channels(file: events.File) -> set[Channel]:
    """Channels of drums: the tenth, and those that GS, XG and General MIDI 2 make so."""
    ports = {track.port for track in file.tracks}
    drums = {(port, DRUM_CHANNEL) for port in ports}
    for track in file.tracks:
        for message in track.systems:
            if message.startswith(events.GS_PART) and message[6:7] == _GS_RHYTHM:
                block = message[5] & 15
                channel = track.port, DRUM_CHANNEL if block == 0 else block - 1 if block < 10 else block
                (drums.add if message[7] else drums.discard)(channel)
    systems = {message for track in file.tracks for message in track.systems}
    is_xg, is_gm2 = (any(each.startswith(start) for each in systems) for start in (events.XG_ON, events.GM2_ON))
    banks = {  # the first of each channel
        (track.port, channel): value
        for track in reversed(file.tracks)
        for _, channel, controller, value in reversed(track.controls)
        if controller == events.BANK
    }
    for channel, bank in banks.items():
        if bank == _GM2_RHYTHM or (is_xg and bank in _XG_RHYTHM):
            drums.add(channel)
        elif is_gm2 and bank == _GM2_MELODY:
            drums.discard(channel)
    return drums


def _all_programs(file: events.File) -> Iterator[tuple[int, Channel, int]]:
    for track in file.tracks:
        yield from ((tick, (track.port, channel), program) for tick, channel, program in track.programs)


def _by_channel(track: events.Track) -> list[tuple[int, list[int]]]:
    """Channels of a track's notes in rising order, each with the indices of its notes."""
    by_channel: dict[int, list[int]] = defaultdict(list)
    for index, key in enumerate(track.keys):
        by_channel[key >> 7].append(index)
    return sorted(by_channel.items())


def _by_program(
    track: events.Track, channel: int, indices: list[int], default: int, is_drums: bool
) -> list[tuple[int, list[int]]]:
    """Programs under which notes of a channel begin, in order of use; drums keep their first one."""
    changes = [(tick, program) for tick, other, program in track.programs if other == channel]
    if len(changes) <= 1 or is_drums:
        late = changes and changes[0][0] > track.starts[indices[0]] and not is_drums
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


def _part(track: events.Track, name: str, channel: int, part: Part) -> Part:
    """Complete a part by its name, and its volume and pan at its first note."""
    first = min((start for start, key in zip(track.starts, track.keys, strict=True) if key >> 7 == channel), default=0)
    settings = {events.VOLUME: 100, events.PAN: 64}
    for tick, other, controller, value in track.controls:
        if other != channel or controller not in settings:
            continue
        fades_in = controller == events.VOLUME and settings[controller] == 0 and value > 0
        if tick <= first or fades_in:
            settings[controller] = value
    return replace(part, name=name, volume=settings[events.VOLUME], pan=settings[events.PAN])


# Sustain pedal


def _pedals(file: events.File) -> dict[Channel, list[tuple[int, int]]]:
    """Spans (down, up) of the sustain pedal by channel, in order; a pedal left down goes up at the end."""
    moves: dict[Channel, list[tuple[int, bool]]] = defaultdict(list)
    for track in file.tracks:
        for tick, number, controller, value in track.controls:
            if controller == events.SUSTAIN:
                moves[track.port, number].append((tick, value >= 64))
    spans: dict[Channel, list[tuple[int, int]]] = {}
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


def _sustained(track: events.Track, indices: list[int], spans: list[tuple[int, int]]) -> list[int]:
    """Ends of a track's notes; those that end while the pedal is down last up to the next strike of their part."""
    if not spans:
        return track.ends
    ends = list(track.ends)
    downs = [down for down, _ in spans]
    strikes = [track.starts[note] for note in indices]
    for note in indices:
        span = bisect_left(downs, ends[note]) - 1
        if span >= 0 and spans[span][1] > ends[note]:
            following = bisect_left(strikes, ends[note])
            strike = strikes[following] if following < len(strikes) else MAX_TICK
            ends[note] = min(spans[span][1], strike)
    return ends


def _scaled(spans: list[tuple[int, int]], scale: Scale, notes: tuple[Note, ...]) -> tuple[tuple[int, int], ...]:
    """Spans of the pedal in ticks of the Score, those in which a note sounds."""
    first, last = notes[0].start, max(note.end for note in notes)
    scaled = [(scale(down), scale(up)) for down, up in spans]
    return tuple((down, up) for down, up in scaled if down < min(up, last) and up > first)


def decoded(content: bytes) -> str:
    """Text of a meta event, which `texts.in_utf8` has recoded, without control characters and outer blanks."""
    text = content[: 4 * LONGEST_TEXT].decode(errors="ignore")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).strip()[:LONGEST_TEXT]
