"""The cache: rows of their own, in fp32 or in eight bits."""

import hashlib

import numpy as np
import pytest
import torch

from firmus.learning.quantising import eight_bit_cache, quantise
from firmus.models import transformer
from firmus.runtime.stepper import Stepper
from firmus.runtime.weights import Card

SHAPE = transformer.Shape(vocabulary=100, places=20, parts=5, quarter=24)
SIZES = {"length": 64}


def stepper_of(model, folder):
    data = model.SerializeToString()
    (folder / "model.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Stepper(Card("x", "", "", "stepper", "events", (), (), (), SIZES, digest, {}, folder), threads=1)


def graph():
    torch.manual_seed(4)
    network = transformer.build(transformer.Config(width=128, layers=2, key_heads=2, dropout=0.0), SHAPE).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(2)
    return transformer.graph(network)


def rows(stepper, generator):
    """Four rows at different places, and for each a token to be read next."""
    state = stepper.start(64, 4)
    for row, size in enumerate((30, 3, 17, 55)):
        stepper.feed(generator.integers(0, 100, size), np.zeros((size, 3), int), state, row)
    return state, generator.integers(0, 100, 4), generator.integers(0, 5, (4, 3))


@pytest.mark.parametrize("kind", ["fp32", "int8", "int8 cache"])
def test_rows_at_different_places_equal_their_separate_runs(kind, tmp_path):
    model = graph() if kind == "fp32" else quantise(graph())
    if kind == "int8 cache":
        model = eight_bit_cache(
            model, {f"{name}{i}": np.full((2, 64), 2.0) for name in ("key", "value") for i in (0, 1)}
        )
    stepper = stepper_of(model, tmp_path)
    alone, tokens, slots = rows(stepper, np.random.default_rng(5))
    expected = [stepper.feed(tokens[row : row + 1], slots[row : row + 1], alone, row) for row in range(4)]
    together, *_ = rows(stepper, np.random.default_rng(5))
    assert np.array_equal(stepper.step(tokens, slots, together), expected)
    unguarded, *_ = rows(stepper, np.random.default_rng(5))
    found = stepper._run(tokens[:, None], slots[:, None], unguarded, 0)
    assert np.abs(found - expected).max() < 2e-6 * np.abs(expected).max()


def test_a_cache_in_eight_bits_changes_little(tmp_path):
    stepper = stepper_of(graph(), tmp_path)
    state, tokens, slots = rows(stepper, np.random.default_rng(6))
    expected = stepper.step(tokens, slots, state)
    peaks = {name: np.abs(buffer).max(axis=(0, 2)) for name, buffer in state.buffers.items()}
    smaller = stepper_of(eight_bit_cache(graph(), peaks), tmp_path)
    state, tokens, slots = rows(smaller, np.random.default_rng(6))
    assert {buffer.dtype for buffer in state.buffers.values()} == {np.dtype("int8")}
    found = smaller.step(tokens, slots, state)
    assert 0 < np.abs(found - expected).max() < 0.03 * np.abs(expected).max()


def test_a_prompt_and_its_tokens_one_by_one_fill_the_cache_alike(tmp_path):
    stepper, generator = stepper_of(graph(), tmp_path), np.random.default_rng(7)
    tokens, slots = generator.integers(0, 100, 20), np.zeros((20, 3), int)
    whole, parts = stepper.start(32), stepper.start(4)
    expected = stepper.feed(tokens, slots, whole)
    for place in range(20):
        found = stepper.step(tokens[place : place + 1], slots[place : place + 1], parts)[0]
    assert np.abs(found - expected).max() < 2e-6 * np.abs(expected).max()


def test_a_row_that_recalls_all_goes_on_as_if_it_had_read_it(tmp_path):
    stepper, generator = stepper_of(graph(), tmp_path), np.random.default_rng(8)
    tokens, slots = generator.integers(0, 100, 20), generator.integers(0, 5, (20, 3))
    source = stepper.start(32)
    stepper.feed(tokens[:19], slots[:19], source)
    rows = stepper.start(4, 2)  # it grows by itself
    rows.recall(1, source, 0, 8)
    rows.recall(1, source, 8, 19)
    found = stepper.feed(tokens[19:], slots[19:], rows, 1)
    assert np.array_equal(found, stepper.feed(tokens[19:], slots[19:], source))
    assert (rows.lengths[1], rows.forgotten[1]) == (20, 0)


def test_what_a_row_passes_over_is_forgotten_and_leaves_the_others_in_their_places(tmp_path):
    stepper, generator = stepper_of(graph(), tmp_path), np.random.default_rng(9)
    tokens, slots = generator.integers(0, 100, 20), generator.integers(0, 5, (20, 3))
    source = stepper.start(32)
    stepper.feed(tokens[:19], slots[:19], source)
    rows = stepper.start(32)
    rows.recall(0, source, 0, 5)
    rows.recall(0, source, 9, 19)
    assert (rows.lengths[0], rows.forgotten[0]) == (15, 4)
    name = "key1"
    kept = np.concatenate([source.buffers[name][0, :, :5], source.buffers[name][0, :, 9:19]], axis=1)
    assert np.array_equal(rows.buffers[name][0, :, :15], kept)
    whole = stepper.feed(tokens[19:], slots[19:], source)
    found = stepper.feed(tokens[19:], slots[19:], rows)
    assert np.abs(found - whole).max() > 1e-4
    assert np.allclose(rows.buffers["key0"][0, :, 15], source.buffers["key0"][0, :, 19])  # turned as token 19 is
    assert stepper.keeps_tokens
