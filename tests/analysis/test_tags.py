"""Tags: what people look for music by, said of what is measured."""

import pytest

from firmus.analysis.tags import MOODS, mood_word, tags, words
from firmus.score import Meter, Note, Part, Score, Tempo


def test_a_beat_is_that_of_the_meter():
    line = tuple(Note(240 * at, 240, 60 + at % 5) for at in range(24))
    found = tags(Score((Part("", line, 73),), meters=(Meter(0, 6, 8),), tempi=(Tempo(0, 90.0),)))
    assert (found.bpm, found.tempo, found.meter, found.instruments) == (60.0, "slow", "6/8", ("Flute",))


def test_drums_have_neither_mood_nor_character():
    strokes = tuple(Note(480 * at, 120, 38) for at in range(16))
    found = tags(Score((Part("Kit", strokes, is_drums=True),)))
    assert (found.mood, found.instruments, found.character) == ("", ("Drums",), ())
    assert words(found) == ("fast tempo", "drums")


def test_a_single_line_is_not_said_to_have_voices():
    line = tuple(Note(480 * at, 480, 60 + 7 * (at % 2)) for at in range(32))
    assert not {"independent voices", "thin texture", "moving bass"} & set(tags(Score((Part("", line),))).character)


@pytest.mark.parametrize(
    ("valence", "arousal", "word"),
    [(1, 0, "happy"), (0, 1, "energetic"), (-1, 0, "dark"), (0, -1, "quiet"), (-0.5, 0.5, "tense"), (0, 0, "neutral")],
)
def test_moods_go_round(valence, arousal, word):
    assert mood_word(valence, arousal) == word
    assert word in (*MOODS, "neutral")
