"""Where quarters and steps lie, and what is heard of each bar."""

import torch

from firmus.models import _bar_position as clock


def test_places_in_bars_of_any_length():
    values = torch.zeros(1, 20, 1)
    assert clock.places(values, torch.tensor(10)).tolist() == [[0, 4, 8, 2, 6], [0, 0, 0, 1, 1]]
    assert clock.places(values, torch.tensor(5), every=1)[0].tolist() == [0, 1, 2, 3, 4] * 4
    assert clock.places(torch.zeros(1, 96, 1), torch.tensor(16))[1].tolist()[::4] == [0, 1, 2, 3, 0, 1]


def test_a_window_is_filled_to_a_quarter():
    values = torch.arange(9)[None, :, None]
    assert clock.filled(values)[0, :, 0].tolist() == [*range(9), 8, 8, 8]
    assert torch.equal(clock.filled(values[:, :8]), values[:, :8])


def test_means_of_bars():
    features = torch.arange(6.0)[None, None]
    at = torch.tensor([[0, 4, 8] * 2, [0, 0, 0, 1, 1, 1]])
    assert clock.by_bar(features, at)[0].tolist() == [1, 4, 0, 0]


def test_bent_channels_are_of_one_length():
    bent = clock.bent(10 * torch.randn(2, 6, 5))
    assert torch.allclose(bent.square().mean(dim=1), torch.ones(2, 5), atol=1e-4)


def test_what_lasts_is_the_same_step_by_step_or_doubled():
    torch.manual_seed(0)
    for steps in (1, 5, 64, 100):
        begins, goes_on = (torch.rand(2, 3, steps, 7) < share for share in (0.1, 0.9))
        begins, goes_on = begins.float().requires_grad_(), (goes_on & ~begins).float()
        one, other = clock.sustained(begins, goes_on), clock.doubled(begins, goes_on)
        assert torch.equal(one, other)
        one.sum().backward()
        assert begins.grad.min() >= 1
