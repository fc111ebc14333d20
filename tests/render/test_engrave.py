from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from firmus.errors import FirmusError
from firmus.render import engrave, fonts
from firmus.score import Chord, Key, Meter, Note, Part, Score, Tempo


def musicxml(bars: int = 2, title: str = "Evening") -> str:
    """Melody of four quarters a bar, with the ids n0, n1, ..."""
    steps = "CDEFGABC"

    def note(index: int) -> str:
        pitch = f"<pitch><step>{steps[index % 8]}</step><octave>{5 if index % 8 == 7 else 4}</octave></pitch>"
        return f'<note id="n{index}">{pitch}<duration>1</duration><type>quarter</type></note>'

    attributes = (
        "<attributes><divisions>1</divisions><key><fifths>0</fifths></key><time><beats>4</beats>"
        "<beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
    )
    measures = "".join(
        f'<measure number="{bar + 1}">{attributes if bar == 0 else ""}'
        f"{''.join(note(4 * bar + beat) for beat in range(4))}</measure>"
        for bar in range(bars)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0">'
        f"<work><work-title>{title}</work-title></work><part-list><score-part id='P1'><part-name>Flute</part-name>"
        f"</score-part></part-list><part id='P1'>{measures}</part></score-partwise>"
    )


def note_ids(svg: str) -> list[str]:
    """Ids of the note groups in valid XML, in order."""
    root = ElementTree.fromstring(svg)
    groups = root.iter("{http://www.w3.org/2000/svg}g")
    return [group.get("id", "") for group in groups if "note" in (group.get("class") or "").split()]


@pytest.fixture(scope="module")
def long_pages() -> list[str]:
    return engrave.pages_of_musicxml(musicxml(200))


def test_every_note_is_a_group_with_its_id() -> None:
    assert note_ids(engrave.svg_of_musicxml(musicxml())) == [f"n{index}" for index in range(8)]


def test_long_pieces_have_pages_and_can_be_stacked(long_pages: list[str]) -> None:
    assert len(long_pages) > 1
    assert [name for page in long_pages for name in note_ids(page)] == [f"n{index}" for index in range(800)]
    tall = engrave.stacked(long_pages)
    assert note_ids(tall) == [f"n{index}" for index in range(800)]
    assert [page.count('class="num"') for page in long_pages[:2]] == [0, 1]  # the number of the page
    assert 'class="num"' not in tall
    names = re.findall(r'\bid="([^"]+)"', tall)
    assert len(names) == len(set(names))
    root = ElementTree.fromstring(tall)
    width, height = (float(root.get(name) or 0) for name in ("width", "height"))
    assert (width, height) == (engrave.PAGE_WIDTH, engrave.PAGE_HEIGHT * len(long_pages))


def test_for_the_screen_pages_end_with_the_music() -> None:
    root = ElementTree.fromstring(engrave.svg_of_musicxml(musicxml()))
    assert (root.get("viewBox") or "").split()[2] == str(engrave.PAGE_WIDTH)
    assert float((root.get("viewBox") or "").split()[3]) < engrave.PAGE_HEIGHT / 3


def test_every_reference_of_a_stacked_svg_has_its_goal(long_pages: list[str]) -> None:
    tall = engrave.stacked(long_pages)
    wanted = set(re.findall(r'href="#([^"]+)"', tall))
    assert wanted
    assert wanted <= set(re.findall(r'\bid="([^"]+)"', tall))


def test_same_music_same_svg() -> None:
    assert engrave.svg_of_musicxml(musicxml(30)) == engrave.svg_of_musicxml(musicxml(30))


def test_one_line_is_one_wide_page() -> None:
    lines = engrave.pages_of_musicxml(musicxml(100), "line")
    assert len(lines) == 1
    assert len(note_ids(lines[0])) == 400
    view = re.search(r'viewBox="0 0 (\d+) (\d+)"', lines[0])
    assert view is not None
    assert int(view[1]) > 10 * int(view[2])


def test_a_title_cannot_become_markup() -> None:
    svg = engrave.svg_of_musicxml(musicxml(title="&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Moon&quot; 春江"))
    assert "<script" not in svg
    assert "春江" in svg
    assert "".join(ElementTree.fromstring(svg).itertext()).count("<script>alert(1)</script>") == 1


def test_it_stands_alone(long_pages: list[str]) -> None:
    for page in long_pages:
        assert not re.search(r'(?:href|src)="(?!#)', page)
        assert "@import" not in page
        assert not page.startswith("<?xml")


