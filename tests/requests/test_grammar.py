"""Requests in plain words, held against 450 that somebody else wrote down, and 108 by the grammar's author."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from asked import BAND, PIECES, QUARTET, SONG
from firmus.errors import FirmusError, InvalidBrief
from firmus.requests.grammar import read, read_steps, stages
from firmus.score import Key, Section
from firmus.translation import translate

REQUESTS = json.loads((Path(__file__).parents[1] / "requests.json").read_text(encoding="utf-8"))


def understood(each):
    """What the grammar makes of a request, in the form of the file."""
    try:
        request = read(each["text"], PIECES[each["piece"]], each["selection"])
    except FirmusError:
        return {"question": True}
    fields = {**request.fields, **({"key": Key.parse(request.fields["key"]).text} if "key" in request.fields else {})}
    relative = {"relative": request.relative} if request.relative else {}
    return {**({"verb": request.verb} if request.verb else {}), **fields, **relative}


def share(requests):
    return sum(understood(each) == each["expected"] for each in requests) / len(requests)


def test_requests_that_were_written_before_the_grammar():
    assert share(REQUESTS[:300]) >= 0.99


def test_requests_that_were_written_after_it_by_somebody_who_had_not_seen_it():
    assert share(REQUESTS[300:450]) >= 0.98


def test_requests_by_its_author():
    assert share(REQUESTS[450:]) >= 0.95


@pytest.mark.parametrize("each", [each for each in REQUESTS if each["selection"]], ids=lambda each: str(each["id"]))
def test_of_a_selection_only_what_is_in_it_is_open_unless_the_words_name_more(each):
    wanted, found = each["expected"], understood(each)
    if wanted.get("verb") in ("infill", "vary") and found.get("verb") == wanted["verb"]:
        assert set(found["parts"]) <= set(wanted["parts"])


@pytest.mark.parametrize(
    ("text", "piece", "verb", "fields", "relative"),
    [
        ("make bars 5 to 8 calmer, keep the bass", QUARTET, "infill",
         {"bars": "5-8", "parts": ["Violin I", "Violin II", "Viola"]}, {"arousal": -1}),
        ("换个和声，旋律别动", SONG, "infill", {"bars": "1-16", "parts": ["Piano right", "Piano left"]}, {}),
        ("the beat is boring, write another one", BAND, "infill", {"bars": "1-8", "parts": ["Drums"]}, {}),
        ("contiune for 8 bars", QUARTET, "continue", {"bars": 8}, {}),
        ("吉他写得特别简单", BAND, "infill", {"density": 0.1, "bars": "1-8", "parts": ["Guitar"]}, {}),
        ("let a clarinet play the viola part", QUARTET, "",
         {"parts": ["Violin I", "Violin II", "clarinet", "Cello"]}, {}),
        ("transpose it up a minor third", SONG, "", {"key": "Bb major"}, {}),
        ("名字叫《夜行》", BAND, "", {"title": "夜行"}, {}),
        ("20% slower", BAND, "", {"tempo": 96.0}, {}),
        ("請把第五到第八小節改得平靜一些，低音保持不變", QUARTET, "infill",
         {"bars": "5-8", "parts": ["Violin I", "Violin II", "Viola"]}, {"arousal": -1}),
        ("续写十二小结", SONG, "continue", {"bars": 12}, {}),
        ("guitar in bars 1-2, no sorry, bars 3-4: again", BAND, "infill", {"bars": "3-4", "parts": ["Guitar"]}, {}),
        ("吉他，不对，是贝斯，重写", BAND, "infill", {"bars": "1-8", "parts": ["Bass"]}, {}),
        ("keep it simple in the cello", QUARTET, "infill", {"bars": "1-16", "parts": ["Cello"], "density": 0.2}, {}),
        ("I'd prefer an oboe to the voice", SONG, "", {"parts": ["oboe", "Piano right", "Piano left"]}, {}),
        ("the ending, bars 14 to 16, calmer", SONG, "infill",
         {"bars": "14-16", "parts": ["Voice", "Piano right", "Piano left"]}, {"arousal": -1}),
        ("arrange it for a wind quintet", SONG, "orchestrate", {"parts": ["wind quintet"]}, {}),
        ("改编成弦乐四重奏", SONG, "orchestrate", {"parts": ["string quartet"]}, {}),
        ("perform it with more feeling", QUARTET, "perform", {}, {}),
        ("make it sound less like a machine", SONG, "perform", {}, {}),
        ("harmonise the voice with modern chords", SONG, "harmonise", {"parts": ["Voice"], "harmony": "modern"}, {}),
        ("用传统和声给旋律配四部", SONG, "harmonise", {"parts": ["Voice"], "harmony": "traditional"}, {}),
        ("no drums in bars 5 to 6", BAND, "rest", {"bars": "5-6", "parts": ["Drums"]}, {}),
        ("mute the viola and the cello in the last two bars", QUARTET, "rest",
         {"bars": "15-16", "parts": ["Viola", "Cello"]}, {}),
        ("let the bass rest in bar 3", BAND, "rest", {"bars": "3", "parts": ["Bass"]}, {}),
        ("前四小节鼓不要打", BAND, "rest", {"bars": "1-4", "parts": ["Drums"]}, {}),
        ("silence the drums", BAND, "", {"parts": ["Melody", "Guitar", "Bass"]}, {}),
        ("除了最后一小节，什么都别改", SONG, "infill",
         {"bars": "16", "parts": ["Voice", "Piano right", "Piano left"]}, {}),
    ],
)  # fmt: skip
def test_examples(text, piece, verb, fields, relative):
    request = read(text, piece)
    assert (request.verb, request.fields, request.relative) == (verb, fields, relative)


@pytest.mark.parametrize(
    ("text", "piece", "asked"),
    [
        ("louder please", QUARTET, "how loud it is"), ("make it better", SONG, "what should change"),
        ("make the chorus happier", SONG, "no such mark"), ("the oboe should be higher", QUARTET, "no 'oboe'"),
        ("rewrite bars 17 to 20", QUARTET, "bars 1 to 16"), ("make it sadder", None, "no piece is open"),
        ("something like Chopin", None, "named artist"), ("bars 5-8 higher and lower", QUARTET, "at once"),
        ("keep all parts, but sadder", BAND, "no part is left"), ("那一段改一下", QUARTET, "which bars"),
        ("", BAND, "1 to 2,000 characters"),
        ("humanise the drums", QUARTET, "no drums"), ("cut the last four bars", QUARTET, "cannot be taken out"),
        ("piano up an octave", SONG, "octaves"),
        ("the ending slower", SONG, "whole piece"), ("busy but sparse", BAND, "at once"),
        ("什么都别改", BAND, "what should change"), ("in C major and D minor", QUARTET, "at once"),
        ("bars 5 to 8 should be groovier", BAND, "'groovier' is not understood"),
        ("帮我填个词", QUARTET, "words that are sung"),
        ("人声呢？", SONG, "what should change"), ("what about the viola?", QUARTET, "what should change"),
        ("x" * 3000, None, "1 to 2,000 characters"), ("bars 5 to 8 calmer and more purple", QUARTET, "'purple'"),
        ("第5到8小节安静一点，像饼干", QUARTET, "饼干"), ("a sad waltz for piano, velvety", None, "'velvety'"),
        ("no drums in bars 5 to 6 and faster", BAND, "tempo: cannot be asked for"),
        ("arrange bars 5 to 8 for a wind quintet", QUARTET, "bars: cannot be asked for"),
        ("arrange it for a wind quintet, keep the bass", QUARTET, "parts: cannot be asked for"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_asked_back_in_one_line_in_both_languages(text, piece, asked):
    with pytest.raises(InvalidBrief) as caught:
        read(text, piece)
    message = str(caught.value)
    chinese = translate(message, "zh")
    assert asked in message
    assert "\n" not in message
    assert any("一" <= letter <= "鿿" for letter in chinese), message
    for example in re.findall(r"such as '([^']+)'|例如“([^”]+)”", f"{message}; {chinese}", re.IGNORECASE):
        for stage in stages("".join(example)):
            assert read_steps(stage, None if "no piece" in message else QUARTET)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("the same theme, for strings, half as long, sad",
         [("", {"bars": 8}, {}), ("", {"key": "G minor"}, {}), ("", {}, {"tempo": -1}),
          ("orchestrate", {"parts": ["string quartet"]}, {})]),
        ("同样的主题，给弦乐，长度减半，悲伤",
         [("", {"bars": 8}, {}), ("", {"key": "G minor"}, {}), ("", {}, {"tempo": -1}),
          ("orchestrate", {"parts": ["string quartet"]}, {})]),
        ("the same tune but happier, in D", [("", {"key": "D major"}, {}), ("", {}, {"tempo": 1})]),
        ("arrange for flute, clarinet and bassoon, faster, expressively",
         [("", {}, {"tempo": 1}), ("orchestrate", {"parts": ["flute", "clarinet", "bassoon"]}, {}),
          ("perform", {}, {})]),
        ("主题不变，改编成木管五重奏，快一点",
         [("", {}, {"tempo": 1}), ("orchestrate", {"parts": ["wind quintet"]}, {})]),
        ("缩短到8小节", [("", {"bars": 8}, {})]), ("make it 8 bars long", [("", {"bars": 8}, {})]),
        ("in the order 9-16, 1-8, 1-8", [("", {"bars": "9-16,1-8,1-8"}, {})]),
        ("按第9到16小节、第1到8小节的顺序重新排列", [("", {"bars": "9-16,1-8"}, {})]),
        ("in the order B, A, B", [("", {"bars": "9-16,1-8,9-16"}, {})]),
    ],
)  # fmt: skip
def test_a_piece_is_reworked_in_steps(text, steps):
    piece = replace(SONG, sections=(Section(0, "A"), Section(8 * 1440, "B")))
    assert [(each.verb, each.fields, each.relative) for each in read_steps(text, piece)] == steps


def test_with_its_notes_kept_a_piece_is_not_made_busier():
    for text in ("the same theme, busier", "主题不变，更密一点"):
        with pytest.raises(InvalidBrief, match="density"):
            read_steps(text, SONG)


def test_a_section_is_known_by_its_mark():
    piece = replace(SONG, sections=(Section(0, "Verse"), Section(8 * 1440, "Chorus")))
    for text in ("make the chorus happier", "副歌欢快一点"):
        request = read(text, piece)
        assert (request.fields["bars"], request.relative) == ("9-16", {"valence": 1})


if __name__ == "__main__":
    for title, some in (
        ("1 to 300", REQUESTS[:300]),
        ("301 to 450", REQUESTS[300:450]),
        ("451 to 558", REQUESTS[450:]),
    ):
        print(f"requests {title}: {share(some):.1%} as expected")
