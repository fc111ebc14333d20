"""Humdrum **kern: each feature in a few lines, what real files do, and a round trip."""

from __future__ import annotations

import re

import pytest

from firmus import formats, timing
from firmus.errors import FormatError
from firmus.formats import kern
from firmus.notation.grand_staff import joined
from firmus.score import Meter, Note, Part, Score, Section

Events = list[tuple[int, int, int]]


def piece(text: str) -> Score:
    """The one piece of a file whose columns are parted by two blanks or more."""
    lines = [re.sub(" {2,}", "\t", line.strip()) for line in text.strip().split("\n")]
    (score,) = kern.read("\n".join(lines).encode())
    return score


def events(part: Part) -> Events:
    return [(note.start, note.duration, note.pitch) for note in part.notes]


def spine(*lines: str) -> Events:
    """Start, duration and pitch of the notes of one spine."""
    return events(piece("\n".join(["**kern", *lines, "*-"])).parts[0])


def letters(*lines: str) -> str:
    return "".join("C.D.EF.G.A.B"[pitch % 12] for _, _, pitch in spine(*lines))


# Tokens


def test_pitches_and_accidentals() -> None:
    tokens = ("4c", "4CC", "4C", "4cc#", "4b--", "4en", "4ggg##")
    assert [pitch for _, _, pitch in spine(*tokens)] == [60, 36, 48, 73, 69, 64, 93]


def test_durations() -> None:
    tokens = ("1c", "4.c", "8..c", "0c", "00c", "000c", "12c", "3%2c", "20c", "0.c", "2c.")
    assert [length for _, length, _ in spine(*tokens)] == [1920, 720, 420, 3840, 7680, 15360, 160, 1280, 96, 5760, 1440]


def test_septuplets_do_not_drift() -> None:
    assert spine(*["28c"] * 7, "4d")[-1] == (480, 480, 62)


def test_articulations_beams_and_tremolo_are_no_notes() -> None:
    found = spine("(>8E^L<", "8FF#X/", "4BBBJ)@16@", "{8.dd'T;S")
    assert found == [(0, 240, 52), (240, 240, 42), (480, 480, 35), (960, 360, 74)]


def test_ties_become_one_note() -> None:
    found = spine("[2c [2e", "=", "2c_ 2e]", "4c] 4g")
    assert found == [(0, 2400, 60), (0, 1920, 64), (1920, 480, 67)]


def test_a_tie_that_nothing_continues_is_an_end() -> None:
    assert spine("[4c", "4d", "4c]") == [(0, 480, 60), (480, 480, 62), (960, 480, 60)]


def test_rests_and_chords() -> None:
    found = spine("4r", "4c 4e g", "4rGG", "4d")
    assert found == [(480, 480, 60), (480, 480, 64), (480, 480, 67), (1440, 480, 62)]


def test_grace_notes_take_no_time() -> None:
    score = piece(
        """
        **kern  **kern
        4c      8ddq
        .       16eeqq 16ggqq
        4c      4g
        4d      4a
        *-      *-
        """
    )
    # Above the first note of the lower staff stands a grace note alone: the upper staff goes on where that ends.
    assert [events(part) for part in score.parts] == [
        [(480, 480, 67), (960, 480, 69)], [(0, 480, 60), (480, 480, 60), (960, 480, 62)]
    ]  # fmt: skip


def test_notes_of_cue_size_are_notes() -> None:
    assert letters("4c", "*cue", "4d", "*Xcue", "4e") == "CDE"


def test_accidentals_as_files_have_them() -> None:
    assert [pitch for _, _, pitch in spine("4Fn#X", "4en-", "4fn", "4#f")] == [54, 63, 65, 66]


def test_a_tie_from_one_staff_to_the_other_of_a_part() -> None:
    score = piece("**kern  **kern\n*part1  *part1\n2C  [2c\n=  =\n2c]  2e\n*-  *-")
    assert [events(part) for part in score.parts] == [[(0, 1920, 60), (960, 960, 64)], [(0, 960, 48)]]


# Spines


def test_the_last_spine_is_the_topmost_part_and_words_are_passed_over() -> None:
    score = piece(
        """
        **kern        **text  **kern        **dynam  **fing
        *I"Basso      *       *I"Violino I  *        *
        *Ibass        *       *Ivioln       *        *
        2C            Glo-    4cc           .        1
        .             .       4dd           .        2
        2D            -ria    2ee           .        3
        *-            *-      *-            *-       *-
        """
    )
    assert [(part.name, part.program) for part in score.parts] == [("Violino I", 40), ("Basso", 52)]
    assert [events(part) for part in score.parts] == [
        [(0, 480, 72), (480, 480, 74), (960, 960, 76)], [(0, 960, 48), (960, 960, 50)]
    ]  # fmt: skip


