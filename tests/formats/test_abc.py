"""ABC: what the standard says, what old files do, and a round trip."""

from __future__ import annotations

import pytest

from firmus import timing
from firmus.errors import FormatError
from firmus.formats import abc
from firmus.score import Key, Note, Score, Section, Tempo


def tune(body: str, header: str = "M:4/4\nL:1/4\nK:C") -> Score:
    return abc.read(f"X:1\n{header}\n{body}\n".encode())[0]


def pitches(body: str, header: str = "M:4/4\nL:1/4\nK:C") -> list[int]:
    return [note.pitch for note in tune(body, header).parts[0].notes]


def durations(body: str, header: str = "M:4/4\nL:1/4\nK:C") -> list[int]:
    return [note.duration for note in tune(body, header).parts[0].notes]


def letters(body: str) -> str:
    """Notes of a tune of quarters in C major, by letter, as they are played."""
    return "".join("CcDdEFfGgAaB"[note.pitch % 12] for note in tune(body).parts[0].notes)


# Fields


@pytest.mark.parametrize(
    ("text", "meter"),
    [
        ("3/4", "3/4"), ("C", "4/4"), ("C|", "2/2"), ("6/8", "6/8"), ("(2+3)/8", "5/8"), ("2/4+3/4", "5/4"),
        ("2+3/8", "5/8"), (" 9/8 slip jig", "9/8"),
    ],
)  # fmt: skip
def test_meter(text: str, meter: str) -> None:
    assert tune("C8", f"M:{text}\nL:1/8\nK:C").meters[0].text == meter


@pytest.mark.parametrize(
    ("text", "bpm"),
    [
        ("1/4=96", 96), ("3/8=80", 120), ("240", 120), ('"Allegro" 1/2=60', 120), ("C=200", 100), ("C3=40", 60),
        ("1/4 1/8=60", 90), ('"Andante"', 84), ("1/4=ca. 90", 90), ("", 120), ("merrily", 120),
    ],
)  # fmt: skip
def test_tempo(text: str, bpm: float) -> None:
    assert tune("C8", f"M:4/4\nL:1/8\nQ:{text}\nK:C").tempi == (Tempo(0, bpm),)


@pytest.mark.parametrize(
    ("text", "key", "scale"),
    [
        ("G", "G major", "f"), ("Am", "A minor", ""), ("A minor", "A minor", ""), ("F#m", "F# minor", "fcg"),
        ("Ddor", "D dorian", ""), ("D Mixolydian", "D mixolydian", "f"), ("Amix", "A mixolydian", "fc"),
        ("E phr bass", "E phrygian", ""), ("Flyd", "F lydian", ""), ("HP", "D major", "fc"), ("D", "D major", "fc"),
        ("BbMAJ", "Bb major", ""), ("C clef=treble", "C major", ""), ("D exp ^c", "D major", "c"),
        ("D =c", "D major", "f"), ("GM", "G minor", ""),
    ],
)  # fmt: skip
def test_key(text: str, key: str, scale: str) -> None:
    score = tune("fcg", f"M:3/4\nL:1/4\nK:{text}")
    assert score.keys[0].text == key
    sharp = {78: "f", 73: "c", 80: "g"}
    assert "".join(sharp.get(note.pitch, "") for note in score.parts[0].notes) == "".join(
        sorted(scale, key="fcg".index)
    )


def test_no_key_and_no_meter() -> None:
    score = tune("C D E F2 | G A2 | C D E |", "M:none\nL:1/4\nK:none")
    assert score.keys == ()
    assert [(meter.start, meter.text) for meter in score.meters] == [(0, "5/4"), (2400, "3/4")]


def test_default_length_depends_on_the_meter() -> None:
    assert durations("C", "M:2/4\nK:C") == [120]
    assert durations("C", "M:3/4\nK:C") == [240]


def test_changes_within_the_tune() -> None:
    score = tune("CDEF|[M:3/4][K:D]FGA|[L:1/8][Q:1/4=60]F6|")
    assert [(meter.start, meter.text) for meter in score.meters] == [(0, "4/4"), (1920, "3/4")]
    assert [(key.start, key.text) for key in score.keys] == [(0, "C major"), (1920, "D major")]
    assert score.tempi == (Tempo(0, 120.0), Tempo(3360, 60.0))
    assert [note.pitch for note in score.parts[0].notes][3:5] == [65, 66]


