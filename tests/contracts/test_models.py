"""What every model promises: the exported graph computes what PyTorch computes."""

import json

import numpy as np
import pytest
import torch

from firmus import plugins
from firmus.learning.export import quantise
from firmus.models.transformer import Shape
from firmus.runtime.stepper import Stepper
from firmus.runtime.weights import Card

SHAPE = Shape(vocabulary=100, places=20, parts=5, quarter=24)
MODELS = plugins.names("firmus.models")


def stepper_of(model, network, tmp_path):
    import hashlib

    data = model.SerializeToString()
    (tmp_path / "model.onnx").write_bytes(data)
    shape = {"layers": network.config.layers, "key_heads": network.config.key_heads, "length": 64}
    digest = hashlib.sha256(data).hexdigest()
    card = Card("x", "", "", "stepper", "events", (), (), (), shape, digest, json.loads("{}"), tmp_path)
    return Stepper(card, threads=1)


def sequence(length=40, seed=0):
    generator = np.random.default_rng(seed)
    slots = np.stack(
        [
            np.sort(generator.integers(0, 2000, length)),
            generator.integers(0, 20, length),
            generator.integers(0, 5, length),
        ],
        axis=1,
    )
    return generator.integers(0, 100, length), slots


@pytest.mark.parametrize("name", MODELS)
def test_the_graph_equals_torch(name, tmp_path):
    torch.manual_seed(1)
    module = plugins.load("firmus.models", name)
    network = module.build(module.Config(width=128, layers=2, key_heads=1, dropout=0.0), SHAPE).eval()
    tokens, slots = sequence()
    with torch.no_grad():
        wanted = network(torch.tensor(tokens)[None], torch.tensor(slots)[None])[0].numpy()
    stepper = stepper_of(module.graph(network), network, tmp_path)
    state = stepper.start(8)  # grows on the way
    assert np.abs(stepper.feed(tokens[:20], slots[:20], state) - wanted[19]).max() < 1e-4
    for place in range(20, 40):
        found = stepper.feed(tokens[place : place + 1], slots[place : place + 1], state)
        assert np.abs(found - wanted[place]).max() < 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_eight_bits_change_little(name, tmp_path):
    torch.manual_seed(2)
    module = plugins.load("firmus.models", name)
    network = module.build(module.Config(width=128, layers=2, key_heads=2, dropout=0.0), SHAPE).eval()
    tokens, slots = sequence(seed=5)
    with torch.no_grad():
        wanted = network(torch.tensor(tokens)[None], torch.tensor(slots)[None])[0, -1].numpy()
    packed = quantise(module.graph(network))
    assert sum(node.op_type == "MatMulNBits" for node in packed.graph.node) == 4 * network.config.layers + 1
    found = stepper_of(packed, network, tmp_path).feed(tokens, slots, stepper_of(packed, network, tmp_path).start(64))
    assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()


@pytest.mark.parametrize("name", MODELS)
def test_one_token_cannot_see_the_next(name):
    torch.manual_seed(3)
    module = plugins.load("firmus.models", name)
    network = module.build(module.Config(width=64, layers=2, key_heads=1, dropout=0.0), SHAPE).eval()
    tokens, slots = (torch.tensor(each)[None] for each in sequence())
    with torch.no_grad():
        before = network(tokens, slots)[0, :30]
        tokens[0, 30:] = 7
        assert torch.equal(network(tokens, slots)[0, :30], before)
