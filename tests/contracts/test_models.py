"""What every model promises: the exported graph computes what PyTorch computes."""

import json

import numpy as np
import pytest
import torch

from firmus import plugins
from firmus.learning.quantising import quantise
from firmus.runtime.listener import Listener
from firmus.runtime.scorer import Scorer
from firmus.runtime.stepper import Stepper
from firmus.runtime.weights import Card
from firmus.tokens import Shape

SHAPE = Shape(vocabulary=100, places=20, parts=5, quarter=24)
MODELS = plugins.names("firmus.models")
STEPPERS = [name for name in MODELS if plugins.load("firmus.models", name).KIND == "stepper"]
SCORERS = [name for name in MODELS if plugins.load("firmus.models", name).KIND == "scorer"]
LISTENERS = [name for name in MODELS if plugins.load("firmus.models", name).KIND == "listener"]
INSTRUMENTS = [name for name in MODELS if plugins.load("firmus.models", name).KIND == "instrument"]
LATENTS = [name for name in MODELS if plugins.load("firmus.models", name).KIND == "latent"]  # see test_latents.py


def test_every_model_is_of_a_kind_that_is_tested():
    assert sorted(STEPPERS + SCORERS + LATENTS + LISTENERS + INSTRUMENTS) == sorted(MODELS)


def stirred(network):
    """The network with no weight left at 0, so that nothing is equal for want of an effect."""
    for weight in network.parameters():
        if weight.dim() == 2 and not weight.any():
            torch.nn.init.normal_(weight, std=0.1)
    return network.eval()


def stepper_of(model, network, tmp_path):
    import hashlib

    data = model.SerializeToString()
    (tmp_path / "model.onnx").write_bytes(data)
    shape = {"length": 64}
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


@pytest.mark.parametrize("name", STEPPERS)
def test_the_graph_equals_torch(name, tmp_path):
    torch.manual_seed(1)
    module = plugins.load("firmus.models", name)
    network = module.build(module.Config(width=128, layers=2, dropout=0.0), SHAPE).eval()
    tokens, slots = sequence()
    with torch.no_grad():
        wanted = network(torch.tensor(tokens)[None], torch.tensor(slots)[None])[0].numpy()
    stepper = stepper_of(module.graph(network), network, tmp_path)
    state = stepper.start(8)  # grows on the way
    assert np.abs(stepper.feed(tokens[:20], slots[:20], state) - wanted[19]).max() < 1e-4
    for place in range(20, 40):
        found = stepper.feed(tokens[place : place + 1], slots[place : place + 1], state)
        assert np.abs(found - wanted[place]).max() < 1e-4


@pytest.mark.parametrize("name", STEPPERS)
def test_eight_bits_change_little(name, tmp_path):
    torch.manual_seed(2)
    module = plugins.load("firmus.models", name)
    network = module.build(module.Config(width=128, layers=2, dropout=0.0), SHAPE).eval()
    tokens, slots = sequence(seed=5)
    with torch.no_grad():
        wanted = network(torch.tensor(tokens)[None], torch.tensor(slots)[None])[0, -1].numpy()
    packed = quantise(module.graph(network))
    assert len(packed.SerializeToString()) < 0.4 * len(module.graph(network).SerializeToString())
    found = stepper_of(packed, network, tmp_path).feed(tokens, slots, stepper_of(packed, network, tmp_path).start(64))
    assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()


@pytest.mark.parametrize("name", STEPPERS + SCORERS)
def test_one_token_cannot_see_the_next(name):
    torch.manual_seed(3)
    module = plugins.load("firmus.models", name)
    network = stirred(module.build(module.Config(width=128, layers=2, dropout=0.0), SHAPE))
    tokens, slots = (torch.tensor(each)[None] for each in sequence())
    with torch.no_grad():
        before = network(tokens, slots)[0]
        tokens[0, 30:] = 7
        after = network(tokens, slots)[0]
    assert torch.equal(after[:30], before[:30])
    assert not torch.equal(after[30:], before[30:])