# Notes


def test_octaves_and_accidentals() -> None:
    assert pitches("C,,Cc'c''") == [36, 60, 84, 96]
    assert pitches("^C_D=E^^F__G") == [61, 61, 64, 67, 65]


def test_accidental_holds_to_the_end_of_the_bar_in_its_octave() -> None:
    assert pitches("^FFf=F|Ff", "M:4/4\nL:1/4\nK:C") == [66, 66, 77, 65, 65, 77]


@pytest.mark.parametrize(("rule", "second"), [("not", 65), ("octave", 65), ("pitch", 66)])
def test_propagation_of_accidentals_can_be_chosen(rule: str, second: int) -> None:
    assert pitches(f"%%propagate-accidentals {rule}\n^fFz2|") == [78, second]


def test_lengths() -> None:
    assert durations("CC2C3/2C/C//C/4C3/") == [480, 960, 720, 240, 120, 120, 720]


def test_broken_rhythm() -> None:
    assert durations("C>DE<F") == [720, 240, 240, 720]
    assert durations("C>>D E <<< F") == [840, 120, 60, 900]
    assert durations("C>{g}D [CE]>D z>D") == [720, 240, 720, 720, 240, 240]


@pytest.mark.parametrize(
    ("body", "lengths"),
    [
        ("(3CDE", [320] * 3), ("(2CD", [720] * 2), ("(4CDEF", [360] * 4), ("(6CDEFGA", [160] * 6),
        ("(3:2:4C2D E/F/", [640, 320, 160, 160]), ("(3::2C2D", [640, 320]), ("(5:4CDEFG", [384] * 5),
        ("(3CzE", [320] * 2), ("(3[CE]DE", [320] * 4), ("(3C{d}DE F", [320] * 3 + [480]),
    ],
)  # fmt: skip
def test_tuplets(body: str, lengths: list[int]) -> None:
    assert durations(body) == lengths


def test_ties_join_equal_pitches_only() -> None:
    assert tune("C2-C2|D2-E2|[CE]2-[CG]2|").parts[0].notes == (
        Note(0, 1920, 60), Note(1920, 960, 62), Note(2880, 960, 64),
        Note(3840, 1920, 60), Note(3840, 960, 64), Note(4800, 960, 67),
    )  # fmt: skip


def test_tie_carries_its_accidental_over_the_barline() -> None:
    assert tune("C3^F-|FF C2|").parts[0].notes[1:3] == (Note(1440, 960, 66), Note(2400, 480, 65))


def test_tie_within_a_chord() -> None:
    assert tune("[C-E]2[CF]2|").parts[0].notes == (Note(0, 1920, 60), Note(0, 960, 64), Note(960, 960, 65))


def test_rests() -> None:
    score = tune("z x Z2 C|Z2|D4|", "M:2/4\nL:1/4\nK:C")
    assert score.parts[0].notes == (Note(2880, 480, 60), Note(5280, 1920, 62))


def test_what_is_left_out() -> None:
    assert letters('!trill!C +fermata+D ~.HLMOPSTuvE {GA}F | "^text"G (AB) c `y\\') == "CDEFGABC"
    assert letters("CDEF|\nw: la la la la\ns: * * * *\n%%staffsep 2\n% remark\nGABc| % remark") == "CDEFGABC"
    assert letters("%%begintext\nABC | DEF |\n%%endtext\nCDEF|") == "CDEF"


def test_chord_symbols_are_kept_and_annotations_are_not() -> None:
    score = tune('"Am7"C2"^slow""3""F#dim/A"E2|"N.C."C4|"Bb"[M:3/4]C3|')
    assert [chord.text for chord in score.chords] == ["Am7", "F#dim/A", "N.C.", "Bb"]
    assert [chord.start for chord in score.chords] == [0, 960, 1920, 3840]


# Order of playing


