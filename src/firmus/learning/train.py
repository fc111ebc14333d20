"""Training: a recipe in, checkpoints, a loss curve and exported weights out.

Lightning Fabric puts the same loop on one CPU, one GPU, or many processes under ``torchrun``: bf16 where the
hardware has it, gradients averaged over the processes. A run lives in its own folder and resumes by itself:
the checkpoint holds weights, their moving average, the optimisers, the step, the time spent and the log.

A step has one phase, or several: the networks of an adversarial model learn in turns, each with optimisers of its own
(see `firmus.models`).
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from firmus import plugins, tokens
from firmus.errors import RecipeError
from firmus.learning import checkpoint, preflight
from firmus.learning.batches import Batch, batches
from firmus.learning.corpus import Corpus
from firmus.learning.optimisers import Optimisers, full_rates, named, optimisers
from firmus.learning.preflight import CopyWatch
from firmus.learning.progress import Means, Progress
from firmus.learning.recipe import Recipe, fill

VALIDATION_EXAMPLES = 96
TIMED = 10  # steps by which the time of all is estimated


def train(
    recipe: Recipe, corpus: Corpus, folder: Path, *, minutes: float | None = None, report: Any = print
) -> tuple[nn.Module, Progress]:
    """Train, resuming where the folder holds a checkpoint; returns the averaged network and where it stands.

    Parameters
    ----------
    recipe : Recipe
    corpus : Corpus
        Prepared pieces, split into ``train`` and ``valid``.
    folder : Path
        Of this run: ``checkpoint/``, ``log.jsonl``, ``loss.svg``.
    minutes : float, optional
        Bound on the time of the whole run, instead of the recipe's.
    report : callable
        Takes one line of progress.
    """
    limit = recipe.training.minutes if minutes is None else minutes
    run = Run(recipe, corpus, folder, limit, report)
    while not run.done:
        run.step()
        if run.done or run.is_time_to_save:
            run.save()
    run.leave()
    return run.average.cpu().eval(), run.progress


class Run:
    """A training run in memory."""

    def __init__(self, recipe: Recipe, corpus: Corpus, folder: Path, limit: float, report: Any) -> None:
        self.recipe, self.corpus, self.folder, self.limit, self.report = recipe, corpus, folder, limit, report
        self.fabric = launched(report)
        torch.manual_seed(recipe.training.seed)
        network: Any = build(recipe)
        self.average: Any = deepcopy(network).requires_grad_(False)
        found = optimisers(network, recipe)
        self.state: dict[str, Any] = {"network": network, "average": self.average, **named(found)}
        self.progress = Progress()
        if _resume(folder, self.state, self.progress):
            report(f"resumed at step {self.progress.step}, after {self.progress.minutes:.0f} minutes")
        _agree(self.fabric, self.progress, folder)
        self.average.to(self.fabric.device)
        if recipe.training.compile:
            torch._dynamo.config.recompile_limit = 64  # one form for each length of sequence
            network.compile(dynamic=False)
        self.network, (self.model, self.optimisers) = network, _set_up(self.fabric, network, found)
        self.watch = CopyWatch(recipe, corpus) if hasattr(network, "sample") and corpus.pieces("valid") else None
        for line in preflight.told(recipe, corpus, network):
            report(line)
        self.first, self.losses = self.progress.step, Means()
        self.streams: dict[int, Iterator[Batch]] = {}  # by length: short ones until the cooldown
        self.began, self.saved, self.timed = time.monotonic() - 60 * self.progress.minutes, time.monotonic(), 0.0

    @property
    def share(self) -> float:
        """How much of the run is over, 0 to 1."""
        by_time = self.progress.minutes / self.limit if self.limit else 0.0
        return max(self.progress.step / self.recipe.training.steps, by_time)

    @property
    def done(self) -> bool:
        """Whether all steps, or all minutes, are over."""
        return self.share >= 1

    @property
    def is_time_to_save(self) -> bool:
        """Whether the last checkpoint is old."""
        return time.monotonic() - self.saved > 60 * self.recipe.training.checkpoint_minutes

    def step(self) -> None:
        """Learn from a batch in each phase."""
        settings, progress, fabric = self.recipe.training, self.progress, self.fabric
        late = self.share >= 1 - settings.cooldown
        length = settings.length if late else settings.first_length or settings.length
        if length not in self.streams:
            seed = settings.seed + 7919 * progress.step + fabric.global_rank
            self.streams[length] = batches(self.recipe, self.corpus, fabric.world_size, length, seed=seed)
        pace = rate(progress.step, self.share, settings.warmup, settings.cooldown)
        for group in (group for some in self.optimisers.values() for each in some for group in each.param_groups):
            group["lr"] = pace * group["full_rate"]
        for phase in self.network.PHASES:
            batch = next(self.streams[length])
            self.losses.add(self._learn(phase, batch))
            progress.tokens += batch[0].shape[0] * batch[0].shape[1] * fabric.world_size
        _average(self.average, self.network, settings.average, progress.step)
        progress.step += 1
        progress.minutes = (time.monotonic() - self.began) / 60
        if fabric.world_size > 1:  # clocks differ: the first process decides
            progress.minutes = float(fabric.broadcast(progress.minutes))
        self._estimate()

    def _learn(self, phase: str, batch: Batch) -> dict[str, float]:
        """Learn from a batch in one phase; its loss, called ``train`` in the last phase, and what else it tells."""
        for optimiser in (each for some in self.optimisers.values() for each in some):
            optimiser.zero_grad()  # of the other phases as well: gradients went through them
        loss, told = self.model.loss(phase, tuple(self.fabric.to_device(each) for each in batch), self.share)
        self.fabric.backward(loss)
        groups = [group for each in self.optimisers[phase] for group in each.param_groups]
        weights = [weight for group in groups for weight in group["params"]]
        torch.nn.utils.clip_grad_norm_(weights, self.recipe.training.clip)
        for optimiser in self.optimisers[phase]:
            optimiser.step()
        name = "train" if phase == self.network.PHASES[-1] else phase
        return {name: float(loss.detach()), **{each: float(value) for each, value in told.items()}}

    def _estimate(self) -> None:
        """Say, after some steps, how long the rest will take; the first compiles and does not count."""
        taken = self.progress.step - self.first
        if taken == 1:
            self.timed = time.monotonic()
        if taken == 1 + TIMED:
            seconds = (time.monotonic() - self.timed) / TIMED
            left = self.limit - self.progress.minutes if self.limit else None
            self.report(preflight.estimate(seconds, self.recipe.training.steps - self.progress.step, left))

    def save(self) -> None:
        """Measure on held-out music, write the checkpoint, and say where the run stands; the first process alone."""
        told = self.losses.take()
        if self.fabric.global_rank == 0:
            copied = self.watch.look(self.average, np.random.default_rng(self.progress.step)) if self.watch else {}
            self.progress.note(**told, valid=validate(self.average, self.recipe, self.corpus), **copied)
            _save(self.folder, self.state, self.progress)
            self.report(self.progress.line(self.recipe.training.steps))
            game = len(set(self.network.PHASES)) > 1  # there, a loss moves with the opponent
            warnings = ["" if game else preflight.rising(self.progress.log)]
            warnings.append(self.watch.warning(copied) if self.watch else "")
            for warning in filter(None, warnings):
                self.report(warning)
        self.saved = time.monotonic()

    def leave(self) -> None:
        """Wait for the other processes: one that leaves while others still talk to it aborts."""
        if self.fabric.world_size > 1:
            self.fabric.barrier()
            torch.distributed.destroy_process_group()


def _set_up(fabric: Fabric, network: nn.Module, found: Optimisers) -> tuple[Any, Optimisers]:
    """Hand the network and its optimisers to Fabric."""
    flat = [(phase, each) for phase, some in found.items() for each in some]
    model, *ready = fabric.setup(network, *(each for _, each in flat))
    model.mark_forward_method("loss")
    prepared: Optimisers = {phase: [] for phase in found}
    for (phase, _), each in zip(flat, ready, strict=True):
        prepared[phase].append(each)
    return model, prepared


def precision() -> str:
    """``"bf16-mixed"`` where the hardware multiplies bf16, else ``"32-true"``."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    return "bf16-mixed" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "32-true"


