"""Standard MIDI files (types 0 and 1): bytes ⇄ Score.

The reader is our own: it has to count before it allocates and to name the track and the byte that are wrong.
The quick libraries wrap around silently at 2**31 ticks, the strict ones refuse much real music (symusic is
the reference in ``benchmarks/formats.py``). Bytes become events in `events`, tracks become parts in `parts`.

Reading
    Ticks are rescaled to 480 to the quarter by rounding start and *end*, so nothing drifts; a note shorter
    than a tick lasts one. A note-off ends the oldest note of its pitch, channel and track; a note without
    one lasts to the end of its track; where a pitch has fewer offs than ons, an off ends all its notes; all
    sound off (controller 120) and all notes off (123 to 127) end the notes of their channel. The sustain pedal (64)
    of a keyboard is kept (`Part.pedal`), and a note that is released while it is down lasts up to the next
    strike, or until it is up. Each track and channel is one part; a change of program within it begins another.
    Channel 10 is drums, and those that GS, XG or General MIDI 2 make so. Volume and pan are those at the first
    note, but a part that is faded in from nothing has the volume it comes to. Meters that no score can have
    (numerator 0 or above 64, denominator above 64), tempi of 0 or above 3000 and keys of more than seven signs
    are ignored. A first bar that is shorter than the next meter's becomes the pickup. An end of track
    up to 64 quarter notes after the last note is the end of the score.
Writing
    Type 1, 480 ticks to the quarter: a conductor track, then one track a part, in order, each on its own
    channel (10 for drums; above 15 pitched parts those of equal program share one, and above 15 programs
    channels repeat, so that players may confuse their sounds). Text events hold what MIDI has no event for:
    ``firmus: 1`` (layout of these marks), ``firmus: composer=Clara Schumann``,
    ``firmus: pickup=480 meter=3/4`` (ticks of the incomplete first bar, and the meter it belongs to; a short
    meter stands at tick 0 and the full one after it, so other programs put the barlines right) and
    ``chord: Bbm7/Db`` and ``key: D dorian``; sections are markers.
    After the parts, where a channel is free, the chord symbols follow as a track of volume 0, which is not read again.
    Lost: where notes of one pitch overlap within a part, the first to end is read as the first that began.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

from firmus.errors import FirmusError, FormatError
from firmus.formats.midi import chords, events
from firmus.formats.midi.parts import DRUM_CHANNEL, Scale, decoded, to_parts
from firmus.formats.midi.texts import in_utf8
from firmus.score import MAX_TICK, TICKS_PER_QUARTER, Chord, Key, Meter, Part, Score, Section, Tempo
from firmus.timing import beat, seconds

TITLE = "Standard MIDI file"
EXTENSIONS = (".mid", ".midi")
MEDIA_TYPE = "audio/midi"
MAX_SECONDS = 4 * 3600
MAX_PITCHED_CHANNELS = 15
_LONGEST_TAIL = 64 * TICKS_PER_QUARTER
_MARK = "firmus: "
_CHORD_MARK, _KEY_MARK = "chord: ", "key: "
_PICKUP = re.compile(r"firmus: pickup=(\d{1,6}) meter=(\d{1,2}/\d{1,2})")
_NO_TITLE = {
    "base", "conductor", "control", "drums", "map", "master", "midi", "new", "piano", "seq", "sequence", "song",
    "staff", "tempo", "track", "untitled",
}  # fmt: skip


def sniff(data: bytes) -> bool:
    """Whether bytes begin as a MIDI file does, plain or in a RIFF wrapping."""
    return events.looks_like_midi(data)


def read(data: bytes) -> list[Score]:
    """Read the one Score of a MIDI file.

    Raises
    ------
    FormatError
        Where the file is damaged, of type 2 or timed in film frames, holds no note, lasts more than four
        hours, or has more than 256 tracks, 200,000 notes or 2**31 - 1 ticks.
    """
    file = in_utf8(events.parse(data))
    try:
        return [_to_score(file)]
    except FormatError:
        raise
    except FirmusError as error:
        raise FormatError(f"MIDI file that makes no score: {error}") from None


def _to_score(file: events.File) -> Score:
    resolution = file.resolution

    def scale(tick: int) -> int:
        return (tick * 2 * TICKS_PER_QUARTER + resolution) // (2 * resolution)

    if scale(file.end) > MAX_TICK:
        raise FormatError(
            f"the piece lasts {file.end} ticks, {resolution} to the quarter: {MAX_TICK} of 480 are the most"
        )
    marks = _marks(file)
    by_firmus = any(mark.startswith(_MARK) for mark in marks)
    parts = to_parts(file, scale, by_firmus)
    if by_firmus and parts and (parts[-1].name, parts[-1].volume) == (chords.NAME, 0):
        parts.pop()
    last = max((part.end for part in parts), default=0)
    if not last and not by_firmus:
        raise FormatError("the MIDI file holds no note")
    end = scale(file.end)
    end = end if by_firmus or end - last <= _LONGEST_TAIL else last
    meters, pickup = _pickup(_meters(file, scale, end), marks, by_firmus)
    composers = (mark.partition("=")[2] for mark in marks if mark.startswith(f"{_MARK}composer="))
    score = Score(
        parts=tuple(parts),
        meters=tuple(meters),
        tempi=tuple(_tempi(file, scale, end)),
        keys=tuple(_keys(file, scale, end)),
        chords=tuple(_chords(file, scale, end)),
        sections=tuple(_sections(file, scale, end)),
        pickup=pickup,
        end=end,
        title=_title(file, parts, by_firmus),
        composer=next(composers, ""),
    )
    length = seconds(score, score.end)
    if length > MAX_SECONDS:
        raise FormatError(f"the piece lasts {length / 3600:.1f} hours: {MAX_SECONDS // 3600} are the most")
    return score


# Events of the whole piece


def _changes(file: events.File, kind: int, scale: Scale, end: int) -> dict[int, list[bytes]]:
    """Meta events of one kind up to the end, by tick; where tracks differ, the first one's."""
    changes: dict[int, list[bytes]] = {}
    for track in file.tracks:
        in_track: dict[int, list[bytes]] = defaultdict(list)
        for tick, each, content in track.metas:
            if each == kind and scale(tick) <= end:
                in_track[scale(tick)].append(content)
        changes = {**in_track, **changes}
    return dict(sorted(changes.items()))


