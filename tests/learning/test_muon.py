"""Muon beside PyTorch's own."""

import pytest

torch = pytest.importorskip("torch")

from firmus.learning.muon import Muon, orthogonalised  # noqa: E402

SHAPES = [(24, 48), (48, 24), (24, 24), (24, 48)]
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def trained(kind, steps=4, **settings):
    torch.manual_seed(1)
    matrices = [torch.nn.Parameter(0.1 * torch.randn(shape)) for shape in SHAPES]
    optimiser = kind(matrices, lr=0.01, weight_decay=0.1, **settings)
    for step in range(steps):
        for matrix in matrices[:-1]:
            matrix.grad = torch.randn_like(matrix)
        matrices[-1].grad = torch.randn(SHAPES[-1]) if step != 1 else None  # without a gradient
        optimiser.step()
    return [matrix.detach() for matrix in matrices], optimiser.state_dict()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_steps_are_those_of_pytorch(dtype):
    theirs, state = trained(torch.optim.Muon, adjust_lr_fn="match_rms_adamw")
    ours, own = trained(Muon, dtype=dtype)
    far = trained(torch.optim.Muon, steps=0, adjust_lr_fn="match_rms_adamw")[0]
    for mine, other, start in zip(ours, theirs, far, strict=True):
        assert (mine - other).norm() < 0.02 * (other - start).norm()
    for name, each in state["state"].items():
        assert torch.equal(each["momentum_buffer"], own["state"][name]["momentum_buffer"])


def test_singular_values_come_near_one():
    matrices = torch.randn(3, 12, 30, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalised(matrices, 5, COEFFICIENTS))
    assert values.min() > 0.6
    assert values.max() < 1.3
    tall = orthogonalised(matrices.mT, 5, COEFFICIENTS)
    assert torch.allclose(tall.mT, orthogonalised(matrices, 5, COEFFICIENTS), atol=1e-4)
