"""Optimisers: AdamW, and Muon for the matrices within layers; separate ones for each phase of a step."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from firmus.learning.muon import Muon
from firmus.learning.recipe import Recipe

Optimisers = dict[str, list[torch.optim.Optimizer]]


def optimisers(network: Any, recipe: Recipe) -> Optimisers:
    """Optimisers of each phase, in the order of the phases; `full_rate` of each group is its peak learning rate."""
    return {phase: _of_phase(_weights(network, phase), recipe) for phase in dict.fromkeys(network.PHASES)}


def by_name(per_phase: Optimisers) -> dict[str, torch.optim.Optimizer]:
    """Optimisers by their names in a checkpoint."""
    return {f"{phase} {type(each).__name__}": each for phase, some in per_phase.items() for each in some}


def multiplies_bf16() -> bool:
    """Whether the hardware multiplies bf16, rather than emulate it."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def full_rates(optimiser: torch.optim.Optimizer) -> list[float]:
    """Peak learning rate of each parameter group."""
    return [group["full_rate"] for group in optimiser.param_groups]


def _weights(network: Any, phase: str) -> dict[str, nn.Parameter]:
    """Parameters that are trained in a phase, by their names in the whole network."""
    in_phase = {id(weight) for part in network.phase_modules(phase) for weight in part.parameters()}
    return {name: each for name, each in network.named_parameters() if id(each) in in_phase}


def _of_phase(weights: dict[str, nn.Parameter], recipe: Recipe) -> list[torch.optim.Optimizer]:
    settings = recipe.training
    inner = {
        name for name, each in weights.items() if settings.matrix_rate and each.dim() == 2 and _is_in_a_layer(name)
    }
    outer = [each for name, each in weights.items() if name not in inner]
    groups = [
        {"params": [each for each in outer if each.dim() >= 2], "weight_decay": settings.weight_decay},
        {"params": [each for each in outer if each.dim() < 2], "weight_decay": 0.0},
    ]
    betas = (settings.momentum, 0.98)
    adamw = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=betas, fused=True)
    created: list[torch.optim.Optimizer] = [adamw]
    if inner:
        created.append(
            Muon(
                [weights[name] for name in sorted(inner)],
                lr=settings.matrix_rate,
                weight_decay=settings.weight_decay,
                dtype=torch.bfloat16 if multiplies_bf16() else torch.float32,
            )
        )
    for group in (group for optimiser in created for group in optimiser.param_groups):
        group["full_rate"] = group["lr"]
    return created


def _is_in_a_layer(name: str) -> bool:
    """Whether a weight belongs to one of several layers, rather than to an embedding or an output."""
    return any(step.isdecimal() for step in name.split("."))