def _meters(file: events.File, scale: Scale, end: int) -> list[Meter]:
    meters = {}
    for start, contents in _changes(file, events.METER, scale, end).items():
        for content in contents:
            if len(content) >= 2 and 1 <= content[0] <= 64 and content[1] <= 6:
                meters[start] = Meter(start, content[0], 1 << content[1])
    return list(meters.values())


def _tempi(file: events.File, scale: Scale, end: int) -> list[Tempo]:
    tempi = {}
    for start, contents in _changes(file, events.TEMPO, scale, end).items():
        for content in contents:
            microseconds = int.from_bytes(content)
            if len(content) == 3 and microseconds >= 20_000:
                tempi[start] = Tempo(start, _bpm(microseconds))
    return list(tempi.values())


def _bpm(microseconds: int) -> float:
    """Quarter notes a minute, with the fewest decimals that give the same microseconds again."""
    exact = 60_000_000 / microseconds
    for decimals in range(6):
        short = round(exact, decimals)
        if short and round(60_000_000 / short) == microseconds:
            return short
    return exact


def _keys(file: events.File, scale: Scale, end: int) -> list[Key]:
    keys = {}
    for start, contents in _changes(file, events.KEY, scale, end).items():
        for content in contents:
            if len(content) >= 2 and content[1] <= 1:
                sharps = int.from_bytes(content[:1], signed=True)
                if -7 <= sharps <= 7:
                    keys[start] = Key.from_signature(sharps, "minor" if content[1] else "major", start)
    for start, contents in _changes(file, events.TEXT, scale, end).items():
        for text in map(decoded, contents):
            if start in keys and text.startswith(_KEY_MARK):
                with suppress(FirmusError):
                    keys[start] = Key.parse(text.removeprefix(_KEY_MARK), start)
    return list(keys.values())