def test_splits_and_joins_are_voices_of_one_part() -> None:
    score = piece(
        """
        **kern  **kern
        4C      4g
        *^      *
        4E      2C  2a
        4F      .   .
        *v      *v  *
        =       =
        4G      4b
        *-      *-
        """
    )
    assert [events(part) for part in score.parts] == [
        [(0, 480, 67), (480, 960, 69), (1440, 480, 71)],
        [(0, 480, 48), (480, 960, 48), (480, 480, 52), (960, 480, 53), (1440, 480, 55)],
    ]


def test_two_pairs_that_join_in_one_line_stay_apart() -> None:
    score = piece(
        """
        **kern  **kern
        *^      *^
        2C      2E  2c  2e
        *v      *v  *v  *v
        2D      2d
        *-      *-
        """
    )
    assert [[pitch for _, _, pitch in events(part)] for part in score.parts] == [[60, 64, 62], [48, 52, 50]]


def test_spines_change_places_begin_and_end() -> None:
    score = piece(
        """
        **kern  **kern
        4C      4c
        *x      *x
        4d      4D
        *       *+
        *       *       **kern
        4e      4E      4g
        *       *       *-
        4f      4F
        *-      *-
        """
    )
    assert [[pitch for _, _, pitch in events(part)] for part in score.parts] == [
        [67],
        [60, 62, 64, 65],
        [48, 50, 52, 53],
    ]
    assert events(score.parts[0]) == [(960, 480, 67)]


def test_a_note_may_sound_over_a_pseudo_barline() -> None:
    score = piece(
        """
        **kern  **kern
        *M2/2   *M2/2
        =1-     =1-
        0C      1c
        =2-     =2-
        .       1d
        =3-     =3-
        1D      1e
        ==      ==
        *-      *-
        """
    )
    assert events(score.parts[1]) == [(0, 3840, 48), (3840, 1920, 50)]
    assert [meter.text for meter in score.meters] == ["2/2"]
    assert len(timing.bars(score)) == 3