def scorer_of(model, tmp_path):
    import hashlib

    data = model.SerializeToString()
    (tmp_path / "model.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Scorer(Card("x", "", "", "scorer", "grid", (), (), (), {}, digest, {}, tmp_path), threads=1)


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("steps", [1, 33])
def test_the_graph_of_a_whole_piece_equals_torch(name, steps, tmp_path):
    torch.manual_seed(4)
    module = plugins.load("firmus.models", name)
    network = stirred(module.build(module.Config(width=128, layers=2, dropout=0.0), SHAPE))
    generator = np.random.default_rng(3)
    frames, given = generator.integers(0, 99, (steps, 5)), generator.random((steps, 5)) < 0.4
    time = torch.arange(steps)[None]
    scorer = scorer_of(module.graph(network), tmp_path)
    for known in (None, given):
        with torch.no_grad():
            told = None if known is None else torch.tensor(known)[None]
            logits = network.frames(torch.tensor(frames)[None], time, time % SHAPE.places, told)[0]
        assert np.abs(scorer.log_probabilities(frames, known) - logits.log_softmax(-1).numpy()).max() < 1e-4


@pytest.mark.parametrize("name", SCORERS)
def test_a_piece_flat_or_in_frames_is_the_same(name):
    torch.manual_seed(5)
    module = plugins.load("firmus.models", name)
    network = stirred(module.build(module.Config(width=128, layers=2, dropout=0.0), SHAPE))
    frames = torch.tensor(np.random.default_rng(6).integers(0, 99, (1, 12, 5)))
    time = torch.arange(12)[None]
    tokens = torch.cat([torch.tensor([[99]]), frames.flatten(1)], dim=1)[:, :-1]
    slots = torch.stack([time.repeat_interleave(5, 1), time.repeat_interleave(5, 1) % 20], dim=-1)
    with torch.no_grad():
        wanted = network.frames(frames, time, time % 20).flatten(1, 2)
        assert torch.allclose(network(tokens, slots), wanted, atol=1e-5)


@pytest.mark.parametrize("name", SCORERS)
def test_an_open_token_sees_what_is_given_and_no_later_open_one(name):
    torch.manual_seed(7)
    module = plugins.load("firmus.models", name)
    network = stirred(module.build(module.Config(width=128, layers=2, dropout=0.0), SHAPE))
    frames = torch.tensor(np.random.default_rng(8).integers(1, 99, (1, 30, 5)))
    given = torch.zeros(1, 30, 5, dtype=torch.bool)
    given[..., 0] = True
    time = torch.arange(30)[None]

    def logits(changed_voice):
        changed = frames.clone()
        if changed_voice is not None:
            changed[0, 20, changed_voice] = 1 + changed[0, 20, changed_voice] % 98
        with torch.no_grad():
            return network.frames(changed, time, time % 20, given)[0, :, 1:]

    plain = logits(None)
    later = logits(3)
    assert torch.equal(later[:20], plain[:20])
    assert torch.equal(later[20, :3], plain[20, :3])
    assert not torch.equal(later[20, 3], plain[20, 3])
    assert not torch.equal(logits(0)[:20], plain[:20])


@pytest.mark.parametrize("name", SCORERS)
def test_a_temperature_makes_a_scorer_less_sure(name, tmp_path):
    torch.manual_seed(9)
    module = plugins.load("firmus.models", name)
    scorer = scorer_of(module.graph(stirred(module.build(module.Config(width=128, layers=2), SHAPE))), tmp_path)
    frames = np.random.default_rng(1).integers(0, 99, (6, 5))
    plain, cooler = scorer.log_probabilities(frames), scorer.log_probabilities(frames, temperature=2.0)
    assert np.allclose(np.exp(cooler).sum(-1), 1)
    halved = plain / 2 - np.logaddexp.reduce(plain / 2, axis=-1, keepdims=True)
    assert np.allclose(cooler, halved, atol=1e-6)
    assert np.array_equal(scorer.nats(frames), scorer.nats(frames, temperature=1.0))


@pytest.mark.parametrize("name", LISTENERS)
def test_the_graph_of_a_listener_equals_torch(name, tmp_path):
    import hashlib

    torch.manual_seed(10)
    module = plugins.load("firmus.models", name)
    network, inputs = module.example(np.random.default_rng(2))
    data = module.graph(stirred(network)).SerializeToString()
    (tmp_path / "model.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    listener = Listener(Card("x", "", "", "listener", "", (), (), (), {}, digest, {}, tmp_path), threads=1)
    assert set(listener.inputs) == set(inputs)
    with torch.no_grad():
        wanted = network.judge(*(torch.from_numpy(inputs[each]) for each in listener.inputs))
    for output, told in zip(listener.outputs, wanted, strict=True):
        found = listener.listen(**inputs)[output]
        assert found.shape == told.shape
        assert np.abs(found - told.numpy()).max() < 1e-4


@pytest.mark.parametrize("name", INSTRUMENTS)
@pytest.mark.parametrize("packed", [False, True])
def test_the_graphs_of_an_instrument_equal_torch(name, packed):
    import onnxruntime

    torch.manual_seed(11)
    module = plugins.load("firmus.models", name)
    network, examples = module.example(np.random.default_rng(3))
    graphs = module.graphs(stirred(network))
    assert set(graphs) == set(examples)
    for each, inputs in examples.items():
        graph = quantise(graphs[each]) if packed else graphs[each]
        session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        one = {key: value[:1] for key, value in inputs.items()}  # any number of notes
        for some in (inputs, one):
            with torch.no_grad():
                wanted = getattr(network, each)(*(torch.from_numpy(some[node.name]) for node in session.get_inputs()))
            wanted = wanted if isinstance(wanted, tuple) else (wanted,)
            for told, found in zip(wanted, session.run(None, some), strict=True):
                assert found.shape == told.shape
                allowed = 0.05 * np.abs(told.numpy()).max() if packed else 1e-4
                assert np.abs(found - told.numpy()).max() < allowed
