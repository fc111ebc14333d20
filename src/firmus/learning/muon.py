"""Muon, whose matrices of one shape are orthogonalised together, in single precision where bf16 is emulated."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any, cast

import torch
from torch import Tensor


class Muon(torch.optim.Muon):
    """Muon (Jordan et al. 2024), scaled to the updates of AdamW (Liu et al. 2025).

    The optimiser of PyTorch, with the same states, but matrices of one shape are a batch, and `dtype` is chosen:
    PyTorch's multiplies bf16, which a processor without such instructions emulates, 50 times as slow.

    Parameters
    ----------
    params : list of torch.Tensor
        Matrices.
    lr, weight_decay : float
    dtype : torch.dtype
        In which matrices are orthogonalised.
    """

    def __init__(self, params: Any, lr: float, weight_decay: float, dtype: torch.dtype = torch.bfloat16) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Change the matrices by their gradients."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike[matrix.shape].append(matrix)
            for shape, matrices in alike.items():
                updates = torch.stack([self._update(matrix, group["momentum"]) for matrix in matrices])
                steps, coefficients = group["ns_steps"], group["ns_coefficients"]
                updates = orthogonalised(updates.to(self.dtype), steps, coefficients)
                rate = 0.2 * math.sqrt(max(shape)) * group["lr"]
                for matrix, update in zip(matrices, updates, strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-rate)
        return loss

    def _update(self, matrix: Tensor, momentum: float) -> Tensor:
        """The gradient with Nesterov's momentum."""
        gradient, state = cast(Tensor, matrix.grad), self.state[matrix]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(state["momentum_buffer"], momentum)


def orthogonalised(matrices: Tensor, steps: int, coefficients: tuple[float, float, float]) -> Tensor:
    """Matrices whose singular values are all brought near 1, by Newton and Schulz's iteration.

    Parameters
    ----------
    matrices : torch.Tensor
        Shape (matrices, rows, columns).
    steps : int
    coefficients : tuple of float
        Of the first, third and fifth power.

    Examples
    --------
    >>> matrices = torch.diag(torch.tensor([3.0, 1.0])).unsqueeze(0)
    >>> torch.linalg.svdvals(orthogonalised(matrices, 5, (3.4445, -4.7750, 2.0315))).round(decimals=1)
    tensor([[1.1000, 0.8000]])
    """
    first, third, fifth = coefficients
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    found = matrices.mT if is_tall else matrices
    found = found / found.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(steps):
        gram = found @ found.mT
        found = torch.baddbmm(found, torch.baddbmm(gram, gram, gram, beta=third, alpha=fifth), found, beta=first)
    return found.mT if is_tall else found
