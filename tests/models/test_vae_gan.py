"""The autoencoder with an adversary: whose gradients go where."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from firmus import tokens
from firmus.errors import RecipeError
from firmus.models import vae_gan
from firmus.models._clock import places
from firmus.models._rolls import begun, to_planes
from firmus.tokens import band, melody

SMALL = vae_gan.Config(latent=8, width=24, critic_width=16)
SHAPE = tokens.shape(band)
GENERATOR = np.random.default_rng(0)
VALUES = torch.tensor(np.where(GENERATOR.random((4, 64, band.CELLS + 1)) < 0.05, 2, 0))
BATCH = VALUES, torch.tensor(16)


def network(**more):
    torch.manual_seed(0)
    return vae_gan.build(replace(SMALL, **more), SHAPE)


def test_without_an_adversary_it_is_an_autoencoder():
    net = network(adversary=0.0, cells=2.0, weight=0.5, rise=0.0).eval()
    assert net.PHASES == ("autoencoder",)
    assert net.discriminator is None
    torch.manual_seed(1)
    loss, told = net.loss("autoencoder", BATCH, 0.3)
    assert loss.item() == pytest.approx((2 * told["cells"] + 0.5 * told["divergence"] / 64).item(), rel=1e-5)
    mean, spread = net.encode(*BATCH)
    assert told["divergence"].item() == pytest.approx(
        torch.distributions.kl_divergence(
            torch.distributions.Normal(mean, (spread / 2).exp()), torch.distributions.Normal(0.0, 1.0)
        ).sum(1).mean().item(), rel=1e-4,
    )  # fmt: skip
    torch.manual_seed(1)
    z = mean + (spread / 2).exp() * torch.randn_like(mean)
    logits = net.decoder(z, places(VALUES, torch.tensor(16))).double()
    assert told["cells"].item() == pytest.approx(nats(logits, begun(to_planes(VALUES))) / (4 * 64), rel=1e-4)


def nats(logits, real):
    """Cross-entropy of strokes, and of holding where a pitch sounded and is not struck anew; told cell by cell."""
    chances = logits.sigmoid()
    missed = -torch.where(real > 0, chances, 1 - chances).log()
    strokes = missed[:, 0].sum() + missed[:, 5:].sum()
    held = 0.0
    for window, plane, step, pitch in torch.nonzero(real[:, 1:5, :-1]).tolist():
        if not real[window, 5 + plane, step + 1, pitch]:
            held += missed[window, 1 + plane, step + 1, pitch]
    return (strokes + held).item()


def test_until_there_is_something_to_judge_the_cells_alone_count():
    net = network(alone=0.5)
    told = net.loss("encoder", BATCH, 0.4)[1]
    assert "features" not in told
    net.loss("discriminator", BATCH, 0.4)[0].backward()
    assert all(each.grad.abs().sum() == 0 for each in net.discriminator.parameters())
    assert "features" in net.loss("encoder", BATCH, 0.6)[1]


def test_the_divergence_counts_more_and_more():
    net = network(adversary=0.0, weight=10.0, rise=0.5).eval()
    found = []
    for share in (0.0, 0.25, 0.5, 1.0):
        torch.manual_seed(1)
        loss, told = net.loss("autoencoder", BATCH, share)
        found.append(((loss - told["cells"]) / told["divergence"]).item() * 64)
    assert found == pytest.approx([0.0, 5.0, 10.0, 10.0], abs=1e-2)


def test_each_learns_by_its_own_loss():
    for phase, others in (("discriminator", ("encoder", "decoder")), ("decoder", ("encoder",))):
        net = network()
        net.loss(phase, BATCH, 0.5)[0].backward()
        assert all(each.grad.abs().sum() > 0 for each in getattr(net, phase).parameters())
        for other in others:
            assert all(each.grad is None for each in getattr(net, other).parameters())
    net = network()
    net.loss("encoder", BATCH, 0.5)[0].backward()
    assert all(each.grad.abs().sum() > 0 for each in net.encoder.parameters())


def test_the_same_window_has_the_same_features():
    net = network().eval()
    at, real = places(*BATCH), to_planes(VALUES)
    logits = 20 * (real - 0.5)
    with torch.no_grad():
        _, told = net._likeness(logits, real, at)
        _, other = net._likeness(logits.flip(2), real, at)
    assert told["features"] < 1e-6 < other["features"]


def test_only_what_is_known_is_encoded():
    net = network().eval()
    known = torch.ones_like(VALUES, dtype=torch.bool)
    known[..., :128] = False
    silent = VALUES.clone()
    silent[..., :128] = 0
    with torch.no_grad():
        assert torch.equal(net.encode(VALUES, BATCH[1], known)[0], net.encode(silent, BATCH[1])[0])
        assert not torch.equal(net.encode(VALUES, BATCH[1])[0], net.encode(silent, BATCH[1])[0])


def test_another_representation_is_refused():
    with pytest.raises(RecipeError, match='representation = "band"'):
        vae_gan.build(SMALL, tokens.shape(melody))
