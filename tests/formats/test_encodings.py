"""Texts that are not UTF-8 are read right: names of parts and titles of a few characters, judged together."""

from __future__ import annotations

import pytest

from firmus import formats
from firmus.formats import _encodings, midi
from firmus.score import Note, Part, Score

CHINESE = (
    "钢琴",
    "二胡",
    "女高音",
    "第一乐章",
    "茉莉花",
    "梁山伯与祝英台",
    "琵琶",
    "笙",
    "二泉映月",
    "青花瓷",
    "音轨 1",
)
JAPANESE = ("ピアノ", "さくらさくら", "荒城の月", "赤とんぼ", "旋律", "千本桜", "右手", "尺八", "春よ、来い")
WESTERN = ("Flûte", "Für Elise", "Violão", "Canção do Mar", "Größe", "À toi", "© 1998", "Été", "Basson à l'octave")
TEXTS = [
    *((text, "gbk", "gb18030") for text in CHINESE),
    *((text, "cp932", "cp932") for text in JAPANESE),
    *((text, "latin-1", "cp1252") for text in WESTERN),
]


@pytest.mark.parametrize(("text", "encoding", "found"), TEXTS)
def test_a_short_text_alone_is_known(text, encoding, found):
    assert _encodings.detect([text.encode(encoding), b"Piano"]) == found
    assert _encodings.detect([text.encode(), b"Piano"]) == "utf-8"


@pytest.mark.parametrize(
    ("encoding", "names"), [("gbk", ("钢琴", "二胡")), ("cp932", ("ピアノ", "尺八")), ("latin-1", ("Flûte", "Größe"))]
)
def test_midi_names_and_titles_are_read(encoding, names):
    notes = (Note(0, 480, 60),)
    marks = [f"{number}MARK{number}" for number in range(len(names))]
    plain = midi.write(Score(tuple(Part(mark, notes) for mark in marks), title="TITLE"))
    for mark, name in zip(marks, names, strict=True):
        plain = _renamed(plain, mark.encode(), name.encode(encoding))
    score = formats.read_all(_as_others_write(plain))[0]
    assert [part.name for part in score.parts] == list(names)


def test_abc_and_musicxml_in_gbk_are_read():
    abc = "X:1\nT:茉莉花\nC:江苏民歌\nK:G\nB2 d2 e2 g2|]\n"
    assert formats.read(abc.encode("gbk")).title == "茉莉花"
    assert formats.read(abc.encode()).title == "茉莉花"
    score = Score((Part("二胡", (Note(0, 1920, 67),)),), title="二泉映月")
    xml = formats.encoded(score, "a.musicxml").decode()
    for declared, encoding in (("GB2312", "gbk"), ("GBK", "gbk"), ("UTF-8", "gbk"), ("Shift_JIS", "cp932")):
        renamed = xml if encoding == "gbk" else xml.replace("二泉映月", "荒城の月").replace("二胡", "尺八")
        data = renamed.replace("UTF-8", declared, 1).encode(encoding)
        assert formats.read(data).title == ("二泉映月" if encoding == "gbk" else "荒城の月")
    assert formats.read(xml.encode()) == score


def _renamed(data, old, new):
    """A MIDI file with a text of another length: that of the event, and that of its track."""
    place = data.index(old)
    assert data[place - 1] == len(old)
    head = data.rindex(b"MTrk", 0, place)
    length = int.from_bytes(data[head + 4 : head + 8]) + len(new) - len(old)
    body = data[head + 8 : place - 1] + bytes([len(new)]) + new + data[place + len(old) :]
    return data[: head + 4] + length.to_bytes(4) + body


def _as_others_write(data):
    """Without the mark by which a file of ours is known."""
    return data.replace(b"firmus:", b"others:")
