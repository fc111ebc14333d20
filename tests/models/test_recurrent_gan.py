"""The recurrent adversarial network of melodies: what is special about it."""

from dataclasses import replace

import pytest
import torch

from firmus import tokens
from firmus.errors import RecipeError
from firmus.models import recurrent_gan
from firmus.models._bar_position import places
from firmus.raster import HOLD
from firmus.tokens import band, melody

SMALL = recurrent_gan.Config(latent=8, width=24, critic_width=16, fresh=6)
SHAPE = tokens.shape(melody)


def network(**more):
    torch.manual_seed(0)
    return recurrent_gan.build(replace(SMALL, **more), SHAPE)


def batch(count=8, steps=32):
    values = torch.randint(0, melody.VOCABULARY, (count, steps, 1))
    values[:, 0] = 40
    return values, torch.tensor(16)


@pytest.mark.parametrize("objective", ["adversarial", "wasserstein"])
def test_gradients_reach_every_weight(objective):
    net = network(objective=objective)
    for phase, part in (("critic", net.critic), ("generator", net.generator)):
        net.zero_grad()
        net.loss(phase, batch(), 0.5)[0].backward()
        lacking = {name for name, each in part.named_parameters() if not each.grad.abs().sum() > 0}
        assert lacking <= {"score.bias"}  # a score's level says nothing


def test_the_first_step_begins_something():
    net = network().eval()
    with torch.no_grad():
        net.generator.voice.own.bias[HOLD] = 50.0  # would rather go on with what was
        found = net.sample(16, 16, 2)
    assert (found[:, 0] != HOLD).all()
    assert (found[:, 1:] == HOLD).all()


def test_every_step_hears_something_new_of_z():
    net = network()
    heard = []
    net.generator.begin.register_forward_hook(lambda layer, inputs, out: heard.append(inputs[0]))
    net.generator(torch.randn(1, 8), places(torch.zeros(1, 32, 1), torch.tensor(16), 1))
    fresh = heard[0][0, :, 8:]
    assert torch.cdist(fresh, fresh).add(torch.eye(32)).min() > 1e-3
    assert torch.equal(heard[0][0, 0, :8], heard[0][0, 31, :8])


def test_the_place_in_the_bar_is_heard():
    net, z = network().eval(), torch.randn(1, 8)
    given = torch.full((1, 48, 1), -1)
    with torch.no_grad():
        four, three = (net.generator(z, places(given, torch.tensor(bar), 1)) for bar in (16, 12))
    assert torch.equal(four[:, :12], three[:, :12])
    assert not torch.allclose(four[:, 12:16], three[:, 12:16])


def test_a_melody_of_any_length_is_sung():
    net = network().eval()
    for bar, bars in ((16, 2), (12, 4), (9, 3), (24, 8)):
        found = net.sample(2, bar, bars)
        assert found.shape == (2, bar * bars, 1)
        assert 0 <= found.min() <= found.max() < melody.VOCABULARY


def test_the_critic_hears_the_order():
    net = network()
    values, bar = batch(2)
    line = recurrent_gan.lines.to_one_hot(values, melody.VOCABULARY)
    at = places(values, bar, 1)
    assert not torch.allclose(net.critic(line, at), net.critic(line.flip(1), at), atol=1e-6)


def test_what_cannot_be_built_is_refused():
    with pytest.raises(RecipeError, match='representation = "melody"'):
        recurrent_gan.build(SMALL, tokens.shape(band))
    with pytest.raises(RecipeError, match="unknown objective"):
        network(objective="mixed")
