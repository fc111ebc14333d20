"""A waveform goes the same way sample by sample as all at once, and no sample sees the next."""

import hashlib

import numpy as np
import torch

from firmus.models import wavenet
from firmus.runtime import waveform
from firmus.runtime.weights import Card


def network():
    torch.manual_seed(2)
    return wavenet.example(np.random.default_rng(0))[0]


def playing(net, folder):
    digests = {}
    for name, graph in wavenet.graphs(net).items():
        data = graph.SerializeToString()
        (folder / f"{name}.onnx").write_bytes(data)
        digests[name] = hashlib.sha256(data).hexdigest()
    facts = wavenet.facts(net) | {"graphs": digests, "instruments": {}}
    return waveform.Waveform(
        Card("x", "", "", "instrument", "tones", (), (), (), wavenet.sizes(net), "", facts, folder)
    )


def test_step_by_step_is_what_it_is_at_once(tmp_path):
    net = network()
    samples = (0.3 * np.sin(np.arange(120) / 5)).astype(np.float32)
    latent, pitch, velocity, hertz = np.linspace(-1, 1, 8, dtype=np.float32), 69.0, 90, 440.0
    with torch.no_grad():
        codes = wavenet.encoded(torch.from_numpy(samples))[None]
        before = torch.nn.functional.pad(codes[:, :-1], (1, 0), value=wavenet.CLASSES // 2)
        local = wavenet.local_conditions(torch.arange(120.0)[None], torch.tensor([hertz]))
        condition = net.condition(
            torch.from_numpy(latent)[None], torch.tensor([pitch]), torch.tensor([float(velocity)])
        )
        logits = net(before, local, condition)
        wanted = torch.nn.functional.cross_entropy(logits[0], codes[0], reduction="none").numpy()
    nats, _ = playing(net, tmp_path).score(latent, pitch, hertz, velocity, samples)
    assert np.abs(nats - wanted).max() < 1e-4


def test_no_sample_sees_the_next():
    net = network()
    codes = torch.randint(0, 256, (1, 60))
    local, condition = torch.rand(1, 60, 5), torch.rand(1, net.layers, 32)
    with torch.no_grad():
        before = net(codes, local, condition)
        codes[:, 40:] = 7
        after = net(codes, local, condition)
    assert torch.equal(before[:, :40], after[:, :40])
    assert not torch.equal(before[:, 40:], after[:, 40:])


def test_the_classes_of_both_sides_are_the_same():
    samples = np.linspace(-1, 1, 2001).astype(np.float32)
    assert np.array_equal(wavenet.encoded(torch.from_numpy(samples)).numpy(), waveform.encoded(samples))
    assert np.abs(waveform.decoded(waveform.encoded(samples)) - samples).max() < 0.025
    torch_side = wavenet.decoded(torch.arange(256)).numpy()
    assert np.allclose(torch_side, waveform.decoded(np.arange(256)), atol=1e-6)


def test_the_same_seed_gives_the_same_samples(tmp_path):
    model = playing(network(), tmp_path)
    point = np.zeros(8, np.float32)
    one, same, other = (model.sample(point, 69, 90, 0.02, 16_000, seed) for seed in (1, 1, 2))
    assert one.shape == (320,)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.abs(one).max() <= 1
