"""What other programs write, rightly or wrongly, and what a musician takes it to mean."""

from __future__ import annotations

import io
import zipfile

import pytest

from firmus.errors import FormatError
from firmus.formats import abc, midi
from firmus.score import Score
from written_musicxml import attributes, backup, ending, measures, note, of, read, repeat, rest, xml

Notes = list[tuple[int, int, int]]


def sounding(score: Score, part: int = 0) -> Notes:
    return [(each.start, each.duration, each.pitch) for each in score.parts[part].notes]


def pitches(score: Score, part: int = 0) -> list[int]:
    return [each.pitch for each in score.parts[part].notes]


# ABC


def tune(*lines: str) -> Score:
    return abc.read("\n".join(("X:1", "T:t", "M:4/4", "L:1/8", *lines)).encode())[0]


@pytest.mark.parametrize(
    ("key", "text", "first"),
    [
        ("C bass", "C major", 60), ("D alto", "D major", 60 + 1), ("Bb bass", "Bb major", 60), ("B b", "Bb major", 60),
        ("B flat", "Bb major", 60), ("F sharp minor", "F# minor", 61), ("C treble-8", "C major", 48),
        ("C clef=bass+8", "C major", 72), ("D_c", "D major", 59), ("Dmix=f=c", "G major", 60),
    ],
)  # fmt: skip
def test_a_clef_after_the_key_is_no_accidental(key: str, text: str, first: int) -> None:
    score = tune(f"K:{key}", "C4 E4|")
    assert score.keys[0].text == text
    assert pitches(score)[0] == first
    inline = tune("K:C", f"[K:{key}]C4 E4|")
    assert (inline.keys[0].text, pitches(inline)[0]) == (text, first)


def test_accidentals_of_a_key_may_stand_close_together() -> None:
    assert pitches(tune("K:D exp_b^f", "B2 F2 c2 z2|")) == [70, 66, 72]
    assert pitches(tune("K:^f^c", "F2 c2 B2 z2|")) == [66, 73, 71]


def test_the_last_octave_given_counts() -> None:
    score = tune("K:C octave=1", "V:1", "V:2 octave=-1", "[V:1]C8|", "[V:2]C8|")
    assert (pitches(score, 0), pitches(score, 1)) == ([72], [48])
    assert pitches(tune("K:C clef=treble-8", "C4 [K:C clef=treble]C4|")) == [48, 60]
    assert pitches(tune("K:C clef=treble-8 octave=2", "C8|")) == [72]


def test_a_drum_map_names_the_drums() -> None:
    score = tune(
        "%%MIDI channel 10",
        "%%MIDI drummap F 36",
        "%%MIDI drummap ^f 42",
        "%%percmap c 38 x",
        "K:G perc",
        "F2 c2 ^f2 F2|",
    )
    assert pitches(score) == [36, 38, 42, 36]
    assert score.parts[0].is_drums
    assert tune("K:C", "V:1 clef=perc", "C8|").parts[0].is_drums


# MusicXML: transposition


def transpose(chromatic: int, diatonic: int, octaves: int = 0, staff: str = "", double: str = "") -> str:
    number = f' number="{staff}"' if staff else ""
    return (
        f"<transpose{number}><diatonic>{diatonic}</diatonic><chromatic>{chromatic}</chromatic>"
        f"<octave-change>{octaves}</octave-change>{double}</transpose>"
    )


def with_transpose(content: str, *transposes: str, key: int | None = None) -> str:
    signature = "" if key is None else f"<key><fifths>{key}</fifths></key>"
    beginning = f"<attributes><divisions>4</divisions>{signature}<time><beats>4</beats><beat-type>4</beat-type></time>"
    return beginning + "".join(transposes) + "</attributes>" + content


def test_a_transposition_belongs_to_its_staff() -> None:
    alone = of(with_transpose(note("D4", 16), transpose(-2, -1, staff="1"), key=0))
    assert (pitches(alone), alone.keys[0].signature) == ([60], -2)
    second = note("C4", 16, "<staff>1</staff>") + backup(16) + note("C4", 16, "<staff>2</staff>", voice=5)
    assert pitches(of(with_transpose(second, transpose(0, 0, -1, staff="2")))) == [48, 60]
    both = of(with_transpose(second, transpose(-2, -1, staff="1"), transpose(-9, -5, staff="2"), key=0))
    assert (pitches(both), both.keys[0].signature) == ([51, 58], -2)


@pytest.mark.parametrize(("double", "second"), [("<double/>", 48), ('<double above="yes"/>', 72)])
def test_a_doubled_part_sounds_in_octaves(double: str, second: int) -> None:
    assert pitches(of(with_transpose(note("C4", 16), transpose(0, 0, double=double)))) == sorted((60, second))