def test_it_can_be_drawn() -> None:
    import io

    import numpy as np
    from PIL import Image

    svg = engrave.svg_of_musicxml(musicxml())
    picture = np.asarray(Image.open(io.BytesIO(engrave.png(svg, 800))).convert("L"))
    assert picture.shape[1] == 800
    assert 0.004 < (picture < 128).mean() < 0.2
    assert (picture[:60] < 128).any()  # the title, above the staff, in a font that comes along


def test_every_thread_can_engrave() -> None:
    score = Score((Part("", (Note(0, 480, 60),)),))
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as another:
        assert one.submit(engrave.svg, score).result() == another.submit(engrave.svg, score).result()


def test_a_child_process_gives_the_same(long_pages: list[str]) -> None:
    score = melody(200)
    assert engrave.pages(score, isolated=True) == engrave.pages(score)


def test_what_cannot_be_engraved_is_an_error() -> None:
    with pytest.raises(FirmusError, match="cannot engrave"):
        engrave.svg_of_musicxml("<score-partwise/>")
    with pytest.raises(FirmusError, match="cannot engrave"):
        engrave.svg_of_musicxml("no music at all")


def melody(count: int) -> Score:
    notes = tuple(Note(480 * index, 480, 60 + index % 12) for index in range(count))
    return Score(
        (Part("Flute", notes, program=73),),
        meters=(Meter(0, 3, 4),),
        keys=(Key(0, "F"),),
        title="A <b>tune</b>",
        composer="A. Nonymous",
    )


def test_a_score_is_engraved_note_by_note() -> None:
    score = melody(24)
    assert len(note_ids(engrave.svg(score))) == 24
    assert len(note_ids(engrave.line(score))) == 24
    svg = engrave.svg(score)
    assert svg.count("A &lt;b&gt;tune&lt;/b&gt;") == svg.count("A. Nonymous") == 1


@pytest.mark.parametrize(("meter", "tempo"), [((4, 4), 120), ((6, 8), 90), ((2, 2), 150), ((3, 16), 60)])
def test_tempo_marks_need_no_music_font(meter: tuple[int, int], tempo: float) -> None:
    score = replace(melody(12), meters=(Meter(0, *meter),), tempi=(Tempo(0, tempo),))
    svg = engrave.svg(score)
    assert not re.search("[\ue000-\uf8ff]", svg)
    assert "@font-face" not in svg
    marks = re.findall(r'class="tempo">(.*?)</text>', svg, re.DOTALL)
    assert len(marks) == 1
    assert "<path" in marks[0]
    assert re.search(r"=", marks[0].rpartition("<text")[2])


def test_accidentals_of_chords_need_no_music_font() -> None:
    svg = engrave.svg(replace(melody(12), chords=(Chord(0, "Bb"), Chord(1440, "F#", "m"))))
    assert not re.search("[\ue000-\uf8ff]", svg)
    marks = [re.sub("<[^>]*>", "", mark) for mark in re.findall(r'class="harm">(.*?)</text>', svg)]
    assert marks == ["B♭", "F♯m"]


def test_chord_symbols_overlap_neither_one_another_nor_the_heading() -> None:
    from PIL import ImageFont

    qualities = ["maj7", "m7b5", "7b9", "7sus4", "m7", "mM7", "", "7#9"]
    chords = tuple(Chord(480 * i, "Eb" if i % 3 else "F#", qualities[i % 8], "Ab" if i % 2 else "") for i in range(48))
    part = Part("Melody", tuple(Note(1920 * i, 1920, 72) for i in range(12)), 73)
    score = Score((part,), chords=chords, title="Chords", composer="X")
    page = engrave.pages(score)[0]
    serif = ImageFont.truetype(fonts.FILES[0], 337)
    accidental = ImageFont.truetype(fonts.FILES[2], 300)
    placed = []
    for x, y, inside in re.findall(r'class="harm"><text x="(\d+)" y="(\d+)"[^>]*>(.*?)</text>', page, re.DOTALL):
        text = re.sub("<[^>]*>", "", inside)
        width = sum((accidental if letter in "♭♯" else serif).getlength(letter) for letter in text)
        placed.append((int(y), int(x), width, text))
    assert [text for *_, text in placed[:4]] == ["F♯maj7", "E♭m7♭5/A♭", "E♭7♭9", "F♯7sus4/A♭"]
    assert len(placed) == len(chords)
    for one, other in pairwise(placed):
        assert one[0] < other[0] or one[1] + one[2] + 30 < other[1], (one, other)
    composer = re.search(r'y="(\d+)" text-anchor="end"[^>]*>X<', page)
    assert composer is not None
    assert int(composer[1]) < placed[0][0] - 337
