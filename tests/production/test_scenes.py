"""Scenes: spotting notes are read, and what makes no sense costs one clear line."""

import pytest

from firmus.errors import InvalidBrief
from firmus.production import scenes


def test_moods_follow_each_other_to_the_end():
    spans = scenes.read("calm until 0:12, danger 0:12-0:20, release", 30)
    assert [(span.name, span.start, span.end, span.is_hit) for span in spans] == [
        ("calm", 0, 12, False), ("danger", 12, 20, True), ("release", 20, 30, False),
    ]  # fmt: skip


def test_a_mood_that_says_no_end_lasts_to_the_next():
    assert [span.end for span in scenes.read("calm, tense 0:10-0:20, 0.5/-0.5", 25)] == [10, 20, 25]


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("平静到0:12，危险0:12-0:20，释放", "calm until 0:12, danger 0:12-0:20, release"),
        ("平静直到 12 秒，危险从12秒到20秒，释放", "calm until 12, danger from 12 to 20, release"),
        ("平静到紧张 0:00至0:16，希望", "calm to tense 0:00-0:16, hope"),
        ("从神秘渐变为胜利", "mystery to triumph"),
        ("平静，重音 0:09", "calm, hit 0:09"),
        ("神秘，战斗 0:10-0:20，俏皮", "mystery, action 0:10-0:20, playful"),
    ],
)
def test_a_scene_in_chinese_is_that_in_english(chinese, english):
    def read(text):
        return [(each.start, each.end, each.valence, each.arousal, each.is_hit) for each in scenes.read(text, 30)]

    assert read(chinese) == read(english)


def test_every_mood_of_scenes_has_its_chinese():
    assert set(scenes.CHINESE) == set(scenes.WORDS)


def test_a_gradual_change_goes_there_in_even_steps():
    spans = scenes.read("calm to tense", 32)
    assert (spans[0].valence, spans[0].arousal) == (0.3, -0.6)
    assert (spans[-1].valence, spans[-1].arousal) == (-0.6, 0.6)
    assert [span.start for span in spans] == [0, 8, 16, 24]
    assert [span.arousal for span in spans] == sorted(span.arousal for span in spans)


def test_a_hit_divides_the_mood_that_it_falls_in():
    spans = scenes.read("calm, hit 0:09", 20)
    assert [(span.start, span.arousal, span.is_hit) for span in spans] == [(0, -0.6, False), (9, -0.6, True)]


def test_chinese_words_and_full_width_signs_are_read():
    assert [span.arousal for span in scenes.read("平静 until 0:12，紧张", 30)] == [-0.6, 0.6]


@pytest.mark.parametrize(
    ("text", "length", "words"),
    [
        ("calm until 0:50", 30, "hit point 0:50 is beyond the end, 0:30"),
        ("calm, hit 0:31", 30, "hit point 0:31 is beyond the end"),
        ("calm until 0:14, danger 0:12-0:20, release", 30, "begins while another mood lasts, until 0:14"),
        ("calm danger until 0:12, release", 30, "calm and danger at once"),
        ("calm until 0:10, danger 0:12-0:20, calm", 30, "nothing of 0:10 to 0:12"),
        ("calm until 0:12", 30, "nothing of 0:12 to the end"),
        ("calm, happy", 30, "says no end"),
        ("blissful", 30, "unknown mood 'blissful'"),
        ("calm until 0:01, tense", 30, "2 is the least"),
        ("calm", 0.3, "length 0.3 must be 2 to 3,600 seconds"),
        ("calm", 18000, "length 18000 must be 2 to 3,600 seconds"),
        ("", 30, "a scene of 0 moods"),
        ("calm until noon", 30, "unknown mood 'calm until noon'"),
        ("12-15", 30, "must be a mood and its times"),
        ("calm to tense to happy", 30, "a change has two moods"),
        ("5/5", 30, "valence 5.0 must be"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(text, length, words):
    with pytest.raises(InvalidBrief) as refused:
        scenes.read(text, length)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
