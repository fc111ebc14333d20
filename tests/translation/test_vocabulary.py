"""Chinese words and full-width signs are read wherever English ones are."""

from __future__ import annotations

import pytest

import firmus
from firmus.brief_fields import bar_numbers, chord_bars, mood
from firmus.composing.selection import find_part
from firmus.errors import InvalidBrief
from firmus.score import Chord, Key, Note, Part, Score
from firmus.tasks.explain.model_reading import find_note
from firmus.translation import vocabulary
from firmus.work import Brief


@pytest.mark.parametrize(
    ("field", "chinese", "english"),
    [
        ("key", "G大调", "G major"),
        ("key", "降E大调", "Eb major"),
        ("key", "升f小调", "F# minor"),
        ("key", "ｇ小调", "G minor"),
        ("style", "合唱", "choir"),
        ("style", "众赞歌", "chorale"),
        ("mood", "平静", "calm"),
        ("mood", "0.3，－0.5", "0.3,-0.5"),
        ("quantise", "自动", "auto"),
        ("quantise", "９２", "92"),
        ("meter", "３／４", "3/4"),
        ("meter", "八六拍", "6/8"),
        ("form", "三段体", "ABA"),
        ("form", "ＡＡＢＡ", "AABA"),
        ("chords", "a小三和弦、降B大三和弦，Ｃ７", "Am Bb,C7"),
        ("bars", "９－１２", "9-12"),
        ("bars", "第9至12小节", "9-12"),
    ],
)
def test_a_brief_reads_chinese(field, chinese, english):
    assert getattr(Brief(**{field: chinese}), field) == english


def test_every_word_of_the_vocabulary_is_read_as_it_is_shown():
    for words, field in ((vocabulary.STYLES, "style"), (vocabulary.GENRES, "genre"), (vocabulary.MOODS, "mood")):
        for name, all_words in words.items():
            assert {getattr(Brief(**{field: each}), field) for each in all_words} == {name}
    for tonic in ("C", "Eb", "F#", "Bb"):
        for mode in ("major", "minor"):
            name = f"{tonic} {mode}"
            assert Key.parse(vocabulary.key(vocabulary.key_text(name))).text == name
    for quality in set(vocabulary.QUALITIES) - {""}:
        assert isinstance(Chord.parse(vocabulary.chords(f"升F{quality}和弦")), Chord)


def test_lists_and_ranges_take_chinese_signs():
    brief = Brief(parts="女高音、男高音", loose="调，和弦", ranges={"女低音": "Ｆ３－Ｄ５"})
    assert brief.parts == ("女高音", "男高音")
    assert brief.loose == ("key", "chords")
    assert bar_numbers(Brief(bars="3、5，9到12").bars) == ((3, 3), (5, 5), (9, 12))
    assert chord_bars(Brief(chords="Am，F｜Ｃ").chords)[1][0].text == "C"
    assert mood(Brief(mood="欢快").mood) == mood("happy")


def test_what_is_no_word_is_refused_as_it_was_written():
    with pytest.raises(InvalidBrief, match="H大调"):
        Brief(key="H大调")
    with pytest.raises(InvalidBrief, match="兴高采烈"):
        Brief(mood="兴高采烈")


def test_parts_are_found_by_names_in_either_language():
    notes = (Note(0, 1920, 60),)
    score = Score((Part("Soprano", notes), Part("女低音", notes), Part("男高音 1", notes), Part("二胡", notes)))
    assert [find_part(score, name) for name in ("女高音", "alto", "男高音", "二胡", "４")] == [0, 1, 2, 3, 3]
    assert find_note(score, "第1小节第2拍，女低音") == (1, 0)


def test_composing_obeys_a_brief_in_chinese_as_one_in_english():
    options = {"bars": 2, "seed": 3, "model": "recurrent"}
    chinese = firmus.compose(style="合唱", key="降E大调", parts="女高音、男低音", ranges={"女高音": "C4-G5"}, **options)
    english = firmus.compose(
        style="choir", key="Eb major", parts="soprano,bass", ranges={"soprano": "C4-G5"}, **options
    )
    assert chinese.score == english.score