@pytest.mark.parametrize(
    ("body", "played"),
    [
        ("C4|D4|", "CD"),
        ("|:C4|D4:|E4|", "CDCDE"),
        ("C4|D4:|E4|", "CDCDE"),
        ("C4:|D4:|", "CCDD"),
        ("C4::D4:|", "CCDD"),
        ("|:C4:||:D4:|", "CCDD"),
        ("C4|D4||E4|F4:|", "CDEFEF"),
        ("|:C4||D4:|", "CDCD"),
        ("|::C4::|", "CCC"),
        ("C|]D4:|E4|", "CDCDE"),
        ("|:C4|1D4:|2E4|]F4:|", "CDCEFF"),
        ("|:C4|[1D4:|[2E4||F4|G4:|", "CDCEFGFG"),
        ("|:C4|[1,3D4:|[2E4:|F4|", "CDCECDF"),
        ("|:C4|[1-2D4:|[3E4|]", "CDCDCE"),
        ("|:C4|1D4|2E4|]", "CDCE"),
        ("|:C4|1D4:|2E4:|F4:|", "CDCEFF"),
        ("|:C4|\n1D4:|\n2E4||", "CDCE"),
        ("C4|2D4|", "CD"),
        ("C4[|]:|D4|", "CCD"),
    ],
)
def test_repeats_and_endings(body: str, played: str) -> None:
    assert letters(body) == played


def test_parts_are_sections_and_their_order_is_played() -> None:
    body = "P:A\nC4|D4|\nP:B\n|:E4:|"
    score = tune(body)
    assert score.sections == (Section(0, "A"), Section(3840, "B"), Section(5760, "B"))
    ordered = tune(body, "P:A(AB)2\nM:4/4\nL:1/4\nK:C")
    assert [note.pitch for note in ordered.parts[0].notes] == [60, 62] + [60, 62, 64, 64] * 2
    assert [section.label for section in ordered.sections] == list("AABBABB")
    assert tune(body, "P:AXB\nM:4/4\nL:1/4\nK:C").parts == score.parts


def test_key_goes_back_with_the_repeat() -> None:
    assert pitches("|:F4|[K:G]F4:|") == [65, 66, 65, 66]


def test_tie_over_a_repeat_follows_the_playing() -> None:
    assert tune("|:C4|1D2C2-:|2E4|").parts[0].notes[:3] == (
        Note(0, 1920, 60),
        Note(1920, 960, 62),
        Note(2880, 2880, 60),
    )


# Bars


def bar_lengths(score: Score) -> list[int]:
    return [bar.end - bar.start for bar in timing.bars(score)]


def test_pickup() -> None:
    score = tune("G|C4|D3|")
    assert score.pickup == 480
    assert score.end == 480 + 1920 + 1440


def test_short_bar_before_a_repeat_and_the_pickup_after_it_are_one_bar() -> None:
    score = tune("G|CDEF|GAB:|:c|cBAG|C3:|")
    assert score.pickup == 480
    assert len(score.meters) == 1
    assert bar_lengths(score) == [480] + [1920] * 8


def test_bar_broken_in_two_is_one_bar() -> None:
    score = tune("CD|EF|GABc|")
    assert (score.pickup, len(score.meters), bar_lengths(score)) == (0, 1, [1920, 1920])


def test_bar_that_does_not_add_up_leaves_later_barlines_where_they_are() -> None:
    score = tune("CDEF|CDE|CDEF|CDEFG|CDEF|")
    assert bar_lengths(score) == [1920, 1440, 1920, 1920, 480, 1920]
    assert {meter.text for meter in score.meters} == {"4/4"}


def test_missing_barline_after_the_pickup() -> None:
    assert tune("GCDEF|CDEF|").pickup == 480


# Voices

CANON = """X:1
T:Canon
M:2/4
L:1/4
V:1 name="High" clef=treble
V:2 nm="Low" clef=bass octave=-1
%%MIDI program 1 73
%%MIDI program 2 42
K:C
[V:1] |:cd|ef:|
[V:2] |:CD|EF:|
"""


def test_voices_are_parts() -> None:
    score = abc.read(CANON.encode())[0]
    assert [(part.name, part.program) for part in score.parts] == [("High", 73), ("Low", 42)]
    assert [note.pitch for note in score.parts[0].notes] == [72, 74, 76, 77] * 2
    assert [note.pitch for note in score.parts[1].notes] == [48, 50, 52, 53] * 2


def test_voices_keep_together_at_barlines() -> None:
    score = tune("V:1\nCDE|FGAB|\nV:2\nCDEF|GABc|")
    assert [part.notes[-1].end for part in score.parts] == [3840, 3840]