def _chords(file: events.File, scale: Scale, end: int) -> list[Chord]:
    symbols = {}
    for start, contents in _changes(file, events.TEXT, scale, end).items():
        for text in map(decoded, contents):
            if text.startswith(_CHORD_MARK):
                try:
                    symbols[start] = Chord.parse(text.removeprefix(_CHORD_MARK), start)
                except FirmusError:
                    continue
    return list(symbols.values())


def _sections(file: events.File, scale: Scale, end: int) -> list[Section]:
    sections = {}
    for start, contents in _changes(file, events.MARKER, scale, end).items():
        labels = [label for label in map(decoded, contents) if label]
        if labels:
            sections[start] = Section(start, labels[0][:100].strip())
    return list(sections.values())


def _marks(file: events.File) -> list[str]:
    """Texts at tick 0 of the first track; in a file written by Firmus the first begins with ``firmus:``."""
    if not file.tracks or file.tracks[0].number != 1:
        return []
    return [decoded(content) for tick, kind, content in file.tracks[0].metas if kind == events.TEXT and tick == 0]


def _pickup(meters: list[Meter], marks: list[str], by_firmus: bool) -> tuple[list[Meter], int]:
    """Meters without the short one that represents an incomplete first bar, and its ticks."""
    mark = next((match for match in map(_PICKUP.fullmatch, marks) if match), None)
    if by_firmus and not mark:
        return meters, 0
    first, second = [*meters, None, None][:2]
    starts_with_bar = first is not None and first.start == 0
    if mark:
        pickup, meter = int(mark[1]), Meter.parse(mark[2])
        if not starts_with_bar or not 0 < pickup < meter.bar:
            return meters, 0
        is_short = first is not None and first.bar == pickup
        is_repeated = is_short and second is not None and second.start == pickup and second.text == meter.text
        return [meter, *meters[2 if is_repeated else 1 :]], pickup
    if first and second and starts_with_bar and second.start == first.bar < second.bar:
        return [Meter(0, second.numerator, second.denominator), *meters[2:]], first.bar
    return meters, 0


def _title(file: events.File, parts: list[Part], by_firmus: bool) -> str:
    """Name of the first track, where that is the conductor or the only one and the name is no generic word."""
    if not file.tracks or file.tracks[0].number != 1:
        return ""
    track = file.tracks[0]
    name = next((decoded(content) for _, kind, content in track.metas if kind == events.TRACK_NAME), "")
    if by_firmus or (
        (not track.starts or len(file.tracks) == 1) and not set(re.findall(r"[^\W\d]+", name.lower())) <= _NO_TITLE
    ):
        return name
    return ""


# Writing


def write(score: Score, *, with_chord_track: bool = True) -> bytes:
    """Write a MIDI file of type 1.

    Parameters
    ----------
    score : Score
    with_chord_track : bool
        Write chord symbols also as a muted track.

    Raises
    ------
    FormatError
        Where the score has a tempo below 3.58 (MIDI has none) or lasts 2**28 ticks or more.

    Examples
    --------
    >>> from firmus.score import Note
    >>> score = Score((Part("Flute", (Note(0, 480, 72),), program=73),), title="One note")
    >>> read(write(score)) == [score]
    True
    """
    if score.end >= 1 << 28:
        raise FormatError(f"the piece ends at tick {score.end}: a MIDI file of ours holds {(1 << 28) - 1}")
    chunks = [events.chunk(sorted(_conductor(score), key=lambda event: event[0]), score.end)]
    numbers = channels(score.parts)
    for part, channel in zip(score.parts, numbers, strict=True):
        chunks.append(events.chunk(_part_events(part, channel), score.end))
    free = [channel for channel in range(16) if channel not in (*numbers, DRUM_CHANNEL)]
    if score.chords and free and with_chord_track:
        chunks.append(events.chunk(_part_events(chords.part(score), free[0]), score.end))
    return events.join(chunks, TICKS_PER_QUARTER)