# MusicXML: lengths


def test_a_rest_for_the_whole_bar_is_as_long_as_the_bar() -> None:
    whole = rest(24).replace("</note>", "<type>whole</type></note>")
    score = of(attributes() + whole, note("C4", 16))
    assert (sounding(score), [meter.text for meter in score.meters]) == ([(1920, 1920, 60)], ["4/4"])
    tied = note("D5", 8, '<tie type="start"/>'), note("D5", 4, '<tie type="stop"/>') + note("C5", 4)
    silent = rest(16).replace("<rest/>", '<rest measure="yes"/>')
    both = read(
        xml(measures(attributes(time="2/4") + silent, silent), measures(attributes(time="2/4") + tied[0], tied[1]))
    )
    assert sounding(both, 1) == [(0, 1440, 74), (1440, 480, 72)]
    assert [meter.text for meter in both.meters] == ["2/4"]
    forward = of(
        attributes() + note("C4", 16) + backup(16) + "<forward><duration>24</duration></forward>", note("D4", 16)
    )
    assert sounding(forward) == [(0, 1920, 60), (1920, 1920, 62)]


@pytest.mark.parametrize(("divisions", "count", "each"), [(480, 7, 69), (480, 9, 53), (24, 7, 3), (24, 5, 5)])
def test_tuplets_in_rounded_divisions_fill_the_bar(divisions: int, count: int, each: int) -> None:
    ratio = f"<time-modification><actual-notes>{count}</actual-notes><normal-notes>4</normal-notes></time-modification>"
    tuplet = "".join(note("C4", each, ratio) for _ in range(count))
    score = of(attributes(divisions) + note("C5", 3 * divisions) + tuplet, note("F4", 4 * divisions))
    assert (score.parts[0].notes[-1].start, score.pickup) == (1920, 0)
    assert [meter.text for meter in score.meters] == ["4/4"]
    assert score.parts[0].notes[-2].end == 1920


def test_a_tie_goes_on_over_a_rounded_barline() -> None:
    seven = "".join(note("C4", 69) for _ in range(6)) + note("C4", 69, '<tie type="start"/>')
    score = of(attributes(480) + note("C5", 1440) + seven, note("C4", 1920, '<tie type="stop"/>'))
    assert sounding(score)[-1][1] == 3840 - score.parts[0].notes[-1].start


def test_notes_of_a_chord_written_alike_last_alike() -> None:
    dotted, half = "<type>quarter</type><dot/>", "<type>half</type>"
    first = note("Ab2", 384, dotted) + note("Eb3", 256, "<chord/>", '<tie type="start"/>', dotted)
    second = note("G2", 640, half) + note("Eb3", 640, "<chord/>", '<tie type="stop"/>', half)
    assert sounding(of(attributes(256) + first + second)) == [(0, 720, 44), (0, 1920, 51), (720, 1200, 43)]


def test_divisions_may_follow_the_first_notes() -> None:
    content = note("C4", 32) + note("D4", 32) + attributes(64) + note("E4", 192)
    assert sounding(of(content)) == [(0, 240, 60), (240, 240, 62), (480, 1440, 64)]


def test_a_triplet_without_durations_takes_its_type() -> None:
    ratio = "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification>"
    third = note("C4", 0, "<type>eighth</type>", ratio).replace("<duration>0</duration>", "")
    assert sounding(of(attributes() + third * 3 + note("C4", 12)))[:4] == [
        (0, 160, 60), (160, 160, 60), (320, 160, 60), (480, 1440, 60),
    ]  # fmt: skip


# MusicXML: repeats


def test_an_ending_may_begin_a_repeat() -> None:
    forward = repeat("forward")
    score = of(
        attributes() + forward + note("C4", 16),
        ending("1", "start") + note("D4", 16) + ending("1", "stop", repeats=True),
        forward.replace(">", '><ending number="2" type="start"/>', 1) + note("E4", 16) + ending("2", "stop"),
        note("F4", 16) + repeat("backward"),
        note("G4", 16),
    )
    assert pitches(score) == [60, 62, 60, 64, 65, 64, 65, 67]


def test_a_repeat_within_an_ending() -> None:
    score = of(
        attributes() + note("C4", 16),
        ending("1", "start") + note("D4", 16),
        repeat("forward") + note("E4", 16) + repeat("backward"),
        note("F4", 16) + ending("1", "stop", repeats=True),
        ending("2", "start") + note("G4", 16) + ending("2", "stop"),
        note("A4", 16),
    )
    assert pitches(score) == [60, 62, 64, 64, 65, 60, 67, 69]