def test_a_rest_of_several_bars_between_pseudo_barlines_is_several_bars() -> None:
    lines = ("*M3/2", "=1-", "00.r", "=2-", "1c", "1d", "=3-", "1e", "==")
    score = piece("\n".join(["**kern", *lines, "*-"]))
    assert [meter.text for meter in score.meters] == ["3/2"]
    assert [bar.start // 2880 for bar in timing.bars(score)] == [0, 1, 2, 3, 4, 5]
    assert events(score.parts[0]) == [(11520, 1920, 60), (13440, 1920, 62), (15360, 1920, 64)]


def test_a_spine_that_is_too_short_waits_for_the_next_line() -> None:
    score = piece(
        """
        **kern  **kern
        2C      4c
        .       4d
        4D      .
        =       =
        4E      4e
        *-      *-
        """
    )
    assert [events(part) for part in score.parts] == [
        [(0, 480, 60), (480, 480, 62), (1440, 480, 64)], [(0, 960, 48), (960, 480, 50), (1440, 480, 52)]
    ]  # fmt: skip


def test_spines_that_follow_one_another_are_pieces() -> None:
    scores = kern.read(b"!!!OTL: One\n**kern\n4c\n*-\n!!!OTL: Two\n**kern\n4d\n*-\n")
    assert [(score.title, score.parts[0].notes[0].pitch) for score in scores] == [("One", 60), ("Two", 62)]


# Signatures, tempo, marks


@pytest.mark.parametrize(
    ("tokens", "key"),
    [
        (("*k[f#c#]", "*D:"), "D major"), (("*k[f#c#]", "*b:"), "B minor"), (("*e:",), "E minor"),
        (("*k[]", "*d:dor"), "D dorian"), (("*k[b-]", "*g:"), "G minor"), (("*k[b-e-a-d-]", "*A-:"), "Ab major"),
        (("*k[b-]", "*G:"), "D minor"), (("*b:", "*k[f#c#]"), "B minor"),
    ],
)  # fmt: skip
def test_key(tokens: tuple[str, ...], key: str) -> None:
    score = piece("\n".join(["**kern", *tokens, "4d", "*-"]))
    assert [each.text for each in score.keys] == [key]


def test_a_key_that_analyses_changes_no_signature() -> None:
    score = piece("**kern\n*k[]\n*C:\n4c\n*G:\n4g\n=\n*k[f#]\n*G:\n4g\n*-")
    assert [(key.start, key.text) for key in score.keys] == [(0, "C major"), (960, "G major")]


@pytest.mark.parametrize(
    ("token", "bar", "meter"), [("*M3/4", "2.c", "3/4"), ("*M2+3/8", "2c 8d", "5/8"), ("*M6/8", "2.c", "6/8")]
)
def test_meter(token: str, bar: str, meter: str) -> None:
    lines = ["**kern", token, *bar.split(), "=", *bar.split(), "==", "*-"]
    assert piece("\n".join(lines)).meters == (Meter.parse(meter),)


def test_meter_changes_with_its_bar_even_if_written_before_the_barline() -> None:
    score = piece("**kern\n*M2/4\n2c\n*M3/4\n=\n2.d\n=\n2.e\n*-")
    assert [(meter.start, meter.text) for meter in score.meters] == [(0, "2/4"), (960, "3/4")]


def test_pickup() -> None:
    score = piece("**kern\n*M3/4\n4c\n=1\n2.d\n=2\n2.e\n==\n*-")
    assert score.pickup == 480
    assert [bar.number for bar in timing.bars(score)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("line", "bpm"),
    [("*MM96", 96), ("*MM72.5", 72.5), ("!!!OMD: Presto. [dotted-half]= 120.", 360), ("!!!OMD: Andante", 120)],
)
def test_tempo(line: str, bpm: float) -> None:
    score = piece(f"**kern\n4c\n=\n{line}\n4d\n*-")
    assert score.tempi[-1].bpm == bpm


def test_title_and_composer() -> None:
    score = piece("!!!COM: Moniuszko, Stanisław\n!!!OTL@@POL: Prząśniczka\n!!!OTL: Other\n**kern\n4c\n*-")
    assert (score.title, score.composer) == ("Prząśniczka", "Stanisław Moniuszko")


def test_dynamics_are_of_the_part_that_they_belong_to() -> None:
    score = piece(
        """
        **kern   **dynam  **kern   **kern   **dynam
        *part2   *part2   *part1   *part1   *part1
        *staff3  *staff3  *staff2  *staff1  *staff1/2
        4C       pp       4c       4e       .
        .        .        .        .        .
        4D       sf       4d       4f       f <
        4E       .        4e       4g       poco
        *-       *-       *-       *-       *-
        """
    )
    assert [[note.velocity for note in part.notes] for part in score.parts] == [
        [80, 96, 96],
        [80, 96, 96],
        [33, 112, 33],
    ]


def test_a_mark_under_a_long_note_begins_inside_it() -> None:
    score = piece("**kern  **dynam\n2c  f\n.  p\n2d  .\n*-  *-")
    assert [note.velocity for note in score.parts[0].notes] == [96, 49]


# Repeats


def test_repeat_signs_are_played() -> None:
    assert letters("=1", "4c", "=2!|:", "4d", "=3:|!", "4e", "==") == "CDDE"
    assert letters("4c", "=:|!|:", "4d", "=:|!", "4e", "==:|!") == "CCDDEE"


def test_the_order_of_labelled_passages_is_played() -> None:
    lines = ("*>[A,A1,A,A2,B]", "*>A", "4c", "=", "*>A1", "4d", "=:|!", "*>A2", "4e", "=", "*>B", "4f", "==")
    score = piece("\n".join(["**kern", "*M1/4", *lines, "*-"]))
    assert letters(*lines) == "CDCEF"
    assert score.sections == (Section(0, "A"), Section(960, "A"), Section(1920, "B"))


def test_a_passage_without_an_order_may_come_again() -> None:
    score = piece("**kern\n*M1/4\n*>A\n4c\n=\n*>B\n4d\n=\n*>A\n4c\n==\n*-")
    assert score.sections == (Section(0, "A"), Section(480, "B"), Section(960, "A"))


def test_an_order_with_a_label_that_is_nowhere_leaves_the_signs() -> None:
    assert letters("*>[A,X]", "*>A", "4c", "=:|!", "4d", "==") == "CCD"


def test_another_version_of_the_order_is_passed_over() -> None:
    assert letters("*>norep[A,B]", "*>[A,A,B]", "*>A", "4c", "=", "*>B", "4d") == "CCD"


# Instruments


def test_a_transposed_spine_sounds_as_its_instrument_and_a_transposing_instrument_as_it_stands() -> None:
    score = piece(
        """
        **kern     **kern
        *Iclrno    *Iclars
        *Trd-1c-2  *ITrd1c2
        *k[]       *k[f#c#]
        4cc        4dd
        *-         *-
        """
    )
    assert [part.notes[0].pitch for part in score.parts] == [74, 74]
    assert [part.program for part in score.parts] == [71, 56]
    assert score.keys[0].text == "D major"


def test_an_octave_clef_and_an_octave_line_change_print_alone() -> None:
    assert spine("*clefGv2", "4c", "*8va", "4d", "*X8va", "4e") == [(0, 480, 60), (480, 480, 62), (960, 480, 64)]


def test_two_staves_of_a_piano_are_its_hands_and_one_grand_staff() -> None:
    score = piece(
        """
        **kern   **kern   **kern
        *part2   *part2   *part1
        *staff3  *staff2  *staff1
        *Ipiano  *Ipiano  *Isoprn
        4C       4c       4cc
        *-       *-       *-
        """
    )
    assert [(part.name, part.program) for part in score.parts] == [("Soprano", 52), ("Right Hand", 0), ("Left Hand", 0)]
    assert joined(score.parts, timing.bars(score)) == [(0,), (1, 2)]


def test_three_staves_of_an_organ_have_a_pedal() -> None:
    score = piece("**kern  **kern  **kern\n*part1  *part1  *part1\n*Iorgan  *  *\n4CC  4c  4cc\n*-  *-  *-")
    assert [part.name for part in score.parts] == ["Right Hand", "Left Hand", "Pedal"]


def test_two_spines_of_one_name_and_instrument_are_hands() -> None:
    score = piece('**kern  **kern\n*I"PIANO.  *I"PIANO.\n*Ipiano  *Ipiano\n*part2  *part1\n4C  4c\n*-  *-')
    assert [part.name for part in score.parts] == ["Right Hand", "Left Hand"]


@pytest.mark.parametrize(
    ("name", "clean", "program"),
    [
        ("[Basso.]", "Basso", 52), ("Baſso continuo:", "Basso continuo", 19), ("Clarini", "Clarini", 56),
        ("Skrzypce", "Skrzypce", 40), ("Cornu Primo.", "Cornu Primo", 60), ("Violone", "Violone", 43),
    ],
)  # fmt: skip
def test_names_of_instruments(name: str, clean: str, program: int) -> None:
    (part,) = piece(f'**kern\n*I"{name}\n4c\n*-').parts
    assert (part.name, part.program) == (clean, program)


def test_percussion_is_drums() -> None:
    (part,) = piece("**kern\n*Ibdrum\n4Re\n4Re\n*-").parts
    assert part.is_drums
    assert [note.pitch for note in part.notes] == [35, 35]


# Errors and files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("**kern\n4c\t4d\n*-\n", "line 2: 2 columns where 1 spines are open"),
        ("4c\n**kern\n", "line 1: '4c' stands before any spine"),
        ("**kern\nc\n*-\n", "line 2: note 'c' has no duration"),
        ("**kern\n4" + "g" * 9 + "\n*-\n", "sounds at MIDI number 163"),
        ("**kern\n99999c\n*-\n", "line 2: duration '99999'"),
        ("**kern\n4%0c\n*-\n", "line 2: duration '4%0' is nothing"),
        ("**kern\t**kern\n*x\t*\n", "line 2: \\*x changes the places of two spines"),
        ("**text\nwords\n*-\n", "no \\*\\*kern spine with music"),
    ],
)
def test_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        kern.read(text.encode())