def channels(parts: Iterable[Part]) -> list[int]:
    """MIDI channel, from 0, of each part as `write` gives it.

    Examples
    --------
    >>> channels([Part(), Part(is_drums=True), Part()])
    [0, 9, 1]
    """
    parts = list(parts)
    pitched = [index for index, part in enumerate(parts) if not part.is_drums]
    if len(pitched) <= MAX_PITCHED_CHANNELS:
        slot = {index: number for number, index in enumerate(pitched)}
    else:
        programs = list(dict.fromkeys(parts[index].program for index in pitched))
        slot = {index: programs.index(parts[index].program) % MAX_PITCHED_CHANNELS for index in pitched}
    free = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    return [free[slot[index]] if index in slot else DRUM_CHANNEL for index in range(len(parts))]


def _conductor(score: Score) -> Iterator[tuple[int, bytes]]:
    """Events of the first track: title, marks, tempi, meters, keys, chords, sections."""

    def text_event(kind: int, content: str) -> bytes:
        return events.meta(kind, content.encode(errors="replace"))

    if score.title:
        yield 0, text_event(events.TRACK_NAME, score.title)
    yield 0, text_event(events.TEXT, f"{_MARK}1")
    if score.composer:
        yield 0, text_event(events.TEXT, f"{_MARK}composer={score.composer}")
    if score.pickup:
        yield 0, text_event(events.TEXT, f"{_MARK}pickup={score.pickup} meter={score.meters[0].text}")
    for tempo in score.tempi:
        microseconds = round(60_000_000 / tempo.bpm)
        if microseconds > 0xFFFFFF:
            raise FormatError(f"tempo {tempo.bpm:g}: a MIDI file holds 3.58 quarter notes a minute or more")
        yield tempo.start, events.meta(events.TEMPO, microseconds.to_bytes(3))
    for meter in _written_meters(score):
        clocks = max(1, 24 * beat(meter) // TICKS_PER_QUARTER)
        content = bytes((meter.numerator, meter.denominator.bit_length() - 1, clocks, 8))
        yield meter.start, events.meta(events.METER, content)
    for key in score.keys:
        yield key.start, events.meta(events.KEY, bytes((key.signature % 256, key.mode == "minor")))
        if key.church_mode:
            yield key.start, text_event(events.TEXT, _KEY_MARK + key.text)
    for section in score.sections:
        yield section.start, text_event(events.MARKER, section.label)
    for chord in score.chords:
        yield chord.start, text_event(events.TEXT, _CHORD_MARK + chord.text)


def _written_meters(score: Score) -> list[Meter]:
    """Meters with a short one for the pickup, where a meter can be as short."""
    first, rest = score.meters[0], score.meters[1:]
    if not 0 < score.pickup <= score.end or (rest and rest[0].start < score.pickup):
        return [first, *rest]
    for denominator in (2**power for power in range(first.denominator.bit_length() - 1, 7)):
        numerator, remainder = divmod(score.pickup * denominator, 4 * TICKS_PER_QUARTER)
        if not remainder and numerator <= 64:
            repeated = [] if rest and rest[0].start == score.pickup else [(score.pickup, first)]
            full = [Meter(start, meter.numerator, meter.denominator) for start, meter in repeated]
            return [Meter(0, numerator, denominator), *full, *rest]
    return [first, *rest]


def _part_events(part: Part, channel: int) -> Iterator[tuple[int, bytes]]:
    """Events of one part's track in order; at one tick notes end before others begin."""
    if part.name:
        yield 0, events.meta(events.TRACK_NAME, part.name.encode(errors="replace"))
    yield 0, bytes((events.PROGRAM | channel, part.program))
    yield 0, bytes((events.CONTROL | channel, events.VOLUME, part.volume))
    yield 0, bytes((events.CONTROL | channel, events.PAN, part.pan))
    status, control = events.NOTE_ON | channel, events.CONTROL | channel
    moves = [(note.end, 0, bytes((status, note.pitch, 0))) for note in part.notes]
    moves += [(note.start, 1, bytes((status, note.pitch, note.velocity))) for note in part.notes]
    moves += [(up, 0, bytes((control, events.SUSTAIN, 0))) for _, up in part.pedal]
    moves += [(down, 1, bytes((control, events.SUSTAIN, 127))) for down, _ in part.pedal]
    moves.sort(key=lambda move: move[:2])
    yield from ((tick, event) for tick, _, event in moves)
