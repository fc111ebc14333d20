"""The adversarial network of a band: what is special about it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from firmus import tokens
from firmus.errors import RecipeError
from firmus.models import gan
from firmus.tokens import band, melody

SMALL = gan.Config(latent=8, width=24, critic_width=16)
SHAPE = tokens.shape(band)
builds = pytest.mark.parametrize("architecture", list(gan.BUILDS))


def network(**more):
    torch.manual_seed(0)
    return gan.build(replace(SMALL, **more), SHAPE)


def batch(count=4, steps=64, seed=0):
    """Windows in which about forty cells a step are struck, under one chord."""
    generator = np.random.default_rng(seed)
    values = np.where(generator.random((count, steps, band.CELLS + 1)) < 0.05, 2, 0)
    values[..., -1] = 1
    return torch.tensor(values), torch.tensor(16)


@builds
def test_a_given_instrument_comes_back_and_is_listened_to(architecture):
    net = network(architecture=architecture).eval()
    z, (values, bar) = torch.randn(3, 8), batch(3)
    given = torch.full_like(values, -1)
    given[..., 128:256] = values[..., 128:256]
    with torch.no_grad():
        found = net.decode(z, given, bar)
        assert torch.equal(found[..., 128:256], values[..., 128:256])
        one, other = (net.generator(z, at, net.conditions(some, known)) for some, known, at in ways(values, bar))
    assert not torch.equal(one[:, 0], other[:, 0])  # the drums hear what the bass plays


def ways(values, bar):
    """The same bass given, and another."""
    known = torch.zeros(*values.shape[:2], 6, dtype=torch.bool)
    known[..., 1] = True
    at = gan.places(values, bar)
    return (values, known, at), (values.flip(1), known, at)


@builds
def test_chords_are_listened_to(architecture):
    net = network(architecture=architecture).eval()
    given = torch.full((2, 32, band.CELLS + 1), -1)
    given[0, :, -1], given[1, :, -1] = 1, 1 + 12 * band.QUALITIES.index("m") + 6
    with torch.no_grad():
        found = [
            net.generator(torch.zeros(1, 8), gan.places(each, torch.tensor(16)), conditions(net, each))
            for each in (given[:1], given[1:])
        ]
    assert not torch.equal(*found)
    assert net.decode(torch.zeros(2, 8), given, torch.tensor(16))[:, 0, -1].tolist() == given[:, 0, -1].tolist()


def conditions(net, given):
    return net.conditions(given.clamp(min=0), gan.rolls.conditioned(given))


def test_what_rests_in_real_music_rests_in_what_is_made():
    net = network()
    values, bar = batch(gan.PATTERNS)
    roll = values[..., :-1].reshape(len(values), 4, 16, band.PARTS, band.PITCHES)
    roll[::2, 1:3, :, 1] = 0  # the bass rests in the second and third bar of every second window
    net.loss("critic", (values, bar), 1.0)
    net.generator.level.data += 6  # everything sounds that may
    made = net.eval().sample(64, 16, 4)[..., :-1].reshape(64, 4, 16, band.PARTS, band.PITCHES) > 0
    sounds = made.any(-1).any(2)[:, :, 1]
    assert 0.3 < (~sounds[:, 1:3].any(1)).float().mean() < 0.7
    assert sounds[:, [0, 3]].all()
    before = net.resting.patterns.clone()
    net.loss("critic", (values[:8], bar), 1.0)  # while it is measured it learns nothing
    assert torch.equal(net.resting.patterns, before)


@pytest.mark.parametrize("objective", gan.adversarial.OBJECTIVES)
@builds
def test_gradients_go_through_the_decision(architecture, objective):
    net = network(architecture=architecture, objective=objective)
    loss, told = net.loss("generator", batch(), 0.5)
    loss.backward()
    lacking = [name for name, each in net.generator.named_parameters() if not each.grad.abs().sum() > 0]
    assert not lacking
    assert ("error" in told) == (objective == "mixed")


def test_the_mixed_loss_is_squared_error_and_judgement():
    net = network(objective="mixed", adversary=0.25)
    loss, told = net.loss("generator", batch(), 0.5)
    assert loss.item() == pytest.approx((told["error"] + 0.25 * told["fooled"]).item(), rel=1e-5)
    loss, told = network(objective="mixed", adversary=0.0).loss("generator", batch(), 0.5)
    assert loss.item() == pytest.approx(told["error"].item())


def test_phases_are_those_of_the_objective():
    assert network(critics=3).PHASES == ("critic", "critic", "critic", "generator")
    assert "penalty" in network().loss("critic", batch(), 0.5)[1]
    assert "penalty" not in network(objective="adversarial").loss("critic", batch(), 0.5)[1]


@builds
def test_the_critic_knows_what_was_given(architecture):
    net = network(architecture=architecture)
    values, bar = batch(2)
    at, planes = gan.places(values, bar), gan.rolls.to_planes(values)
    known = torch.ones(*values.shape[:2], 6, dtype=torch.bool)
    one, other = (net.critic(planes, at, net.conditions(values, some).facts) for some in (known, ~known))
    assert not torch.equal(one, other)


@builds
def test_the_generator_is_small_as_shipped(architecture):
    net = gan.build(gan.Config(architecture=architecture), SHAPE)
    assert sum(weight.numel() for weight in net.generator.parameters()) <= 1.2e6


@builds
def test_any_number_of_bars_of_any_length_is_painted(architecture):
    net = network(architecture=architecture).eval()
    for bar, bars in ((16, 4), (12, 4), (14, 2), (9, 3), (24, 1)):
        found = net.sample(2, bar, bars)
        assert found.shape == (2, bar * bars, band.CELLS + 1)
        assert (found < torch.tensor(band.COLUMNS)).all()
        assert not found[..., -1].any()  # no chord was given, none is named


def test_what_cannot_be_built_is_refused():
    with pytest.raises(RecipeError, match="did you mean 'transposed'"):
        network(architecture="transpose")
    with pytest.raises(RecipeError, match="did you mean 'mixed'"):
        network(objective="mxed")
    with pytest.raises(RecipeError, match='representation = "band"'):
        gan.build(SMALL, tokens.shape(melody))