def launched(report: Any = print) -> Fabric:
    """Fabric on what there is: one CPU, one GPU, or, under ``torchrun``, its processes."""
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    total, local = (int(os.environ.get(name, "1")) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    kind: Any = precision()
    if total > 1:
        fabric = Fabric(devices=local, num_nodes=total // local, strategy="ddp", precision=kind)
    else:
        fabric = Fabric(devices=1, precision=kind)
    fabric.launch()
    if total > 1:
        report(f"{total} processes train together")
    return fabric


def build(recipe: Recipe) -> nn.Module:
    """Fresh network of a recipe."""
    module = plugins.load("firmus.models", recipe.model)
    config = fill(module.Config, recipe.network, "network")
    shape = tokens.shape(plugins.load("firmus.tokens", recipe.representation))
    network: nn.Module = module.build(config, shape)
    return network


def rate(step: int, share: float, warmup: int, cooldown: float) -> float:
    """Share of the full learning rate: a linear warm-up, then 1, then linearly to 0 as `share` goes to 1.

    Examples
    --------
    >>> rate(0, 0.0, 100, 0.5), rate(500, 0.5, 100, 0.5), rate(900, 0.9, 100, 0.5)
    (0.01, 1.0, 0.2)
    """
    return min((step + 1) / warmup, 1.0) * round(min(1.0, max(0.0, 1 - share) / max(cooldown, 1e-9)), 6)


@torch.no_grad()
def validate(network: Any, recipe: Recipe, corpus: Corpus) -> float:
    """Mean loss of the last phase over a fixed draw of validation examples; nan where there are none.

    Of sequences it is the mean over the tokens to be learnt.
    """
    if not corpus.pieces("valid"):
        return float("nan")
    network.eval()
    device = next(network.parameters()).device
    stream = batches(recipe, corpus, 1, recipe.training.length, seed=0, split="valid", moved=False)
    total = count = seen = 0.0
    while seen < VALIDATION_EXAMPLES:
        batch = tuple(each.to(device) for each in next(stream))
        with torch.autocast(device.type, torch.bfloat16, enabled=precision() == "bf16-mixed"):
            loss, _ = network.loss(network.PHASES[-1], batch, 1.0)
        weight = float((batch[2] >= 0).sum()) if len(batch) > 2 else 1.0
        total, count = total + float(loss) * weight, count + weight
        seen += len(batch[0])
    return total / count


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move the average towards the network; it follows more closely at first."""
    weight = 1 - min(decay, (step + 1) / (step + 10))
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), weight)
    for own, other in zip(average.buffers(), network.buffers(), strict=True):
        own.copy_(other)


def _resume(folder: Path, state: dict[str, Any], progress: Progress) -> bool:
    """Take everything up from the checkpoint, where there is one; the recipe's learning rates hold."""
    saved = checkpoint.load(folder / "checkpoint")
    if saved is None:
        return False
    for name, each in state.items():
        rates = full_rates(each) if isinstance(each, torch.optim.Optimizer) else []
        each.load_state_dict(saved[name])
        for group, full_rate in zip(getattr(each, "param_groups", ()), rates, strict=True):
            group["full_rate"] = full_rate
    progress.__dict__.update(saved["progress"])
    return True


def _agree(fabric: Fabric, progress: Progress, folder: Path) -> None:
    """Refuse to go on where another machine's run stands elsewhere: the first alone writes checkpoints.

    Raises
    ------
    RecipeError
    """
    first = fabric.broadcast(progress.step) if fabric.world_size > 1 else progress.step
    if first != progress.step:
        raise RecipeError(
            f"{folder} stands at step {progress.step} here, at step {first} on the first machine: copy it from there"
        )


def _save(folder: Path, state: dict[str, Any], progress: Progress) -> None:
    """Write the checkpoint, and the log and its picture beside it."""
    content = {name: each.state_dict() for name, each in state.items()}
    checkpoint.save({**content, "progress": dict(vars(progress))}, folder / "checkpoint")
    (folder / "log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in progress.log))
    from firmus.learning.curves import plot

    plot(progress.log, folder / "loss.svg")
