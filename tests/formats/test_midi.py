"""MIDI: what is written is read again; what real and hostile files do is answered as the module says."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st

from firmus.errors import FormatError
from firmus.formats import midi
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
from firmus.timing import bars, seconds
from processor import within
from strategies import parts, scores

END = "00 ff 2f 00"


def chunk(*events: str | bytes, name: bytes = b"MTrk", size: int | None = None) -> bytes:
    body = b"".join(bytes.fromhex(event) if isinstance(event, str) else event for event in events)
    return name + (len(body) if size is None else size).to_bytes(4) + body


def midi_file(*chunks: bytes, kind: int = 1, resolution: int = 480, tracks: int | None = None) -> bytes:
    count = len(chunks) if tracks is None else tracks
    return b"MThd" + (6).to_bytes(4) + b"".join(n.to_bytes(2) for n in (kind, count, resolution)) + b"".join(chunks)


def one(data: bytes) -> Score:
    (score,) = midi.read(data)
    return score


def of_events(*events: str | bytes, resolution: int = 480) -> Score:
    return one(midi_file(chunk(*events, END), kind=0, resolution=resolution))


def shape(score: Score) -> list[list[tuple[int, int, int]]]:
    return [[(note.start, note.end, note.pitch) for note in part.notes] for part in score.parts]


# Round trip


@settings(max_examples=150, deadline=None)
@given(scores(max_parts=6))
def test_what_is_written_is_read(score: Score) -> None:
    assert midi.read(midi.write(score)) == [score]


@settings(max_examples=30, deadline=None)
@given(st.lists(parts(max_notes=2, length=480), min_size=14, max_size=30))
def test_more_parts_than_channels_keep_their_notes(drawn: list[Part]) -> None:
    score = Score(tuple(drawn))
    assert one(midi.write(score)).parts == score.parts


def test_256_parts_are_written_and_read() -> None:
    score = Score(tuple(Part(str(n), (Note(n, 10, n % 128),), program=n % 128) for n in range(256)))
    assert midi.read(midi.write(score)) == [score]


@settings(max_examples=50, deadline=None)
@given(scores(max_parts=2, overlaps=True))
def test_overlapping_notes_keep_onsets_and_what_sounds(score: Score) -> None:
    again = one(midi.write(score))
    for part, other in zip(score.parts, again.parts, strict=True):
        onsets = [sorted((n.start, n.pitch, n.velocity) for n in each.notes) for each in (part, other)]
        assert onsets[0] == onsets[1]
        assert Counter((n.end, n.pitch) for n in part.notes) == Counter((n.end, n.pitch) for n in other.notes)


@settings(max_examples=50, deadline=None)
@given(scores(min_parts=1, max_parts=3))
def test_other_readers_find_our_notes(score: Score) -> None:
    theirs = symusic.Score.from_midi(midi.write(score, with_chord_track=False))
    expected = Counter((n.start, n.end, n.pitch, n.velocity) for part in score.parts for n in part.notes)
    assert Counter((n.start, n.end, n.pitch, n.velocity) for t in theirs.tracks for n in t.notes) == expected


def test_everything_a_score_has() -> None:
    score = Score(
        parts=(
            Part("Flöte", (Note(0, 480, 67), Note(480, 1440, 72)), program=73, volume=90, pan=20),
            Part("鼓", (Note(480, 1, 36, 127),), is_drums=True, program=8),
            Part("tacet", program=40),
        ),
        meters=(Meter(0, 3, 4), Meter(1920, 6, 8)),
        tempi=(Tempo(0, 72.5), Tempo(960, 3000.0), Tempo(1200, 4.0)),
        keys=(Key(0, "Cb"), Key(960, "A#", "minor")),
        chords=(Chord(480, "Bb", "m7", "Db"), Chord(960, "N.C.")),
        sections=(Section(0, "Intro"), Section(480, "第一段")),
        pickup=480,
        end=5000,
        title="Abend – 晚",
        composer="Clara Schumann",
    )
    assert midi.read(midi.write(score)) == [score]


@pytest.mark.parametrize(
    ("meters", "pickup", "written"),
    [
        ([(0, 3, 4)], 480, [(0, 1, 4), (480, 3, 4)]),
        ([(0, 4, 4)], 960, [(0, 2, 4), (960, 4, 4)]),
        ([(0, 6, 8)], 720, [(0, 3, 8), (720, 6, 8)]),
        ([(0, 2, 2)], 480, [(0, 1, 4), (480, 2, 2)]),
        ([(0, 4, 4)], 7, [(0, 4, 4)]),  # no meter is so short: the mark alone tells
        ([(0, 4, 4), (480, 3, 4)], 480, [(0, 1, 4), (480, 3, 4)]),
        ([(0, 4, 4), (240, 3, 4), (480, 4, 4)], 480, [(0, 4, 4), (240, 3, 4), (480, 4, 4)]),
    ],
)
def test_pickup_puts_the_barlines_right_in_other_programs(
    meters: list[tuple[int, int, int]], pickup: int, written: list[tuple[int, int, int]]
) -> None:
    score = Score((Part("", (Note(0, 4000, 60),)),), meters=tuple(Meter(*m) for m in meters), pickup=pickup)
    data = midi.write(score)
    theirs = symusic.Score.from_midi(data).time_signatures
    assert [(each.time, each.numerator, each.denominator) for each in theirs] == written
    assert midi.read(data) == [score]


def test_short_first_bar_of_a_stranger_is_a_pickup() -> None:
    score = of_events(
        "00 ff58 04 01021808", "00 90 3c 40", "8360 80 3c 40", "00 ff58 04 03021808", "00 90 3c 40", "8b20 80 3c 40"
    )
    assert (score.pickup, score.meters) == (480, (Meter(0, 3, 4),))
    assert [(bar.number, bar.start, bar.end) for bar in bars(score)] == [(0, 0, 480), (1, 480, 1920)]


def test_channels_leave_drums_alone_and_share_by_program() -> None:
    many = [Part(program=n // 2) for n in range(20)]
    assert midi.channels([Part(program=n) for n in range(12)]) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]
    assert midi.channels([Part(is_drums=True), *many])[:5] == [9, 0, 0, 1, 1]
    assert 9 not in midi.channels([Part(program=n) for n in range(100)])


@pytest.mark.parametrize(
    ("score", "word"),
    [(Score(tempi=(Tempo(0, 3.5),)), "3.58"), (Score(end=1 << 28), "268435455")],
)
def test_what_midi_cannot_hold_is_refused(score: Score, word: str) -> None:
    with pytest.raises(FormatError, match=word):
        midi.write(score)


# Meaning


def test_ends_are_rounded_not_durations() -> None:
    score = of_events(*("00 90 3c 40", "01 80 3c 40") * 1000, resolution=7)
    assert len(score.parts[0].notes) == 1000
    for index, note in enumerate(score.parts[0].notes):
        assert abs(note.start - Fraction(index * 480, 7)) <= Fraction(1, 2)
        assert abs(note.end - Fraction((index + 1) * 480, 7)) <= Fraction(1, 2)


def test_a_note_shorter_than_a_tick_lasts_one() -> None:
    score = of_events("00 90 3c 40", "00 80 3c 40", "01 90 3e 40", "01 80 3e 40", resolution=9600)
    assert shape(score) == [[(0, 1, 60), (0, 1, 62)]]


def test_velocity_0_running_status_and_unknown_events() -> None:
    score = of_events(
        "00 f0 05 7e 7f 09 01 f7", "00 90 3c 40", "8360 3c 00", "00 ff 7f 02 0000", "00 3e 50", "00 d0 7f",
        "00 e0 00 40", "00 a0 3e 10", "00 f8", "8360 80 3e 00",
    )  # fmt: skip
    assert shape(score) == [[(0, 480, 60), (480, 960, 62)]]
    assert [note.velocity for note in score.parts[0].notes] == [64, 80]


def test_first_begun_is_first_ended() -> None:
    score = of_events("00 90 3c 40", "10 90 3c 41", "10 80 3c 00", "20 80 3c 00")
    assert shape(score) == [[(0, 32, 60), (16, 64, 60)]]


def test_a_note_without_end_lasts_to_the_end_of_its_track() -> None:
    assert shape(of_events("00 90 3c 40", "00 90 3e 40", "10 80 3e 40", "20 b0 01 00")) == [[(0, 48, 60), (0, 16, 62)]]


def test_two_voices_on_one_key_with_one_off_do_not_shift_later_ends() -> None:
    unison = ("00 90 3c 40", "00 90 3c 40", "60 80 3c 40")
    score = of_events(*unison, "10 90 3c 40", "60 80 3c 40")
    assert shape(score) == [[(0, 96, 60), (0, 96, 60), (112, 208, 60)]]


def test_an_off_before_any_on_is_nothing() -> None:
    assert shape(of_events("00 80 3c 40", "00 90 3c 40", "10 80 3c 40")) == [[(0, 16, 60)]]


def test_sustain_pedal_prolongs_to_its_release_or_the_next_strike() -> None:
    score = of_events(
        "00 90 3c 40", "00 90 40 40", "10 b0 40 7f", "10 80 3c 40", "00 80 40 40",  # both let go at 32, pedal down
        "20 90 3c 40", "10 80 3c 40", "10 b0 40 00",  # 60 again at 64, let go at 80, pedal up at 96
        "10 90 43 40", "10 80 43 40", "00 b0 40 7f", "10 b0 40 00",  # pedal down just as 67 ends
    )  # fmt: skip
    assert shape(score) == [[(0, 64, 60), (0, 64, 64), (64, 96, 60), (112, 128, 67)]]
    assert score.parts[0].pedal == ((16, 96),)
    assert [note.end for note in score.parts[0].sounding()] == [64, 96, 96, 128]


def test_a_pedal_is_kept_and_written_again() -> None:
    part = Part("Piano", (Note(0, 240, 60), Note(480, 240, 64)), pedal=((100, 400), (460, 900)))
    score = Score((part,), end=960)
    assert midi.read(midi.write(score)) == [score]


def test_a_pedal_held_for_minutes_makes_no_long_notes_and_only_keyboards_have_one() -> None:
    events = ["00 b0 40 7f", *("00 90 3c 40", "10 80 3c 40", "10 90 3e 40", "10 80 3e 40") * 50, "00 b0 40 00"]
    assert max(note.duration for note in of_events(*events).parts[0].notes) == 32
    flute = of_events("00 c0 49", *events).parts[0]
    assert (max(note.duration for note in flute.notes), flute.pedal) == (16, ())


def test_a_pedal_in_another_track_of_the_channel_counts_and_drums_have_none() -> None:
    pedal = chunk("00 b0 40 40", "00 b9 40 40", "60 b0 40 3f", "00 b9 40 00", END)
    notes = chunk("10 90 3c 40", "10 80 3c 40", END)
    drums = chunk("10 99 3c 40", "10 89 3c 40", END)
    assert shape(one(midi_file(pedal, notes, drums))) == [[(16, 96, 60)], [(16, 32, 60)]]


def test_parts_by_track_and_channel() -> None:
    score = one(
        midi_file(
            chunk("00 ff03 04", b"Lied", "00 c2 28", "00 b2 07 20", END),
            chunk("00 ff03 02", b"up", "00 c1 05", "00 91 3c 40", "00 92 3d 40", "00 99 24 40", "60 81 3c 40", END),
            chunk("00 ff03 06", b"lower:", "00 b1 0a 11", "00 91 3e 40", "20 b1 0a 22", "60 81 3e 40", END),
        )
    )
    assert score.title == "Lied"
    assert [(part.name, part.program, part.is_drums) for part in score.parts] == [
        ("up", 5, False), ("up", 40, False), ("up", 0, True), ("lower", 5, False),
    ]  # fmt: skip
    assert score.parts[3].pan == 17


def test_a_change_of_program_begins_a_part_where_both_have_notes() -> None:
    note = ("00 90 3c 40", "10 80 3c 40")
    both = of_events("00 c0 01", *note, "00 c0 02", *note, "00 c0 01", *note)
    assert [(part.program, len(part.notes)) for part in both.parts] == [(1, 2), (2, 1)]
    unheard = of_events("00 c0 01", "00 c0 02", *note, "00 c0 03")
    assert [part.program for part in unheard.parts] == [2]
    late = of_events(*note, "00 c0 02", *note)
    assert [part.program for part in late.parts] == [0, 2]


def test_volume_and_pan_are_those_at_the_first_note() -> None:
    score = of_events("00 b0 07 10", "00 b0 07 20", "10 90 3c 40", "00 b0 0a 7f", "10 80 3c 40", "00 b0 07 50")
    assert (score.parts[0].volume, score.parts[0].pan) == (32, 127)


def test_tempo_keeps_what_a_person_wrote() -> None:
    for bpm in [n / 10 for n in range(40, 3000)] + [float(n) for n in range(300, 3001)]:
        assert one(midi.write(Score(tempi=(Tempo(0, bpm),)))).tempi[0].bpm == bpm


def test_end_of_track_is_the_end_unless_absurd() -> None:
    assert of_events("00 90 3c 40", "60 80 3c 40", "60 ff 2f 00").end == 192
    assert of_events("00 90 3c 40", "60 80 3c 40", "ffffff7f ff 2f 00").end == 96


def test_changes_after_the_end_are_dropped() -> None:
    score = of_events("00 90 3c 40", "60 80 3c 40", "ffff7f ff51 03 07a120", "00 ff06 01", b"B")
    assert (score.tempi, score.sections) == ((Tempo(0, 120.0),), ())


@pytest.mark.parametrize(
    ("name", "title"), [(b"Abend", "Abend"), (b"Track 1", ""), (b"control track:", ""), (b"\xfcber", "über")]
)
def test_title_where_it_says_something(name: bytes, title: str) -> None:
    conductor = chunk("00 ff03", bytes([len(name)]), name, END)
    assert one(midi_file(conductor, chunk("00 90 3c 40", "10 80 3c 40", END))).title == title


# What real files do wrong


NOTE = chunk("00 90 3c 40", "60 80 3c 40", END)
WHOLE = [[(0, 96, 60)]]


@pytest.mark.parametrize(
    "data",
    [
        midi_file(NOTE, tracks=7),
        midi_file(NOTE, tracks=0),
        midi_file(chunk("00 01 02", name=b"XFIH"), NOTE),
        midi_file(chunk("00 90 3c 40", "60 80 3c 40")),
        midi_file(NOTE) + b"junk",
        midi_file(NOTE)[:-4],
        midi_file(chunk("00 90 3c 40", "60 80 3c 40", END, size=999)),
        b"RIFF\x40\0\0\0RMIDLIST\x02\0\0\0ab" + b"data\x40\0\0\0" + midi_file(NOTE),
        midi_file(chunk("00 ff59 02 0f00", "00 ff59 02 0005", "00 ff59 01 00", "00 90 3c 40", "60 80 3c 40", END)),
        midi_file(chunk("00 ff58 04 00021808", "00 ff58 04 04ff1808", "00 ff58 04 80021808", "00 ff58 01 04",
                        "00 90 3c 40", "60 80 3c 40", END)),
        midi_file(chunk("00 ff51 03 000000", "00 ff51 02 0102", "00 ff51 03 004e1f",
                        "00 90 3c 40", "60 80 3c 40", END)),
        b"MThd\0\0\0\x08\0\1\0\1\x01\xe0??" + NOTE,
    ],
)  # fmt: skip
def test_forgiven(data: bytes) -> None:
    score = one(data)
    assert shape(score) == WHOLE
    assert (score.meters, score.tempi, score.keys) == ((Meter(0, 4, 4),), (Tempo(0, 120.0),), ())


def test_a_last_track_cut_off_is_read_as_far_as_it_goes() -> None:
    second = chunk("00 91 3e 40", "60 81 3e 40", "00 91 3f 40", "60 81 3f", size=99)
    assert shape(one(midi_file(NOTE, second))) == [[(0, 96, 60)], [(0, 96, 62), (96, 192, 63)]]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "begins with b''"),
        (b"MThd", "cut off: the file has 4 bytes"),
        (b"RIFF\x40\0\0\0RMIDLIST\xff\0\0\0ab", "without a 'data' chunk"),
        (b"MThd\0\0\0\x05" + bytes(20), "header of 5 bytes"),
        (midi_file(NOTE, kind=2), "type 2.*not one piece"),
        (midi_file(NOTE, kind=9), "type 9"),
        (midi_file(NOTE, resolution=0), "0 ticks to the quarter"),
        (midi_file(NOTE, resolution=0xE728), "SMPTE"),
        (midi_file(), "without a track"),
        (midi_file(NOTE)[:-6], "track 1: it ends in the middle of an event, at byte 28"),
        (midi_file(NOTE, chunk("00 90 3c")), "track 2: it ends in the middle"),
        (midi_file(NOTE, chunk("00 ff 01 ffff7f")), "track 2: it ends in the middle"),
        (midi_file(chunk("00 3c 40")), "track 1, byte 23: data byte 60 before any event"),
        (midi_file(chunk("00 90 3c 90")), "track 1, byte 24: status byte in the middle"),
        (midi_file(chunk("ffffffff7f 90 3c 40")), "track 1, byte 22: a number of more than four bytes"),
        (midi_file(chunk(END)), "no note"),
    ],
)  # fmt: skip
def test_refused_with_the_place(data: bytes, word: str) -> None:
    with pytest.raises(FormatError, match=word) as caught:
        midi.read(data)
    assert "\n" not in str(caught.value)


# Hostile files: a defined answer, at once


LONG = ("00 90 3c 40", "ffffff7f 80 3c 40")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (midi_file(chunk(*LONG, END)), "77.7 hours: 4 are the most"),
        (midi_file(chunk(*LONG * 20, END)), "lasts 5368709100 ticks: 2147483647"),
        (midi_file(chunk(*LONG * 7, END), resolution=1), "1879048185 ticks, 1 to the quarter"),
        (midi_file(chunk("00 90 3c 40", "fa8900 80 3c 40", END), resolution=1), "hours"),
        (midi_file(*[chunk(END)] * 60_000), "no note"),
        (midi_file(*[NOTE] * 300), "more than 257 tracks with events"),
        (midi_file(chunk("00 90 3c 40", b"\0\x3c\x40" * 1_400_000)), "more than 200,000 notes, in track 1"),
        (midi_file(chunk("00 b0 40 40", b"\0\x40\x40" * 1_400_000)), "more than 400,000 changes"),
        (midi_file(chunk(b"\0\xff\x01\0" * 1_400_000)), "more than 400,000 changes"),
    ],
)  # fmt: skip
def test_refused_at_once(data: bytes, word: str) -> None:
    with within(2), pytest.raises(FormatError, match=word):
        midi.read(data)


def test_199_000_overlapping_notes_are_read_in_seconds() -> None:
    with within(5):
        score = of_events("00 90 3c 40", b"\0\x3c\x40" * 199_000, "10 80 3c 40", b"\0\x3c\x40" * 198_000)
    assert len(score.parts[0].notes) == 199_001


def test_a_tiny_meter_of_many_beats_is_harmless() -> None:
    score = of_events("00 ff58 04 01061808", "00 90 3c 40", "e000 80 3c 40")
    assert score.meters == (Meter(0, 1, 64),)
    assert len(bars(score)) == score.end // 30 + (score.end % 30 > 0)


def test_four_hours_are_read() -> None:
    score = of_events("00 90 3c 40", "869f00 80 3c 40", resolution=7)
    assert 3 * 3600 > seconds(score, score.end) > 2 * 3600


# Against symusic, on files that were not written by us


@st.composite
def strange_files(draw: st.DrawFn) -> bytes:
    """Format 1 files of any resolution, with overlaps, running status and notes of several channels in a track."""
    chunks = []
    for _ in range(draw(st.integers(1, 3))):
        out, sounding = b"", []
        for _ in range(draw(st.integers(1, 20))):
            out += bytes([draw(st.integers(0, 127))])
            if sounding and draw(st.booleans()):
                channel, pitch = sounding.pop(0)
                out += bytes([0x80 | channel, pitch, 0])
            else:
                channel, pitch = draw(st.integers(0, 2)), draw(st.integers(60, 63))
                sounding.append((channel, pitch))
                out += bytes([0x90 | channel, pitch, draw(st.integers(1, 127))])
        for channel, pitch in sounding:
            out += bytes([1, 0x80 | channel, pitch, 0])
        chunks.append(chunk(out, END))
    return midi_file(*chunks, resolution=draw(st.integers(1, 2000)))


@settings(max_examples=100, deadline=None)
@given(strange_files())
def test_agrees_with_symusic(data: bytes) -> None:
    theirs = symusic.Score.from_midi(data)
    resolution = theirs.ticks_per_quarter

    def scaled(tick: int) -> int:
        return int(Fraction(tick * 480, resolution) + Fraction(1, 2))

    found = [note for part in one(data).parts for note in part.notes]
    expected = [
        (scaled(note.start), max(scaled(note.end), scaled(note.start) + 1), note.pitch, note.velocity)
        for track in theirs.tracks
        for note in track.notes
    ]
    assert Counter((note.start, note.end, note.pitch, note.velocity) for note in found) == Counter(expected)


def test_chord_symbols_are_also_a_muted_track() -> None:
    melody = Part("Melody", (Note(0, 1920, 67), Note(1920, 1920, 69)))
    score = Score((melody,), chords=(Chord(0, "C"), Chord(1920, "F", "maj7", "A"), Chord(3000, "N.C.")), end=3840)
    data = midi.write(score)
    assert midi.read(data) == [score]
    tracks = symusic.Score.from_midi(data).tracks
    assert [track.name for track in tracks] == ["Melody", "Chords (muted)"]
    assert [(note.start, note.pitch) for note in tracks[1].notes][:3] == [(0, 48), (0, 52), (0, 55)]
    assert [change.value for change in tracks[1].controls if change.number == 7] == [0]
    assert max(note.start + note.duration for note in tracks[1].notes) == 3000
    crowd = Score(tuple(Part(str(number), (Note(0, 480, 60),), number) for number in range(15)), chords=score.chords)
    assert len(symusic.Score.from_midi(midi.write(crowd)).tracks) == 15
