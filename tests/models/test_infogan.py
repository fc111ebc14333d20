"""InfoGAN: codes, and the information that melodies hold of them."""

import math
from dataclasses import replace

import pytest
import torch

from firmus import tokens
from firmus.errors import RecipeError
from firmus.models import infogan
from firmus.tokens import melody

SMALL = infogan.Config(latent=8, width=16, critic_width=12, categorical=3, continuous=2)
SHAPE = tokens.shape(melody)


def network(**more):
    torch.manual_seed(0)
    return infogan.build(replace(SMALL, **more), SHAPE)


def batch(count=16):
    values = torch.randint(0, melody.VOCABULARY, (count, 32, 1))
    values[:, 0] = 40
    return values, torch.tensor(16)


def test_the_category_is_the_place_of_the_largest():
    noise = network().noise(torch.tensor([[0.1, -2.0, 0.3, 1, 2, 3, 4, 5], [-3.0, -1.0, -2.0, 1, 2, 3, 4, 5]]))
    assert noise.tolist() == [[0, 0, 1, 1, 2, 3, 4, 5], [0, 1, 0, 1, 2, 3, 4, 5]]


def test_nothing_but_the_largest_matters_to_the_melody():
    net = network().eval()
    z = torch.randn(1, 8)
    other = z.clone()
    other[:, :3] = 5 * z[:, :3] + 1
    given = torch.full((1, 32, 1), -1)
    with torch.no_grad():
        assert torch.equal(net.decode(z, given, torch.tensor(16)), net.decode(other, given, torch.tensor(16)))


def test_categories_are_equally_likely():
    net = network()
    shares = net.noise(net.points(6000, torch.device("cpu")))[:, :3].mean(0)
    assert (shares - 1 / 3).abs().max() < 0.03


def test_who_reads_nothing_holds_no_information():
    net, noise = network(), network().noise(torch.randn(20000, 8))
    nothing = torch.zeros(20000, 3 + 2 + 2)  # all categories equal; mean 0, variance 1: the codes' own distribution
    assert net.information(nothing, noise).item() == pytest.approx(0.0, abs=0.03)
    assert net.information(torch.randn(20000, 7), noise) < 0


def test_who_reads_all_holds_the_entropy_of_the_category_and_more():
    net, noise = network(), network().noise(torch.randn(500, 8))
    certain = torch.cat([40 * noise[:, :3], noise[:, 3:5], torch.full((500, 2), -4.0)], dim=1)
    wanted = math.log(3) + 2 * 0.5 * (1 + 1.4)  # ln K; each code counts as known to e^-0.7 at best
    assert net.information(certain, noise).item() == pytest.approx(wanted, abs=1e-3)


def test_the_bound_is_one():
    """Of a code seen through noise of variance v the information is ln(1 + 1/v) / 2; the best reader attains it."""
    net = network(categorical=0, continuous=1)
    code, variance = torch.randn(200_000, 1), 0.5
    seen = code + variance**0.5 * torch.randn_like(code)
    best = torch.cat([seen / (1 + variance), torch.full_like(seen, math.log(variance / (1 + variance)))], dim=1)
    noise = torch.cat([code, torch.zeros(len(code), 7)], dim=1)
    assert net.information(best, noise).item() == pytest.approx(0.5 * math.log(1 + 1 / variance), abs=0.01)


def test_information_teaches_generator_and_reader():
    for phase, parts in (("generator", ("generator",)), ("critic", ("reader", "body"))):
        found = []
        for information in (0.0, 5.0):
            net = network(information=information)
            torch.manual_seed(1)
            net.loss(phase, batch(), 0.5)[0].backward()
            found.append([each.grad for name in parts for each in getattr(net, name).parameters()])
        assert any(one is None or not torch.allclose(one, other) for one, other in zip(*found, strict=True))


def test_the_card_says_which_entries_are_codes():
    assert infogan.facts(network())["codes"] == {"categorical": 3, "continuous": 2}


@pytest.mark.parametrize("codes", [(1, 2), (0, 0), (-1, 3), (4, 5)])
def test_impossible_codes_are_refused(codes):
    with pytest.raises(RecipeError, match="codes are the first entries of z"):
        network(categorical=codes[0], continuous=codes[1])
