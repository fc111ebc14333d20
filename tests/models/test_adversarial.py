"""Adversarial losses, gradients through decisions, smooth critics: known answers."""

import math

import pytest
import torch

from firmus.errors import RecipeError
from firmus.models import _adversarial as adversarial


def windows(seed=0, count=6):
    torch.manual_seed(seed)
    return torch.randn(2, count, 3, 5).unbind(0)


def test_a_decision_is_made_and_its_gradient_is_that_of_the_chance():
    logits = torch.tensor([-3.0, -0.5, 0.5, 3.0], requires_grad=True)
    decided = adversarial.binary(logits)
    assert decided.detach().round(decimals=6).tolist() == [0, 0, 1, 1]
    decided.sum().backward()
    chance = logits.detach().sigmoid()
    assert torch.allclose(logits.grad, chance * (1 - chance))


def test_a_choice_is_made_and_its_gradient_is_that_of_the_softmax():
    logits = torch.tensor([[2.0, 0.0, 1.0]], requires_grad=True)
    chosen = adversarial.one_hot(logits)
    assert chosen.detach().round(decimals=6).tolist() == [[1, 0, 0]]
    chosen[0, 1].backward()
    soft = logits.detach().clone().requires_grad_()
    soft.softmax(-1)[0, 1].backward()
    assert torch.allclose(logits.grad, soft.grad)
    assert logits.grad.abs().min() > 0


def test_decisions_become_firm():
    logits = torch.tensor([[2.0, 0.0, 1.0]])
    soft, half, firm = (adversarial.one_hot(logits, each) for each in (0.0, 0.5, 1.0))
    assert torch.allclose(soft, logits.softmax(-1))
    assert torch.allclose(half, (soft + firm) / 2)
    assert torch.allclose(adversarial.binary(logits, 0.0), logits.sigmoid())
    assert torch.allclose(half.sum(), torch.tensor(1.0))


def test_a_critic_of_slope_one_pays_no_penalty():
    real, made = windows()
    direction = torch.randn(3, 5)
    direction /= direction.norm()
    assert adversarial.penalty(lambda x: (x * direction).sum((1, 2)), real, made) < 1e-10
    tripled = adversarial.penalty(lambda x: 3 * (x * direction).sum((1, 2)), real, made)
    assert tripled.item() == pytest.approx(4.0, abs=1e-4)


def test_the_penalty_teaches_the_slope():
    torch.manual_seed(1)
    critic = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(15, 8), torch.nn.LeakyReLU(), torch.nn.Linear(8, 1)
    )
    optimiser = torch.optim.Adam(critic.parameters(), 1e-2)
    found = []
    for _ in range(150):
        loss = adversarial.penalty(lambda x: critic(x)[:, 0], *windows())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(loss.item())
    assert found[-1] < 0.1 * found[0]


def test_the_penalty_is_taken_in_single_precision():
    real, made = windows()
    layer = torch.nn.Linear(15, 1)
    kinds = []

    def critic(x):
        scores = layer(x.flatten(1))[:, 0]
        kinds.append(scores.dtype)
        return scores

    with torch.autocast("cpu", torch.bfloat16):
        adversarial.penalty(critic, real, made).backward()
    assert kinds == [torch.float32]
    assert layer.weight.grad.abs().sum() > 0


def test_real_windows_are_only_nine_tenths_real():
    scores = torch.full((4,), math.log(0.9 / 0.1))  # the logit of 0.9
    least = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    never = torch.full((4,), -50.0)
    assert adversarial.critic_loss("adversarial", scores, never).item() == pytest.approx(least, abs=1e-5)
    for other in (scores - 1, scores + 1):  # surer is no better
        assert adversarial.critic_loss("adversarial", other, never) > least
    assert adversarial.generator_loss("mixed", scores).item() == pytest.approx(-math.log(0.9), abs=1e-5)  # not smoothed


def test_wasserstein_is_a_difference_of_means():
    real, made = torch.tensor([3.0, 5.0]), torch.tensor([1.0, 2.0])
    assert adversarial.critic_loss("wasserstein", real, made) == -2.5
    assert adversarial.generator_loss("wasserstein", made) == -1.5


def test_only_wasserstein_pays_a_penalty():
    real, made = windows()
    for objective in adversarial.OBJECTIVES:
        loss, told = adversarial.critic_step(objective, lambda x: 2 * x[:, 0, 0], (real, made), 10.0)
        assert ("penalty" in told) == (objective == "wasserstein")
        if "penalty" in told:
            assert (loss - 10.0 * told["penalty"]).item() == pytest.approx(
                (told["made"] - told["real"]).item(), abs=1e-5
            )


def test_phases_and_their_errors():
    assert adversarial.phases("mixed", 3) == ("critic", "critic", "critic", "generator")
    with pytest.raises(RecipeError, match="did you mean 'wasserstein'"):
        adversarial.phases("waserstein", 1)
    with pytest.raises(RecipeError, match="critics = 0"):
        adversarial.phases("adversarial", 0)


def test_a_bounded_critic_stretches_nothing():
    torch.manual_seed(2)
    network = adversarial.bounded(torch.nn.Sequential(torch.nn.Linear(9, 9), torch.nn.Conv1d(9, 4, 1)))
    for _ in range(60):
        network[0](torch.randn(2, 9))
    assert torch.linalg.matrix_norm(network[0].weight, 2).item() == pytest.approx(1.0, abs=0.02)


def test_one_window_among_like_ones_is_found_out():
    same, varied = torch.ones(5, 3), torch.randn(5, 3)
    assert adversarial.among_others(same).shape == (5, 4)
    assert adversarial.among_others(same)[:, -1].max() < 1e-3
    assert adversarial.among_others(varied)[:, -1].min() > 0.3
