"""What every representation promises; a new file in the folder is tested without a line here."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmus import plugins
from firmus.errors import TokenError
from firmus.score import Meter, Note, Part, Score
from strategies import scores

REPRESENTATIONS = plugins.names("firmus.tokens")
relaxed = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
representations = pytest.mark.parametrize("name", REPRESENTATIONS)
KINDS = {name: plugins.load("firmus.tokens", name).KIND for name in REPRESENTATIONS}
sequences = pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind == "sequence"])
rasters = pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind == "raster"])

sounds = pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind == "sound"])


def band():
    """Four bars of 4/4 that differ, of a melody, a bass and drums."""
    generator = np.random.default_rng(1)
    melody = tuple(Note(240 * i, 200, int(60 + generator.integers(0, 12))) for i in range(32))
    bass = tuple(Note(480 * i, 400, int(36 + generator.integers(0, 12))) for i in range(16))
    drums = tuple(Note(240 * i, 60, int(generator.choice([36, 38, 42])), 40 + i) for i in range(32))
    parts = Part("Tune", melody, 73), Part("Bass", bass, 33), Part("Drums", drums, is_drums=True)
    return Score(parts, meters=(Meter(0, 4, 4),))


def encoded(module, score):
    try:
        return module.encode(score)
    except TokenError:
        return None


def test_every_representation_is_of_a_kind_that_is_tested():
    assert set(KINDS.values()) == {"sequence", "raster", "sound", "borrowed"}


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


@sequences
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


@sequences
@relaxed
@given(st.data())
def test_slots_are_the_same_told_at_once_or_piece_by_piece(name, data):
    module = plugins.load("firmus.tokens", name)
    tokens = encoded(module, data.draw(scores(max_parts=4, drums=False)))
    if tokens is not None and len(tokens) > 1:
        cut = data.draw(st.integers(1, len(tokens)))
        assert (module.slots(tokens[:cut]) == module.slots(tokens)[:cut]).all()


@rasters
@relaxed
@given(st.data())
def test_windows_keep_to_the_columns_and_to_whole_bars(name, data):
    module = plugins.load("firmus.tokens", name)
    score = data.draw(scores())
    if encoded(module, score) is None:
        return
    generator = np.random.default_rng(data.draw(st.integers(0, 1000)))
    bars = data.draw(st.integers(1, 3))
    window = module.cut(module.prepare(score, "folk"), generator, bars, True)
    if window is not None:
        assert window.values.shape == (bars * window.bar, len(module.COLUMNS))
        assert window.bar <= module.PLACES
        assert window.values.min() >= 0
        assert (window.values < np.array(module.COLUMNS)).all()
        assert window.style == "folk"


@rasters
def test_a_window_is_what_stands_there(name):
    module = plugins.load("firmus.tokens", name)
    score = band()
    prepared = module.prepare(score)
    whole = module.encode(score)
    seen = set()
    for seed in range(40):
        window = module.cut(prepared, np.random.default_rng(seed), 2, False)
        assert window is not None
        starts = [first for first in range(0, 48, 16) if (whole[first + 1 : first + 32] == window.values[1:]).all()]
        assert starts
        seen.update(starts)
    assert len(seen) == 3


@rasters
def test_a_score_too_long_for_a_table_is_refused(name):
    module = plugins.load("firmus.tokens", name)
    with pytest.raises(TokenError, match="sixteenths: this raster holds"):
        module.encode(Score((Part("", (Note(2**30, 10, 60),)),)))


@sounds
def test_examples_of_sound_hear_what_is_played(name):
    module = plugins.load("firmus.tokens", name)
    prepared = module.prepare(band())
    assert len(prepared["levels"]) == len(prepared["raster"])
    generator = np.random.default_rng(1)
    for transpose in (True, False):
        drawn = module.example(prepared, generator, 1000, transpose)
        assert len(drawn.levels) == len(drawn.keys) == 1000
        assert drawn.keys.max() < module.VOCABULARY
        assert drawn.levels.max() > 100
        assert (drawn.keys > 1).sum() > 3
    short = module.example({each: values[:50] for each, values in prepared.items()}, generator, 200, False)
    assert len(short.levels) == 200
    assert not short.keys[50:].any()


@sounds
def test_sound_that_is_played_twice_is_the_same(name):
    module = plugins.load("firmus.tokens", name)
    one, other = (module.prepare(band()) for _ in range(2))
    assert all((one[each] == other[each]).all() for each in one)


@representations
def test_the_docstring_says_what_paper_and_conventions(name):
    module = plugins.load("firmus.tokens", name)
    for heading in ("What it is", "Paper", "Conventions"):
        assert heading in module.__doc__
    assert module.TITLE