def test_it_is_known_by_its_content_and_its_ending() -> None:
    assert detect_both(b"!!!COM: Nobody\r\n**kern\r\n4c\r\n*-\r\n") == ["kern", "kern"]


def detect_both(data: bytes) -> list[str]:
    return [formats.detect(data), formats.by_extension("tune.KRN")]


def test_old_encodings_and_line_ends() -> None:
    data = "!!!OTL: Dumka żałosna\r\n**kern\r\n4c\r\n*-\r\n"
    for encoding in ("utf-8", "utf-8-sig"):
        assert kern.read(data.encode(encoding))[0].title == "Dumka żałosna"


# Writing


def test_written_and_read_again() -> None:
    right = tuple(Note(960 + 160 * index, 160, 72 + index) for index in range(6))
    score = Score(
        parts=(
            Part(
                "Violin", (Note(0, 480, 76), Note(480, 1920, 79), Note(2400, 360, 74), Note(2760, 120, 73)), program=40
            ),
            Part("Right Hand", (*right, Note(1920, 960, 60), Note(1920, 480, 67), Note(2400, 480, 66))),
            Part("Left Hand", (Note(480, 2400, 36), Note(960, 480, 48), Note(1440, 720, 50))),
        ),
        meters=(Meter(0, 3, 4), Meter(1920, 2, 4)),
        pickup=480,
        title="Typed\tin",
        composer="Nobody",
        sections=(Section(480, "A"), Section(1920, "B")),
    )
    (again,) = kern.read(kern.write(score))
    assert [events(part) for part in again.parts] == [events(part) for part in score.parts]
    assert [(part.name, part.program) for part in again.parts] == [(part.name, part.program) for part in score.parts]
    assert (again.meters, again.pickup, again.sections) == (score.meters, 480, score.sections)
    assert (again.title, again.composer) == ("Typed in", "Nobody")