def test_a_bracket_that_is_drawn_too_short_ends_at_the_repeat_sign() -> None:
    score = of(
        attributes() + note("C4", 16),
        ending("1", "start") + note("D4", 16) + ending("1", "stop"),
        note("Eb4", 16) + repeat("backward"),
        ending("2", "start") + note("E4", 16) + ending("2", "stop"),
        note("F4", 16),
    )
    assert pitches(score) == [60, 62, 63, 60, 64, 65]


def test_a_repeat_that_also_counts_after_a_jump() -> None:
    again = repeat("backward").replace("<repeat ", '<repeat after-jump="yes" ')
    jump = '<sound dacapo="yes"/>'
    score = of(
        attributes() + repeat("forward") + note("C4", 16) + again,
        note("D4", 16) + '<sound fine="yes"/>',
        note("E4", 16) + jump,
    )
    assert pitches(score) == [60, 60, 62, 64, 60, 60, 62]


def direction(content: str, sound: str = "") -> str:
    return f"<direction><direction-type>{content}</direction-type>{sound}</direction>"


def test_jumps_that_are_only_printed() -> None:
    segno, coda = direction("<segno/>"), direction("<coda/>")
    leap = direction("<words>D.S. al Coda</words>")
    sounded = direction("<words>D.S.</words>", '<sound dalsegno="segno"/>')
    assert pitches(of(attributes() + note("C4", 16), segno + note("D4", 16), note("E4", 16) + sounded)) == [
        60,
        62,
        64,
        62,
        64,
    ]
    score = of(
        attributes() + note("C4", 16), segno + note("D4", 16) + coda, note("E4", 16) + leap, coda + note("F4", 16),
    )  # fmt: skip
    assert pitches(score) == [60, 62, 64, 62, 65]
    fine = of(
        attributes() + note("C4", 16) + direction("<words>Fine</words>"),
        note("D4", 16) + direction("<words>D. C. al Fine</words>"),
    )
    assert pitches(fine) == [60, 62, 60]
    told = of(attributes() + note("C4", 16), note("D4", 16) + direction("<words>fine tuning</words>"))
    assert pitches(told) == [60, 62]


# MusicXML: drums


def test_a_violin_on_channel_ten_is_a_violin() -> None:
    listed = (
        '<score-part id="P1"><part-name>{}</part-name><score-instrument id="I1"><instrument-name>{}</instrument-name>'
        '</score-instrument><midi-instrument id="I1"><midi-channel>10</midi-channel></midi-instrument></score-part>'
    )
    content = measures(attributes() + note("C4", 16))
    violin = read(xml(content, part_list=listed.format("Violin", "Violin"))).parts[0]
    assert (violin.is_drums, violin.program) == (False, 40)
    assert read(xml(content, part_list=listed.format("Drumset", "Kit"))).parts[0].is_drums


def test_strokes_in_a_melody_are_a_part_of_their_own() -> None:
    clap = (
        "<note><unpitched><display-step>B</display-step><display-octave>4</display-octave></unpitched>"
        "<duration>4</duration></note>"
    )
    score = of(attributes() + note("G4", 4) + note("G4", 4) + clap + note("G4", 4))
    assert [(part.is_drums, len(part.notes)) for part in score.parts] == [(False, 3), (True, 1)]
    assert [each.start for each in score.parts[1].notes] == [960]


# MusicXML: files


GOOD = xml(measures(attributes() + note("C4", 16)))