def test_repeat_signs_in_one_voice_hold_for_all() -> None:
    score = tune("V:1\n|:C4:|D4|\nV:2\nE4|F4|")
    assert [[note.pitch for note in part.notes] for part in score.parts] == [[60, 60, 62], [64, 64, 65]]


def test_overlay() -> None:
    assert tune("C4 & E2F2|G4|").parts[0].notes == (
        Note(0, 1920, 60), Note(0, 960, 64), Note(960, 960, 65), Note(1920, 1920, 67),
    )  # fmt: skip


def test_transposition_and_drums() -> None:
    assert pitches("C", "L:1/4\nK:C clef=treble-8") == [48]
    lowered = tune("D", "L:1/4\nK:D transpose=-2")
    assert (lowered.parts[0].notes[0].pitch, lowered.keys) == (60, (Key(0, "C"),))
    assert pitches("C|[K:G octave=1]F|[K:C octave=-1]F", "L:1/4\nK:C octave=1") == [72, 78, 53]
    score = tune("%%MIDI channel 10\nC,, D,,|", "L:1/4\nK:C")
    assert score.parts[0].is_drums
    assert [note.pitch for note in score.parts[0].notes] == [36, 38]


# Files


def test_a_file_of_many_tunes() -> None:
    text = "M:3/4\nL:1/4\n\nX:1\nT:One\nK:C\nCDE|\n\nsome words: of | the collector\n\n"
    text += "X:2\nT:Two\nM:C\nK:G\nF|\nX:3\nT:Three\nK:C\n"
    one, two = abc.read(text.encode())
    assert (one.title, one.meters[0].text, one.end) == ("One", "3/4", 1440)
    assert (two.title, two.meters[0].text, two.parts[0].notes[0].pitch) == ("Two", "4/4", 66)


def test_old_files() -> None:
    assert abc.read(b"T:No number\r\nM:2/4\r\nK:C\r\nCD|\r\n\r\nEF|\r\n")[0].end == 480
    assert abc.read("X:1\nT:Fähre\nK:C\nC|".encode("latin-1"))[0].title == "Fähre"
    assert abc.read(b"X:1\nT:Blattgem\x81ses\nK:C\nC|")[0].title == "Blattgemses"
    assert (
        abc.read("\ufeffX:1\nT:Fähre\nC:Fran\\c cois \\'Eluard &amp; \\%\nK:C\nC|".encode())[0].composer
        == "François Éluard & %"
    )
    assert abc.read(b"X:1\rK:C\rCDEF|\r")[0].end == 960


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X:1\nT:Air\nK:Q\nC|", "tune 1 (Air), line 3: key 'Q'"),
        ("X:1\nM:3/5\nK:C\nC|", "tune 1, line 2: meter '3/5'"),
        ("X:1\nL:0\nK:C\nC|", "line 2: unit note length '0'"),
        ("X:1\nQ:1/4=9999\nK:C\nC|", "line 2: tempo '1/4=9999'"),
        ("X:1\nK:C\nC|\n\nX:2\nK:C\nC|\nC,,,,,,|", "tune 2, line 8: note 'C', MIDI pitch -12"),
        ("X:1\nK:C\nC0", "line 3: note length '0'"),
        ("X:1\nK:C\n(0CDE", "line 3: tuplet '(0'"),
        ("X:1\nK:C\n%%MIDI program 200\nC", "line 3: %%MIDI program 200"),
        ("X:1\nK:C\n" + "C" * 200_001, "more than 200,000 notes"),
        ("X:1\nK:C\n" + "[" * 1_000_001, "more than 1,000,000 characters"),
        ("X:1\nK:C\n" + "C" * 100_001 + ":|", "when its repeats are played"),
        ("X:1\nK:C\nZ999999|", "a rest of 999999 bars"),
        ("just words", "there is no ABC tune"),
        ("X:1\nK:C\n", "there is no ABC tune"),
        ("X:1\n" * 5001, "more than 5,000 tunes"),
    ],
)
def test_errors_name_tune_and_line(text: str, message: str) -> None:
    with pytest.raises(FormatError) as error:
        abc.read(text.encode())
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_sniff() -> None:
    assert abc.sniff(b"% a long remark\n" * 500 + b"X:1\nK:C\nC")
    assert abc.sniff(b"\xef\xbb\xbfK:C\nC")
    assert not abc.sniff(b'{"K:": 1}')
    assert not abc.sniff(b"MThd\0\0\0\6\nK:")
