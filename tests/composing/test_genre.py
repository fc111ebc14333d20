"""The genre as a control: refused by weights that do not know it, a token for those that do."""

from dataclasses import replace

import pytest

from firmus.composing import controls
from firmus.composing.commission import begin
from firmus.errors import InvalidBrief
from firmus.runtime.weights import card
from firmus.tokens.events import vocabulary
from firmus.translation import vocabulary as words
from firmus.work import Brief


def test_weights_without_genres_refuse_one_in_a_line():
    with pytest.raises(InvalidBrief, match="genre 'mazurka': model 'composer' has not learnt genres; leave it out"):
        begin(Brief(style="piano", genre="玛祖卡"), "compose")


def test_weights_with_genres_take_theirs_alone():
    known = replace(card("composer"), facts={**card("composer").facts, "genres": ["mazurka", "waltz"]})
    controls.check_genre("waltz", known)
    with pytest.raises(InvalidBrief, match="mazurka"):
        controls.check_genre("mazurca", known)
    tokens = controls.tokens({"density": 0.5}, known, "piano", "waltz")
    assert vocabulary.name(tokens[0]) == "GENRE waltz"
    assert len(tokens) == 2


def test_every_genre_has_its_chinese():
    assert list(words.GENRES) == list(vocabulary.GENRES)
