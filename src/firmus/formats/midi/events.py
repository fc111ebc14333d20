"""Standard MIDI file bytes ⇄ events, in the file's own ticks; `midi` interprets them.

Source: MIDI 1.0 Detailed Specification, "Standard MIDI Files 1.0" (MMA, RP-001, 1988-1996); the RIFF
wrapping (RMID) is RP-029. The reader goes once over the bytes and stores notes by columns. It tolerates
errors of real files where the music is unharmed (see `parse`), and counts before it allocates.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from firmus.errors import FormatError
from firmus.score import MAX_PARTS, MAX_TICK

MAX_TRACKS = MAX_PARTS + 1
MAX_NOTES = 200_000
MAX_CHANGES = 400_000

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, CHANNEL_PRESSURE = 0x80, 0x90, 0xB0, 0xC0, 0xD0
BANK, VOLUME, PAN, SUSTAIN = 0, 7, 10, 64
SOUND_OFF, MODE_MESSAGES = 120, range(123, 128)  # all sound off; all notes off, and modes that imply it
TEXT, TRACK_NAME, MARKER, PORT, END_OF_TRACK = 0x01, 0x03, 0x06, 0x21, 0x2F
TEMPO, METER, KEY = 0x51, 0x58, 0x59
_STORED_METAS = (TEXT, TRACK_NAME, MARKER, TEMPO, METER, KEY)
# System exclusive messages of Roland (GS), Yamaha (XG) and all (GM2), after their first byte.
GM2_ON, XG_ON, GS_PART = b"\x7e\x7f\x09\x03", b"\x43\x10\x4c\x00\x00\x7e", b"\x41\x10\x42\x12\x40"
_SYSTEM_STARTS = (GM2_ON, XG_ON, GS_PART)
_SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of system messages, which are invalid in files


@dataclass(slots=True)
class Track:
    """Events of one track chunk; ticks are the file's.

    Attributes
    ----------
    number : int
        Place among the file's track chunks, from 1.
    starts, ends, keys, velocities : list of int
        One entry a note, in order of note-on; a key is ``channel * 128 + pitch``, channels from 0.
    programs : list of (tick, channel, program)
    controls : list of (tick, channel, controller, value)
        Bank, volume, pan and sustain pedal only.
    systems : list of bytes
        System exclusive messages that say what is a drum channel.
    port : int
        The output that its channels belong to.
    metas : list of (tick, kind, content)
    end : int
        Tick of the end of the track.
    room : int
        Events other than notes that it may store.
    """

    number: int
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    velocities: list[int] = field(default_factory=list)
    programs: list[tuple[int, int, int]] = field(default_factory=list)
    controls: list[tuple[int, int, int, int]] = field(default_factory=list)
    metas: list[tuple[int, int, bytes]] = field(default_factory=list)
    systems: list[bytes] = field(default_factory=list)
    port: int = 0
    end: int = 0
    room: int = MAX_CHANGES

    @property
    def changes(self) -> int:
        """Stored events that are no notes."""
        return len(self.programs) + len(self.controls) + len(self.metas) + len(self.systems)


@dataclass(frozen=True, slots=True)
class File:
    """A parsed file: ticks to the quarter note, tracks that hold a note or a change, tick of the end."""

    resolution: int
    tracks: list[Track]
    end: int


class _Truncated(Exception):
    """The chunk ends in the middle of an event."""


def looks_like_midi(data: bytes) -> bool:
    """Whether bytes begin as a MIDI file does, plain or in a RIFF wrapping."""
    return data[:4] == b"MThd" or (data[:4] == b"RIFF" and data[8:12] == b"RMID")


def parse(data: bytes) -> File:
    """Read the events of a MIDI file.

    Tolerated: a wrong count of tracks, unknown chunks, a last chunk that is cut off (its complete events are
    read, where at least one other track is whole), a missing end of track, running status kept over a meta event,
    system messages, bytes after the last chunk.

    Raises
    ------
    FormatError
        With the track and the byte where it goes wrong.
    """
    offset = _unwrap(data)
    if data[offset : offset + 4] != b"MThd":
        raise FormatError(f"no MIDI file: it begins with {data[offset : offset + 4]!r}, and b'MThd' is needed")
    if len(data) < offset + 14:
        raise FormatError(f"MIDI header cut off: the file has {len(data)} bytes")
    size = int.from_bytes(data[offset + 4 : offset + 8])
    file_type, resolution = (
        int.from_bytes(data[offset + 8 : offset + 10]),
        int.from_bytes(data[offset + 12 : offset + 14]),
    )
    if size < 6:
        raise FormatError(f"MIDI header of {size} bytes: it must have 6")
    if file_type > 1:
        reason = "independent patterns (type 2) are not one piece" if file_type == 2 else "the header is damaged"
        raise FormatError(f"MIDI file of type {file_type}: types 0 and 1 are read; {reason}")
    if resolution == 0:
        raise FormatError("MIDI resolution of 0 ticks to the quarter note: it must be 1 to 32767")
    if resolution > 0x7FFF:
        raise FormatError("MIDI time in film frames (SMPTE): only ticks to the quarter note are read")
    tracks = _read_chunks(data, offset + 8 + size)
    end = max((track.end for track in tracks), default=0)
    return File(resolution, [track for track in tracks if track.starts or track.changes], end)


def _unwrap(data: bytes) -> int:
    """First byte of the MIDI file, inside its RIFF wrapping where it has one."""
    if data[:4] != b"RIFF":
        return 0
    offset = 12
    while offset + 8 <= len(data):
        if data[offset : offset + 4] == b"data":
            return offset + 8
        size = int.from_bytes(data[offset + 4 : offset + 8], "little")
        offset += 8 + size + size % 2
    raise FormatError("RIFF file without a 'data' chunk: there is no MIDI in it")


def _read_chunks(data: bytes, offset: int) -> list[Track]:
    """Every track chunk; of those that hold neither note nor change only the longest."""
    tracks: list[Track] = []
    empty = Track(0)
    number = complete = notes = changes = 0
    while offset + 8 <= len(data):
        name, size = data[offset : offset + 4], int.from_bytes(data[offset + 4 : offset + 8])
        offset += 8
        if name == b"MTrk":
            number += 1
            if offset + size < len(data) and not data[offset + size : offset + size + 4].isalnum():
                following = data.find(b"MTrk", offset + size)  # no chunk begins where this one says that it ends
                size = (following if following >= 0 else len(data)) - offset
            track = Track(number, room=MAX_CHANGES - changes)
            try:
                length = _read_track(data[offset : offset + size], offset, track, MAX_NOTES - notes)
                complete += 1
                if data[offset + length : offset + length + 4] == b"MTrk":
                    size = length  # the chunk says that it is longer than it is
            except _Truncated as cut:
                if offset + size <= len(data) or not complete:
                    raise FormatError(f"track {number}: {cut}") from None
            notes, changes = notes + len(track.starts), changes + track.changes
            if track.starts or track.changes:
                tracks.append(track)
            elif track.end > empty.end:
                empty = track
            if len(tracks) > MAX_TRACKS:
                raise FormatError(f"more than {MAX_TRACKS} tracks with events, at byte {offset}")
        elif not name.isalnum():
            following = data.find(b"MTrk", offset - 8)
            if following < 0:
                break
            offset, size = following, 0  # bytes that belong to no chunk
        offset += size
    if not number:
        raise FormatError("MIDI file without a track")
    return [*tracks, empty]


def _read_track(data: bytes, offset: int, track: Track, most_notes: int) -> int:
    """Read one chunk, which begins at byte `offset`; return how many of its bytes come before its end of track.

    Notes of one pitch are ended oldest first. Where a pitch has fewer offs than ons (two voices of a keyboard
    that meet on a key, written with one off), that would shift every later end; its offs then end all.
    """
    try:
        length, unended = _read_events(data, offset, track, most_notes)
        if unended:
            for column in (track.starts, track.ends, track.keys, track.velocities):
                column.clear()
            for changes in (track.programs, track.controls, track.metas, track.systems):
                changes.clear()
            _read_events(data, offset, track, most_notes, unended)
    except IndexError:
        end = offset + len(data)
        raise _Truncated(f"it ends in the middle of an event, at byte {end}; is the file cut off?") from None
    finally:
        track.ends[:] = [track.end if end < 0 else end for end in track.ends]
    if track.end > MAX_TICK:
        raise FormatError(f"track {track.number} lasts {track.end} ticks: {MAX_TICK} is the most")
    return length


def _read_events(
    data: bytes, offset: int, track: Track, most_notes: int, ended_at_once: frozenset[int] = frozenset()
) -> tuple[int, frozenset[int]]:
    """Read events up to the end of track or of the bytes; how many bytes, and the keys that still sound there.

    An `IndexError` says that the bytes end in the middle of an event.
    """
    starts, ends, keys, velocities = track.starts, track.ends, track.keys, track.velocities
    sounding: dict[int, deque[int]] = {}
    position = tick = status = 0
    is_last = False
    try:
        while position < len(data) and not is_last:
            byte = data[position]
            position += 1
            if byte > 127:
                byte, position = _quantity(data, position - 1, offset, track.number)
            tick += byte
            byte = data[position]
            if byte > 127:
                position += 1
                if byte >= 0xF0:
                    position, is_last = _read_system(data, position, tick, track, offset)
                    continue
                status = byte
            kind = status & 0xF0
            single = kind in (PROGRAM, CHANNEL_PRESSURE)
            first, second = data[position], 0 if single else data[position + 1]
            if first | second > 127 or not status:
                raise FormatError(_misplaced(data, position, offset, track.number, status))
            position += 1 if single else 2
            if kind not in (NOTE_ON, NOTE_OFF):
                _store_change(track, (tick, status, first, second), sounding)
                continue
            key = (status & 15) << 7 | first
            if kind == NOTE_ON and second:
                sounding.setdefault(key, deque()).append(len(starts))
                starts.append(tick)
                ends.append(-1)
                keys.append(key)
                velocities.append(second)
                if len(starts) > most_notes:
                    raise FormatError(f"more than {MAX_NOTES:,} notes, in track {track.number}")
            elif open_notes := sounding.get(key):
                ends[open_notes.popleft()] = tick
                while open_notes and key in ended_at_once:
                    ends[open_notes.popleft()] = tick
    finally:
        track.end = tick
    return position, frozenset(key for key, open_notes in sounding.items() if open_notes)


def _end_notes(track: Track, sounding: dict[int, deque[int]], tick: int, channel: int) -> None:
    """End the notes of a channel that began before a tick."""
    for key, open_notes in sounding.items():
        while key >> 7 == channel and open_notes and track.starts[open_notes[0]] < tick:
            track.ends[open_notes.popleft()] = tick


def _quantity(data: bytes, position: int, offset: int, number: int) -> tuple[int, int]:
    """Variable-length quantity of at most four bytes, and the place after it."""
    value = 0
    for index in range(position, position + 4):
        byte = data[index]
        value = value << 7 | byte & 127
        if byte < 128:
            return value, index + 1
    raise FormatError(f"track {number}, byte {offset + position}: a number of more than four bytes")


def _misplaced(data: bytes, position: int, offset: int, number: int, status: int) -> str:
    where = f"track {number}, byte {offset + position}"
    if not status:
        return f"{where}: data byte {data[position]} before any event has begun"
    return f"{where}: status byte in the middle of an event; is the file damaged?"


def _store_change(track: Track, event: tuple[int, int, int, int], sounding: dict[int, deque[int]]) -> None:
    """Store a program, or a controller that a Score represents; one that silences a channel ends its notes."""
    tick, status, first, second = event
    kind, channel = status & 0xF0, status & 15
    if kind == PROGRAM:
        track.programs.append((tick, channel, first))
    elif kind == CONTROL and first in (BANK, VOLUME, PAN, SUSTAIN):
        track.controls.append((tick, channel, first, second))
    elif kind == CONTROL and (first == SOUND_OFF or first in MODE_MESSAGES):
        _end_notes(track, sounding, tick, channel)
    _count(track)


def _count(track: Track) -> None:
    if track.changes > track.room:
        raise FormatError(f"more than {MAX_CHANGES:,} changes, in track {track.number}")


def _read_system(data: bytes, position: int, tick: int, track: Track, offset: int) -> tuple[int, bool]:
    """Read the meta or system event whose status byte stands before `position`; the place after it, whether it ends."""
    status = data[position - 1]
    if status not in (0xF0, 0xF7, 0xFF):
        return position + _SYSTEM_DATA.get(status, 0), False
    kind = -1
    if status == 0xFF:
        kind = data[position]
        position += 1
    size, position = _quantity(data, position, offset, track.number)
    if kind == END_OF_TRACK:
        return position + size, True
    if position + size > len(data):
        raise IndexError
    content = data[position : position + size]
    if kind == PORT and content:
        track.port = content[0]
    elif kind in _STORED_METAS:
        track.metas.append((tick, kind, content))
        _count(track)
    elif status == 0xF0 and len(content) < 16 and content.startswith(_SYSTEM_STARTS):
        track.systems.append(content)
        _count(track)
    return position + size, False


def quantity(value: int) -> bytes:
    """Write a variable-length quantity, 0 to 2**28 - 1.

    Examples
    --------
    >>> quantity(480).hex()
    '8360'
    """
    out = [value & 127]
    while value := value >> 7:
        out.append(value & 127 | 128)
    return bytes(reversed(out))


def meta(kind: int, content: bytes) -> bytes:
    """Write a meta event, without its delta time."""
    return bytes((0xFF, kind)) + quantity(len(content)) + content


def chunk(events: Iterable[tuple[int, bytes]], end: int) -> bytes:
    """Write one track chunk from events in order of tick, with running status; the track ends at `end`."""
    out = bytearray()
    last_tick = status = 0
    for tick, event in events:
        out += quantity(tick - last_tick)
        last_tick = tick
        running = event[0] == status and status < 0xF0
        status = event[0]
        out += event[1:] if running else event
    out += quantity(max(end, last_tick) - last_tick) + meta(END_OF_TRACK, b"")
    return b"MTrk" + len(out).to_bytes(4) + bytes(out)


def join(chunks: list[bytes], resolution: int) -> bytes:
    """Write a file of type 1 from its track chunks."""
    head = (1).to_bytes(2) + len(chunks).to_bytes(2) + resolution.to_bytes(2)
    return b"MThd" + len(head).to_bytes(4) + head + b"".join(chunks)
