"""The autoencoder with an adversary: whose gradients go where."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from firmus import tokens
from firmus.errors import RecipeError
from firmus.models import vae_gan
from firmus.models._bar_position import places
from firmus.tokens import band, melody

SMALL = vae_gan.Config(latent=48, width=16, critic_width=12)
SHAPE = tokens.shape(melody)
VALUES = torch.randint(0, melody.VOCABULARY, (4, 64, 1), generator=torch.Generator().manual_seed(0))
VALUES[:, 0] = 40
BATCH = VALUES, torch.tensor(16)


def network(**more):
    torch.manual_seed(0)
    return vae_gan.build(replace(SMALL, **more), SHAPE)


def test_without_an_adversary_it_is_an_autoencoder():
    net = network(adversary=0.0, notes=2.0, weight=0.5, rise=0.0).eval()
    assert net.PHASES == ("autoencoder",)
    assert net.discriminator is None
    torch.manual_seed(1)
    loss, told = net.loss("autoencoder", BATCH, 0.9)
    assert loss.item() == pytest.approx((2 * told["notes"] + 0.5 * told["divergence"] / 64).item(), rel=1e-5)
    mean, spread = net.encode(*BATCH)
    assert told["divergence"].item() == pytest.approx(
        torch.distributions.kl_divergence(
            torch.distributions.Normal(mean, (spread / 2).exp()), torch.distributions.Normal(0.0, 1.0)
        ).sum(1).mean().item(), rel=1e-4,
    )  # fmt: skip
    torch.manual_seed(1)
    chances = net.decoder(mean + (spread / 2).exp() * torch.randn_like(mean), places(*BATCH)).softmax(-1)
    assert told["notes"].item() == pytest.approx(-chances.gather(-1, VALUES).log().mean().item(), rel=1e-4)


def test_until_there_is_something_to_judge_the_notes_alone_count():
    net = network(alone=0.5)
    assert "features" not in net.loss("autoencoder", BATCH, 0.4)[1]
    net.loss("discriminator", BATCH, 0.4)[0].backward()
    assert all(each.grad.abs().sum() == 0 for each in net.discriminator.parameters())
    assert {"features", "fooled"} <= set(net.loss("autoencoder", BATCH, 0.6)[1])
    assert "features" not in net.eval().loss("autoencoder", BATCH, 1.0)[1]  # what is measured is comparable throughout


def test_the_divergence_counts_more_and_more():
    net = network(adversary=0.0, weight=10.0, rise=0.5).eval()
    found = []
    for share in (0.0, 0.25, 0.5, 1.0):
        loss, told = net.loss("autoencoder", BATCH, share)
        found.append(((loss - told["notes"]) / told["divergence"]).item() * 64)
    assert found == pytest.approx([0.0, 5.0, 10.0, 10.0], abs=1e-2)


@pytest.mark.parametrize("objective", ["adversarial", "wasserstein"])
def test_the_discriminator_alone_learns_from_its_judgement(objective):
    net = network(objective=objective, critics=3)
    assert net.PHASES == ("discriminator",) * 3 + ("autoencoder",)
    net.loss("discriminator", BATCH, 0.5)[0].backward()
    assert all(each.grad.abs().sum() > 0 for each in net.discriminator.parameters() if each.dim() > 1)
    assert all(each.grad is None for each in net.phase_modules("autoencoder")[0].parameters())
    assert all(each.grad is None for each in net.decoder.parameters())


def test_the_judgement_moves_the_decoder_and_not_the_encoder():
    net = network()
    mean, _ = net.encode(*BATCH)
    net._fooled(mean.detach(), places(*BATCH)).backward()
    assert all(each.grad.abs().sum() > 0 for each in net.decoder.parameters())
    moved = {}
    for adversary in (1e-9, 5.0):
        net = network(adversary=adversary, features=0.0, weight=0.0, alone=0.0)
        torch.manual_seed(1)
        net.loss("autoencoder", BATCH, 0.5)[0].backward()
        moved[adversary] = [each.grad.clone() for each in net.encoder.parameters()]
    assert all(torch.allclose(*pair, atol=1e-7) for pair in zip(*moved.values(), strict=True))


def test_the_same_melody_has_the_same_features():
    net, at = network().eval(), places(*BATCH)
    logits = 20 * functional.one_hot(VALUES[..., 0], melody.VOCABULARY).float()
    with torch.no_grad():
        assert net._likeness(logits, VALUES, at)[1]["features"] < 1e-9
        assert net._likeness(logits.flip(1), VALUES, at)[1]["features"] > 1e-6


def test_each_quarter_has_its_own_share():
    net, other = network().eval(), VALUES.clone()
    other[:, 40:44] = 0
    mean, spread = net.encode(*BATCH)
    assert mean.shape == (4, 48)
    shares = torch.unflatten(spread, 1, (24, 2))
    used = torch.tensor([quarter % 6 < 4 for quarter in range(24)])  # of bars of six quarters, bars of four take four
    assert (shares[:, ~used] == 0).all()
    assert (shares[:, used] != 0).all()
    said = torch.unflatten(net.encode(other, BATCH[1])[0] - mean, 1, (24, 2)).abs().sum((0, 2))
    assert abs(int(said.argmax()) - (2 * 6 + 2)) <= 1  # at beat 3 of bar 3, or beside it


def test_only_what_is_known_is_encoded():
    net = network().eval()
    known = torch.ones_like(VALUES, dtype=torch.bool)
    known[:, 20:30] = False
    held = VALUES.clone()
    held[:, 20:30] = 0
    with torch.no_grad():
        assert torch.equal(net.encode(*BATCH, known)[0], net.encode(held, BATCH[1])[0])
        assert not torch.equal(net.encode(*BATCH)[0], net.encode(held, BATCH[1])[0])


def test_what_cannot_be_is_refused():
    with pytest.raises(RecipeError, match='representation = "melody"'):
        vae_gan.build(SMALL, tokens.shape(band))
    with pytest.raises(RecipeError, match="objective 'mixed'"):
        vae_gan.build(replace(SMALL, objective="mixed"), SHAPE)
    with pytest.raises(RecipeError, match=r"latent = 50: .* a multiple of 24"):
        vae_gan.build(replace(SMALL, latent=50), SHAPE)