def archive(*files: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as each:
        for name, content in files:
            each.writestr(name, content)
    return stream.getvalue()


def test_a_name_in_utf8_without_its_flag() -> None:
    name = "Übung.xml"
    container = f'<container><rootfiles><rootfile full-path="{name}"/></rootfiles></container>'.encode()
    rewritten = archive(("META-INF/container.xml", container), ("Xxbung.xml", GOOD))
    rewritten = rewritten.replace(b"Xxbung.xml", name.encode())
    assert pitches(read(rewritten)) == [60]


@pytest.mark.parametrize(
    "data",
    [
        archive(("score.xml", GOOD)),
        GOOD.replace(b'encoding="UTF-8"', b'encoding="UTF-16"'),
        b"\n\n " + GOOD,
        b"\xef\xbb\xbf" + GOOD.replace(b'encoding="UTF-8"', b"encoding='utf-16'"),
        GOOD.replace(b'<part id="P1">', b"<part>"),
        GOOD.replace(b"</note></measure>", b"</note><backup><duration>18</duration></backup></measure>"),
    ],
)
def test_files_that_common_readers_take(data: bytes) -> None:
    assert pitches(read(data)) == [60]


def test_true_utf16_is_read() -> None:
    text = GOOD.decode().replace("UTF-8", "UTF-16")
    assert pitches(read(text.encode("utf-16"))) == [60]
    assert pitches(read(text.encode("utf-16-le"))) == [60]


# MIDI


def chunk(*events: str, more: int = 0) -> bytes:
    body = bytes.fromhex(" ".join((*events, "00 ff 2f 00")))
    return b"MTrk" + (len(body) + more).to_bytes(4) + body


def midi_of(*chunks: bytes) -> Score:
    header = b"MThd" + (6).to_bytes(4) + (len(chunks) > 1).to_bytes(2) + len(chunks).to_bytes(2) + (480).to_bytes(2)
    return midi.read(header + b"".join(chunks))[0]


def stroke(channel: int, key: int, ticks: str = "83 60") -> tuple[str, str]:
    return f"00 9{channel:x} {key:02x} 50", f"{ticks} 8{channel:x} {key:02x} 40"


@pytest.mark.parametrize("more", [4, 1, 100, -3, -7])
def test_a_wrong_chunk_length_loses_no_track(more: int) -> None:
    score = midi_of(chunk(*stroke(0, 60), more=more), chunk(*stroke(1, 64)))
    assert [sounding(score, part) for part in range(len(score.parts))] == [[(0, 480, 60)], [(0, 480, 64)]]


def test_bytes_between_chunks_lose_no_track() -> None:
    junk = b"\0\1\2\3" * 3
    score = midi_of(chunk(*stroke(0, 60)) + junk, chunk(*stroke(1, 64)))
    assert [pitches(score, part) for part in (0, 1)] == [[60], [64]]
    with pytest.raises(FormatError, match="without a track"):
        midi.read(b"MThd" + (6).to_bytes(4) + b"\0\0\0\1\1\xe0" + junk)


def test_a_pedal_belongs_to_its_port() -> None:
    left = chunk("00 ff 21 01 00", "00 b0 40 7f", *stroke(0, 60), "83 60 b0 40 00")
    right = chunk("00 ff 21 01 01", *stroke(0, 72, "81 70"))
    score = midi_of(left, right)
    assert [sounding(score, part) for part in (0, 1)] == [[(0, 960, 60)], [(0, 240, 72)]]


def test_a_program_belongs_to_its_port() -> None:
    setup = chunk("00 ff 21 01 01", "00 c0 28")
    score = midi_of(setup, chunk("00 ff 21 01 00", *stroke(0, 60)), chunk("00 ff 21 01 01", *stroke(0, 72)))
    assert [part.program for part in score.parts] == [0, 40]


@pytest.mark.parametrize("controller", [120, 123, 124, 127])
def test_all_notes_off_ends_them(controller: int) -> None:
    other = ("00 91 40 50",)
    off = f"83 60 b0 {controller:02x} 00"
    score = midi_of(chunk(*other, "00 90 3c 50", off, "83 60 90 3e 50", "83 60 80 3e 40", "00 81 40 40"))
    assert sounding(score, 0) == [(0, 480, 60), (960, 480, 62)]
    assert sounding(score, 1) == [(0, 1440, 64)]


def test_a_part_that_fades_in_sounds() -> None:
    fade = ("00 b0 07 00", *stroke(0, 60), "00 b0 07 50", *stroke(0, 62))
    assert midi_of(chunk(*fade)).parts[0].volume == 0x50
    assert midi_of(chunk("00 b0 07 00", *stroke(0, 60))).parts[0].volume == 0


@pytest.mark.parametrize(
    ("setup", "channel", "is_drums"),
    [
        ("00 f0 05 7e 7f 09 03 f7 00 b2 00 78 00 b2 20 00 00 c2 00", 2, True),
        ("00 f0 05 7e 7f 09 03 f7 00 b9 00 79 00 c9 00", 9, False),
        ("00 f0 08 43 10 4c 00 00 7e 00 f7 00 b2 00 7f 00 c2 00", 2, True),
        ("00 b2 00 7f 00 c2 00", 2, False),  # without XG that bank is another thing
        ("00 f0 0a 41 10 42 12 40 1c 15 01 0e f7", 12, True),
        ("00 f0 0a 41 10 42 12 40 13 15 02 16 f7", 2, True),
        ("00 f0 0a 41 10 42 12 40 10 15 00 1b f7", 9, False),
        ("00 c9 00", 9, True), ("00 c2 00", 2, False),
    ],
)  # fmt: skip
def test_drums_of_gs_xg_and_general_midi_2(setup: str, channel: int, is_drums: bool) -> None:
    assert midi_of(chunk(setup, *stroke(channel, 36))).parts[0].is_drums is is_drums
