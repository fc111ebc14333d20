"""The transcriber: its graph computes what PyTorch computes, and its keys know no place but their own."""

import numpy as np
import pytest
import torch

from firmus.analysis.spectrum import BINS, KEYS
from firmus.learning.quantising import quantise
from firmus.models import transcriber
from firmus.models.transcriber import Config, build, graph, places, related
from firmus.runtime.listener import Listener
from firmus.runtime.weights import Card
from firmus.tokens import Shape

SHAPE = Shape(129, 1, 1, 24)


def listener_of(model, tmp_path):
    import hashlib

    data = model.SerializeToString()
    (tmp_path / "model.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Listener(Card("x", "", "", "listener", "piano_frames", (), (), (), {}, digest, {}, tmp_path), threads=1)


@pytest.fixture
def network():
    torch.manual_seed(1)
    return build(Config(width=16), SHAPE).eval()


@pytest.mark.parametrize("frames", [1, 50])
def test_the_graph_equals_torch(network, frames, tmp_path):
    levels = torch.rand(2, frames, BINS)
    with torch.no_grad():
        onset, sounding, velocity = network(levels)
    told = listener_of(graph(network), tmp_path).listen(levels=levels.numpy())
    assert set(told) == {"struck", "sounding", "velocity"}
    for name, wanted in (("struck", onset.sigmoid()), ("sounding", sounding.sigmoid()), ("velocity", velocity)):
        assert told[name].shape == (2, frames, KEYS)
        assert np.abs(told[name] - wanted.numpy()).max() < 1e-4


def test_eight_bits_change_little(network, tmp_path):
    levels = np.random.default_rng(1).random((1, 40, BINS)).astype(np.float32)
    wanted = listener_of(graph(network), tmp_path).listen(levels=levels)
    found = listener_of(quantise(graph(network)), tmp_path).listen(levels=levels)
    for name, values in wanted.items():
        assert np.abs(values - found[name]).max() < 0.05


def test_sound_a_semitone_higher_is_heard_a_key_higher(network):
    """But for what a key knows of its own place, which is nothing before it is learnt."""
    levels = torch.zeros(1, 30, BINS)
    levels[:, 10:20, 100:200] = torch.rand(1, 10, 100)
    with torch.no_grad():
        one = network(levels)[0]
        other = network(torch.roll(levels, 3, dims=2))[0]
    assert torch.allclose(one[..., 30:50], other[..., 31:51], atol=1e-4)
    assert not torch.allclose(one[..., 30:50], other[..., 30:50], atol=1e-4)


def test_a_key_looks_at_its_own_pitch_and_its_overtones():
    found = places().reshape(KEYS, -1, 3)
    partials = transcriber.PARTIALS
    assert found[0, partials.index(1)].tolist() == [0, 1, 2]
    assert found[12, partials.index(2), 1] == found[24, partials.index(1), 1]
    assert found[19, partials.index(3), 1] - found[19, partials.index(1), 1] == 57
    assert (found[0, partials.index(1 / 2)] == BINS).all()  # below the lowest bin there is silence
    assert (found[87, partials.index(12)] == BINS).all()
    assert related()[24].tolist() == [0, 5, 12, 36, 43, 48]


def test_the_loss_falls_where_it_is_right(network):
    keys = torch.zeros(1, 20, KEYS, dtype=torch.int64)
    keys[0, 5, 40], keys[0, 6:12, 40] = 65, 1
    loss, told = network.loss("network", (torch.rand(1, 20, BINS), keys), 0.0)
    assert set(told) == {"struck", "sounds", "loudness"}
    before = float(loss.detach())
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(20):
        loss, _ = network.loss("network", (torch.rand(1, 20, BINS), keys), 0.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.7 * before
