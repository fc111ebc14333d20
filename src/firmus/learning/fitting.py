"""Fitting a classifier of features (`firmus.models.classifier`): the training loop, and its calibration."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from firmus.learning.recipe import Training

Rows = tuple[Tensor, Tensor]  # values (N, F), targets (N, H)
TEMPERATURES = np.exp(np.linspace(np.log(0.4), np.log(3.0), 60))
CHECK = 250  # steps


def fit(
    network: Any,
    settings: Training,
    train: Rows,
    weights: Tensor,
    valid: Rows,
    minutes: float,
    report: Callable[[str], None],
) -> Any:
    """Train a network; returns it with the weights of the lowest validation loss.

    Parameters
    ----------
    network : Classifier
    settings : Training
    train, valid : (Tensor, Tensor)
    weights : Tensor (N,)
        How often each training row is drawn, relative to the others.
    minutes : float
        Bound on the time; 0 for none.
    report : callable
    """
    network.fit_scale(train[0])
    optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, settings.steps)
    best_loss, best_weights, began = float("inf"), {}, time.monotonic()
    for step in range(1, settings.steps + 1):
        rows = torch.multinomial(weights, settings.batch_windows, replacement=True)
        network.train()
        loss, _ = network.loss("classes", (train[0][rows], train[1][rows]), step / settings.steps)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimiser.step()
        schedule.step()
        timed_out = minutes and time.monotonic() - began > 60 * minutes
        if step % CHECK == 0 or step == settings.steps or timed_out:
            network.eval()
            with torch.no_grad():
                valid_loss = float(network.loss("classes", valid, 1.0)[0])
            report(f"step {step}: loss {float(loss.detach()):.3f}, on validation pieces {valid_loss:.3f}")
            if valid_loss < best_loss:
                best_loss = valid_loss
                best_weights = {name: each.clone() for name, each in network.state_dict().items()}
        if timed_out:
            break
    network.load_state_dict(best_weights)
    return network.eval()


def temperature(logits: Tensor, targets: Tensor) -> float:
    """The divisor of the logits (N, C) under which the targets (N,) are likeliest."""
    nats = [float(torch.nn.functional.cross_entropy(logits / each, targets)) for each in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(nats))])
