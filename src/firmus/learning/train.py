"""Training loop: a recipe in, checkpoints, a loss curve and averaged weights out.

Lightning Fabric puts the same loop on one CPU, one GPU, or many processes under ``torchrun``: bf16 where the
hardware has it, gradients averaged over the processes. A run has its own folder and resumes by itself:
the checkpoint holds weights, their moving average, the optimisers, the step, the time spent and the log.

A step has one phase, or several: the networks of an adversarial model are trained in turns, each with its own
optimisers (see `firmus.models`).
"""

from __future__ import annotations

import atexit
import ctypes
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from firmus import plugins, tokens
from firmus.errors import RecipeError
from firmus.learning import checkpoint, export, preflight, pretrained, threads
from firmus.learning.batches import Batch, batches
from firmus.learning.corpus import Corpus
from firmus.learning.optimisers import Optimisers, by_name, full_rates, multiplies_bf16, optimisers
from firmus.learning.preflight import CopyMonitor
from firmus.learning.recipe import TONES, Recipe, fill
from firmus.learning.training_state import RunningMeans, TrainingState
from firmus.runtime.weights import Card

VALIDATION_EXAMPLES = 96
TIMED_STEPS = 10  # steps from which the time of the run is estimated


def train(
    recipe: Recipe,
    corpus: Corpus,
    folder: Path,
    *,
    minutes: float | None = None,
    began: float | None = None,
    first: Card | None = None,
    report: Any = print,
) -> tuple[nn.Module, TrainingState]:
    """Train, resuming where the folder holds a checkpoint; returns the averaged network and the state of the run.

    Parameters
    ----------
    recipe : Recipe
    corpus : Corpus
        Prepared pieces, split into ``train`` and ``valid``.
    folder : Path
        Of this run: ``checkpoint/``, ``log.jsonl``, ``loss.svg``.
    minutes : float, optional
        Bound on the time of the whole run, instead of the recipe's: preparing, compiling and exporting are part of it.
    began : float, optional
        When the run began, on the monotonic clock; now by default.
    first : Card, optional
        Of the exported weights to begin from, where there is no checkpoint yet; fresh ones by default.
    report : callable
        Called with each line of progress.

    Raises
    ------
    RecipeError
        Where no time is left to train.
    """
    limit = recipe.training.minutes if minutes is None else minutes
    run = Run(recipe, corpus, folder, limit, time.monotonic() if began is None else began, report, first)
    while not run.done:
        run.step()
        if run.done or run.is_checkpoint_due:
            run.save()
    run.close()
    return run.average.cpu().eval(), run.state


