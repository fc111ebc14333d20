"""Arrival times: the numbers of the published vocabulary, and what a line keeps of a score."""

import numpy as np
import pytest

from firmus.errors import RecipeError, TokenError
from firmus.learning import recipe
from firmus.score import Note, Part, Score, Tempo
from firmus.tokens import arrival as a


def test_the_numbers_are_those_of_the_published_models():
    assert (a.TIME, a.DURATION, a.NOTE, a.REST) == (0, 10_000, 11_000, 27_512)
    assert (a.CONTROL, a.SEPARATOR, a.AUTOREGRESS, a.ANTICIPATE) == (27_513, 55_025, 55_026, 55_027)
    assert a.VOCABULARY == 55_028


def test_a_line_is_what_the_paper_says():
    """A middle C of a violin for half a second, a snare after three and a half, rests between: worked out by hand."""
    violin, drums = Part("", (Note(0, 480, 60),), 40), Part("", (Note(3360, 1, 38),), is_drums=True)
    line = a.encode(Score((violin, drums)))
    c, snare = 11_000 + 40 * 128 + 60, 11_000 + 128 * 128 + 38
    rests = [token for second in (100, 200, 300) for token in (second, 10_000, 27_512)]
    assert line.tolist() == [55_026, 0, 10_050, c, *rests, 350, 10_001, snare]


def test_what_is_known_beforehand_decodes_with_the_rest():
    rows = np.array([[5, 50, 60], [30, 20, 64]])
    line = np.concatenate([[a.ANTICIPATE], a.tokens(rows[:1], control=True), a.tokens(rows[1:])])
    notes = a.decode(line).parts[0].notes
    assert [(note.start, note.duration, note.pitch) for note in notes] == [(50, 500, 60), (300, 200, 64)]


def test_a_triple_half_of_which_is_known_beforehand_is_none():
    assert not a.decode(np.array([0, 10_050 + a.CONTROL, 11_060])).parts


def test_tempo_changes_become_time():
    score = Score((Part("", (Note(0, 480, 60), Note(480, 480, 62))),), tempi=(Tempo(0, 60), Tempo(480, 120)))
    assert a.triples(score).tolist() == [[0, 100, 60], [100, 50, 62]]


def test_what_lasts_longer_than_the_vocabulary_is_cut_or_refused():
    long = Score((Part("", (Note(0, 480 * 60, 60),)),))
    assert a.triples(long)[0, 1] == 999
    late = Score((Part("", (Note(480 * 2 * 101, 480, 60),)),))
    with pytest.raises(TokenError, match="arrival times are those of 100 s"):
        a.encode(late)
    assert a.triples(late).tolist() == [[10_100, 50, 60]]


def test_no_recipe_can_train_it():
    text = 'name = "x"\ndescription = "x"\nmodel = "transformer"\nrepresentation = "arrival"\n'
    text += '[data]\nsets = ["jsb"]\n[training]\nsteps = 1\n'
    with pytest.raises(RecipeError, match="that of others' models"):
        recipe.parse(text)
