"""What every representation promises; a new file in the folder is tested without a line here."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmus import plugins
from firmus.errors import TokenError
from firmus.score import Score
from strategies import scores

REPRESENTATIONS = plugins.names("firmus.tokens")
relaxed = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
representations = pytest.mark.parametrize("name", REPRESENTATIONS)


def encoded(module, score):
    try:
        return module.encode(score)
    except TokenError:
        return None


@representations
@relaxed
@given(st.data())
def test_decoding_an_encoded_score_gives_the_quantised_score(name, data):
    module = plugins.load("firmus.tokens", name)
    score = data.draw(scores())
    tokens = encoded(module, score)
    if tokens is not None:
        quantised = module.quantise(score)
        assert module.decode(tokens) == quantised
        assert module.quantise(quantised) == quantised


@representations
@relaxed
@given(numbers=st.lists(st.integers(-10, 3000), max_size=300))
def test_any_array_decodes_to_a_valid_score(name, numbers):
    module = plugins.load("firmus.tokens", name)
    assert isinstance(module.decode(np.array(numbers, np.int64)), Score)


@representations
def test_long_random_arrays_decode_to_valid_scores(name):
    module, generator = plugins.load("firmus.tokens", name), np.random.default_rng(0)
    for _ in range(300):
        score = module.decode(generator.integers(-5, module.VOCABULARY + 5, 800))
        assert module.quantise(module.quantise(score)) == module.quantise(score)


@representations
@relaxed
@given(st.data())
def test_examples_keep_to_the_vocabulary_and_the_length(name, data):
    module = plugins.load("firmus.tokens", name)
    score = data.draw(scores(max_parts=4, drums=False))
    if encoded(module, score) is None:
        return
    generator = np.random.default_rng(data.draw(st.integers(0, 1000)))
    example = module.example(module.prepare(score), generator, 256, True)
    assert len(example.tokens) == len(example.slots) == len(example.given) <= 256
    assert example.tokens.min() >= 0
    assert example.tokens.max() < module.VOCABULARY
    assert example.given[0]
    _, place, part = example.slots.T
    assert example.slots[:, 1:].min() >= 0
    assert place.max() < module.PLACES
    assert part.max() < module.PARTS


@representations
@relaxed
@given(st.data())
def test_slots_are_the_same_told_at_once_or_piece_by_piece(name, data):
    module = plugins.load("firmus.tokens", name)
    tokens = encoded(module, data.draw(scores(max_parts=4, drums=False)))
    if tokens is not None and len(tokens) > 1:
        cut = data.draw(st.integers(1, len(tokens)))
        assert (module.slots(tokens[:cut]) == module.slots(tokens)[:cut]).all()


@representations
def test_the_docstring_says_what_paper_and_conventions(name):
    module = plugins.load("firmus.tokens", name)
    for heading in ("What it is", "Paper", "Conventions"):
        assert heading in module.__doc__
    assert module.TITLE