class Run:
    """A training run: network, optimisers, batches and state."""

    def __init__(
        self,
        recipe: Recipe,
        corpus: Corpus,
        folder: Path,
        limit: float,
        began: float,
        report: Any,
        first: Card | None = None,
    ) -> None:
        self.recipe, self.corpus, self.folder, self.report = recipe, corpus, folder, report
        self.fabric = launch_fabric(report)
        torch.manual_seed(recipe.training.seed)
        network: Any = build(recipe)
        if first:
            pretrained.load(network, recipe, first)
        self.average: Any = deepcopy(network).requires_grad_(False)
        created = optimisers(network, recipe)
        self.stateful: dict[str, Any] = {"network": network, "average": self.average, **by_name(created)}
        self.state = TrainingState()
        if _resume(folder, self.stateful, self.state):
            report(f"resumed at step {self.state.step}, after {self.state.minutes:.0f} minutes")
        _check_same_step(self.fabric, self.state, folder)
        self.began, self.limit = began - 60 * self.state.minutes, self._minutes_to_train(limit, began)
        self.average.to(self.fabric.device)
        if self.fabric.device.type == "cpu":  # before it is compiled: the number of threads is part of the code
            threads.choose(recipe.training.threads, self._trial(network), report)
        if recipe.training.compile:
            torch._dynamo.config.recompile_limit = 64  # one graph for each sequence length
            network.compile(dynamic=False)
        self.network, (self.model, self.optimisers) = network, _set_up(self.fabric, network, created)
        self.monitor = CopyMonitor(recipe, corpus) if hasattr(network, "sample") and corpus.pieces("valid") else None
        for line in preflight.summary(recipe, corpus, network):
            report(line)
        self.first_step, self.metrics = self.state.step, RunningMeans()
        self.streams: dict[int, Iterator[Batch]] = {}  # by sequence length: short until the cooldown
        self.saved, self.timed = time.monotonic(), 0.0

    def _minutes_to_train(self, limit: float, began: float) -> float:
        """Bound on the minutes of training: what the export takes, rehearsed on untrained weights, is left over.

        Raises
        ------
        RecipeError
            Where nothing is left.
        """
        state, shared = self.state, self.fabric.broadcast if self.fabric.world_size > 1 else float
        if not limit or state.step >= self.recipe.training.steps:
            return limit
        preparing = float(shared((time.monotonic() - began) / 60))
        if preparing < limit and not state.export_minutes and self.fabric.global_rank == 0:
            state.export_minutes = export.rehearse(self.average, self.recipe, self.corpus) / 60
        state.export_minutes = float(shared(state.export_minutes))
        if not state.step:
            preflight.check_time(limit, preparing, state.export_minutes)
        return max(limit - state.export_minutes, 1e-9)

    def _trial(self, network: nn.Module) -> Callable[[], None]:
        """A step of training on a copy of the network, of which nothing is kept, to be timed."""
        copy: Any = deepcopy(network)
        settings = self.recipe.training
        length = settings.first_length or settings.length
        batch = next(batches(self.recipe, self.corpus, self.fabric.world_size, length, seed=settings.seed))

        def step() -> None:
            with torch.random.fork_rng(devices=[]):
                for phase in copy.PHASES:
                    with self.fabric.autocast():
                        loss, _ = copy.loss(phase, batch, 0.0)
                    loss.backward()

        return step

    @property
    def fraction_done(self) -> float:
        """Fraction of the run that is done, 0 to 1."""
        by_time = self.state.minutes / self.limit if self.limit else 0.0
        return max(self.state.step / self.recipe.training.steps, by_time)

    @property
    def done(self) -> bool:
        """Whether all steps, or all minutes, are done."""
        return self.fraction_done >= 1

    @property
    def is_checkpoint_due(self) -> bool:
        """Whether the last checkpoint is older than the recipe's interval."""
        return time.monotonic() - self.saved > 60 * self.recipe.training.checkpoint_minutes

    def step(self) -> None:
        """One training step: a batch and an update in each phase."""
        settings, state, fabric = self.recipe.training, self.state, self.fabric
        in_cooldown = self.fraction_done >= 1 - settings.cooldown
        length = settings.length if in_cooldown else settings.first_length or settings.length
        if length not in self.streams:
            seed = settings.seed + 7919 * state.step + fabric.global_rank
            self.streams[length] = batches(self.recipe, self.corpus, fabric.world_size, length, seed=seed)
        factor = rate_factor(state.step, self.fraction_done, settings.warmup, settings.cooldown)
        for group in (group for some in self.optimisers.values() for each in some for group in each.param_groups):
            group["lr"] = factor * group["full_rate"]
        for phase in self.network.PHASES:
            batch = next(self.streams[length])
            self.metrics.add(self._update(phase, batch))
            state.tokens += batch[0].shape[0] * batch[0].shape[1] * fabric.world_size
        _average(self.average, self.network, settings.average, state.step)
        state.step += 1
        state.minutes = (time.monotonic() - self.began) / 60
        if fabric.world_size > 1:  # clocks differ: the first process decides
            state.minutes = float(fabric.broadcast(state.minutes))
        self._estimate()

    def _update(self, phase: str, batch: Batch) -> dict[str, float]:
        """Update the weights of one phase; returns its loss (``train`` in the last phase) and its other metrics."""
        for optimiser in (each for some in self.optimisers.values() for each in some):
            optimiser.zero_grad()  # of the other phases as well: gradients flow through them
        on_device = tuple(self.fabric.to_device(each) for each in batch)
        loss, metrics = self.model.loss(phase, on_device, self.fraction_done)
        self.fabric.backward(loss)
        groups = [group for each in self.optimisers[phase] for group in each.param_groups]
        weights = [weight for group in groups for weight in group["params"]]
        torch.nn.utils.clip_grad_norm_(weights, self.recipe.training.clip)
        for optimiser in self.optimisers[phase]:
            optimiser.step()
        name = "train" if phase == self.network.PHASES[-1] else phase
        return {name: float(loss.detach()), **{each: float(value) for each, value in metrics.items()}}

    def _estimate(self) -> None:
        """Report, after some steps, an estimate of the remaining time; the first compiles and is not timed."""
        taken = self.state.step - self.first_step
        if taken == 1:
            self.timed = time.monotonic()
        if taken == 1 + TIMED_STEPS:
            seconds = (time.monotonic() - self.timed) / TIMED_STEPS
            left = self.limit - self.state.minutes if self.limit else None
            self.report(preflight.estimate(seconds, self.recipe.training.steps - self.state.step, left))

    def save(self) -> None:
        """Validate, write the checkpoint and report metrics; on the first process alone."""
        metrics = self.metrics.take()
        if self.fabric.global_rank == 0:
            copied = self.monitor.measure(self.average, np.random.default_rng(self.state.step)) if self.monitor else {}
            self.state.add_entry(**metrics, valid=validate(self.average, self.recipe, self.corpus), **copied)
            _save(self.folder, self.stateful, self.state)
            self.report(self.state.summary(self.recipe.training.steps))
            adversarial = len(set(self.network.PHASES)) > 1  # there a loss depends on the opponent
            warnings = ["" if adversarial else preflight.rising(self.state.log)]
            warnings.append(self.monitor.warning(copied) if self.monitor else "")
            for warning in filter(None, warnings):
                self.report(warning)
        self.saved = time.monotonic()

    def close(self) -> None:
        """Wait for the other processes: one that exits while others communicate with it makes them abort."""
        if self.fabric.world_size > 1:
            self.fabric.barrier()
            # Never freed: the destructor joins a thread that may wait for the interpreter's lock, which it holds.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.model))
            torch.distributed.destroy_process_group()
            if self.fabric.global_rank > 0:
                atexit.register(_exit_at_once)


def _exit_at_once() -> None:
    """End a process that is done without finalising Python: Gloo's threads abort it where they still need its lock."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _set_up(fabric: Fabric, network: nn.Module, created: Optimisers) -> tuple[Any, Optimisers]:
    """Set up the network and its optimisers with Fabric."""
    flat = [(phase, each) for phase, some in created.items() for each in some]
    model, *wrapped = fabric.setup(network, *(each for _, each in flat))
    model.mark_forward_method("loss")
    prepared: Optimisers = {phase: [] for phase in created}
    for (phase, _), each in zip(flat, wrapped, strict=True):
        prepared[phase].append(each)
    return model, prepared


def precision() -> str:
    """``"bf16-mixed"`` where the hardware multiplies bf16, else ``"32-true"``."""
    return "bf16-mixed" if multiplies_bf16() else "32-true"


def launch_fabric(report: Any = print) -> Fabric:
    """Fabric on one CPU, one GPU, or, under ``torchrun``, its processes."""
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
    """A recipe's network with fresh weights."""
    module = plugins.load("firmus.models", recipe.model)
    config = fill(module.Config, recipe.network, "network")
    shape = (
        None if recipe.representation == TONES else tokens.shape(plugins.load("firmus.tokens", recipe.representation))
    )
    network: nn.Module = module.build(config, shape)
    return network


def rate_factor(step: int, fraction_done: float, warmup: int, cooldown: float) -> float:
    """Factor of the peak learning rate: a linear warm-up, then 1, then linearly to 0 as `fraction_done` goes to 1.

    Examples
    --------
    >>> rate_factor(0, 0.0, 100, 0.5), rate_factor(500, 0.5, 100, 0.5), rate_factor(900, 0.9, 100, 0.5)
    (0.01, 1.0, 0.2)
    """
    return min((step + 1) / warmup, 1.0) * round(min(1.0, max(0.0, 1 - fraction_done) / max(cooldown, 1e-9)), 6)


@torch.no_grad()
def validate(network: Any, recipe: Recipe, corpus: Corpus) -> float:
    """Mean loss of the last phase over a fixed sample of validation examples; nan where there are none.

    Of sequences it is the mean over the tokens that are predicted.
    """
    if not corpus.pieces("valid"):
        return float("nan")
    network.eval()
    device = next(network.parameters()).device
    stream = batches(recipe, corpus, 1, recipe.training.length, seed=0, split="valid", transposed=False)
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
    """Update the exponential moving average of the weights; its decay is smaller at first."""
    weight = 1 - min(decay, (step + 1) / (step + 10))
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), weight)
    for averaged, current in zip(average.buffers(), network.buffers(), strict=True):
        averaged.copy_(current)


def _resume(folder: Path, stateful: dict[str, Any], state: TrainingState) -> bool:
    """Load the checkpoint, where there is one; the learning rates stay those of the recipe."""
    saved = checkpoint.load(folder / "checkpoint")
    if saved is None:
        return False
    for name, each in stateful.items():
        rates = full_rates(each) if isinstance(each, torch.optim.Optimizer) else []
        each.load_state_dict(saved[name])
        for group, full_rate in zip(getattr(each, "param_groups", ()), rates, strict=True):
            group["full_rate"] = full_rate
    state.__dict__.update(saved["progress"])
    return True


def _check_same_step(fabric: Fabric, state: TrainingState, folder: Path) -> None:
    """Check that the run is at the same step on every machine: the first alone writes checkpoints.

    Raises
    ------
    RecipeError
    """
    first = fabric.broadcast(state.step) if fabric.world_size > 1 else state.step
    if first != state.step:
        raise RecipeError(
            f"{folder} stands at step {state.step} here, at step {first} on the first machine: copy it from there"
        )


def _save(folder: Path, stateful: dict[str, Any], state: TrainingState) -> None:
    """Write the checkpoint, the log and the plot of the loss curve."""
    content = {name: each.state_dict() for name, each in stateful.items()}
    checkpoint.save({**content, "progress": dict(vars(state))}, folder / "checkpoint")
    (folder / "log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in state.log))
    from firmus.learning.curves import plot

    plot(state.log, folder / "loss.svg")
