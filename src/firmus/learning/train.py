"""Training: a recipe in, checkpoints, a loss curve and exported weights out.

Lightning Fabric puts the same loop on one CPU, one GPU, or many processes under ``torchrun``: bf16 where the
hardware has it, gradients averaged over the processes. A run lives in its own folder and resumes by itself:
the checkpoint holds weights, their moving average, the optimiser, the step, the time spent and the log.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional

from firmus import plugins
from firmus.learning import checkpoint
from firmus.learning.corpus import Corpus
from firmus.learning.recipe import Recipe, fill
from firmus.models.transformer import Shape

VALIDATION_EXAMPLES = 96


@dataclass
class Progress:
    """Where a run stands; kept in its checkpoint."""

    step: int = 0
    minutes: float = 0.0
    tokens: int = 0
    log: list[dict[str, float]] = field(default_factory=list)

    def note(self, **found: float) -> None:
        """Add an entry to the log."""
        self.log.append({"step": self.step, "minutes": self.minutes, "tokens": self.tokens, **found})

    def line(self, steps: int) -> str:
        """The last entry in words."""
        entry = self.log[-1]
        return (
            f"step {self.step}/{steps} · {self.minutes:.0f} min · {self.tokens / 1e6:.2f} M tokens · "
            f"train {entry['train']:.4f} · valid {entry['valid']:.4f}"
        )


def precision() -> str:
    """``"bf16-mixed"`` where the hardware multiplies bf16, else ``"32-true"``."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    return "bf16-mixed" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "32-true"


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
    settings = recipe.training
    limit = settings.minutes if minutes is None else minutes
    fabric = launched(report)
    torch.manual_seed(settings.seed)
    network = build(recipe)
    average = deepcopy(network).requires_grad_(False)
    optimisers = _optimisers(network, recipe)
    progress = Progress()
    state: dict[str, Any] = {"network": network, "average": average, **optimisers}
    if _resume(folder, state, progress):
        report(f"resumed at step {progress.step}, after {progress.minutes:.0f} minutes")
    average.to(fabric.device)
    _compile(network, settings.compile)
    model, *prepared = fabric.setup(network, *optimisers.values())
    began, saved_at, losses = time.monotonic() - progress.minutes * 60, time.monotonic(), []
    batches: dict[int, Iterator[tuple[Tensor, Tensor, Tensor]]] = {}  # by length: short ones until the cooldown
    done = progress.step >= settings.steps or (limit and progress.minutes >= limit)
    while not done:
        share = max(progress.step / settings.steps, progress.minutes / limit if limit else 0.0)
        length = settings.length if share >= 1 - settings.cooldown else settings.first_length or settings.length
        if length not in batches:
            place = 7919 * progress.step + fabric.global_rank
            batches[length] = _batches(recipe, corpus, fabric.world_size, length, seed=settings.seed + place)
        pace = rate(progress.step, share, settings.warmup, settings.cooldown)
        for group in (group for optimiser in prepared for group in optimiser.param_groups):
            group["lr"] = pace * group["full_rate"]
        batch = next(batches[length])
        losses.append(_update(fabric, model, prepared, batch, settings.clip))
        _average(average, network, settings.average, progress.step)
        progress.step += 1
        progress.tokens += int(batch[0].numel()) * fabric.world_size
        progress.minutes = (time.monotonic() - began) / 60
        done = progress.step >= settings.steps or bool(limit and progress.minutes >= limit)
        if fabric.world_size > 1:  # clocks differ: the first process decides
            done = bool(fabric.broadcast(done))
            progress.minutes = float(fabric.broadcast(progress.minutes))
        if done or time.monotonic() - saved_at > settings.checkpoint_minutes * 60:
            if fabric.global_rank == 0:
                told = {"train": sum(losses) / len(losses), "rate": pace * settings.learning_rate}
                progress.note(**told, valid=validate(average, recipe, corpus))
                _save(folder, state, progress)
                report(progress.line(settings.steps))
            losses, saved_at = [], time.monotonic()
    _leave_together(fabric)
    return average.cpu().eval(), progress


def _compile(network: nn.Module, wanted: bool) -> None:
    if wanted:
        torch._dynamo.config.recompile_limit = 64  # one form for each length of sequence
        network.compile(dynamic=False)


def _update(fabric: Fabric, model: Any, optimisers: list[Any], batch: tuple[Tensor, ...], clip: float) -> float:
    """One step of learning from a batch; its loss."""
    loss = _loss(model, *(fabric.to_device(each) for each in batch))
    fabric.backward(loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    for optimiser in optimisers:
        optimiser.step()
        optimiser.zero_grad()
    return float(loss.detach())


def _leave_together(fabric: Fabric) -> None:
    """Wait for the other processes: one that leaves while others still talk to it aborts."""
    if fabric.world_size > 1:
        fabric.barrier()
        torch.distributed.destroy_process_group()


def launched(report: Any = print) -> Fabric:
    """Fabric on what there is: one CPU, one GPU, or, under ``torchrun``, its processes."""
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
    tokens = plugins.load("firmus.tokens", recipe.representation)
    config = fill(module.Config, recipe.network, "network")
    network: nn.Module = module.build(config, Shape(tokens.VOCABULARY, tokens.PLACES, tokens.PARTS, tokens.QUARTER))
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
def validate(network: nn.Module, recipe: Recipe, corpus: Corpus) -> float:
    """Mean nats per learnt token over a fixed draw of validation examples; nan where there are none."""
    if not corpus.pieces("valid"):
        return float("nan")
    network.eval()
    device = next(network.parameters()).device
    stream = _batches(recipe, corpus, 1, recipe.training.length, seed=0, split="valid", transpose=False)
    total = count = 0.0
    while count < VALIDATION_EXAMPLES * recipe.training.length / 2:
        tokens, slots, targets = (each.to(device) for each in next(stream))
        with torch.autocast(device.type, torch.bfloat16, enabled=precision() == "bf16-mixed"):
            logits = network(tokens, slots)
        total += float(functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="sum"))
        count += int((targets >= 0).sum())
    return total / count


def _optimisers(network: nn.Module, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
    """Optimisers of all weights, by name; each group knows its full learning rate."""
    settings = recipe.training
    named = dict(network.named_parameters())
    inner = {name for name, each in named.items() if settings.matrix_rate and each.dim() == 2 and _is_in_a_layer(name)}
    outer = [each for name, each in named.items() if name not in inner]
    groups = [
        {"params": [each for each in outer if each.dim() >= 2], "weight_decay": settings.weight_decay},
        {"params": [each for each in outer if each.dim() < 2], "weight_decay": 0.0},
    ]
    found: dict[str, torch.optim.Optimizer] = {
        "optimiser": torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98), fused=True)
    }
    if inner:
        found["matrix_optimiser"] = torch.optim.Muon(
            [named[name] for name in sorted(inner)],
            lr=settings.matrix_rate,
            weight_decay=settings.weight_decay,
            adjust_lr_fn="match_rms_adamw",
        )
    for optimiser in found.values():
        for group in optimiser.param_groups:
            group["full_rate"] = group["lr"]
    return found


def _is_in_a_layer(name: str) -> bool:
    """Whether a weight belongs to one of several layers, rather than to an embedding or an output."""
    return any(step.isdecimal() for step in name.split("."))


def _loss(model: nn.Module, tokens: Tensor, slots: Tensor, targets: Tensor) -> Tensor:
    logits = model(tokens, slots)
    return functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=-100)


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move the average towards the network; it follows more closely at first."""
    weight = 1 - min(decay, (step + 1) / (step + 10))
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), weight)


def _batches(
    recipe: Recipe,
    corpus: Corpus,
    shares: int,
    length: int,
    *,
    seed: int,
    split: str = "train",
    transpose: bool | None = None,
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless batches (tokens, slots, targets); sequences of like length stand together."""
    generator = np.random.default_rng(seed)
    settings = recipe.training
    moves = recipe.data.transpose if transpose is None else transpose
    budget = max(settings.batch_tokens // shares, length)
    spare: list[Any] = []
    while True:
        wanted = 16 * budget // length
        spare += [corpus.example(split, generator, length, moves) for _ in range(wanted)]
        spare.sort(key=lambda each: len(each.tokens))
        batches: list[list[Any]] = [[]]
        for each in spare:
            padded = _padded(len(each.tokens) - 1)
            if (len(batches[-1]) + 1) * padded > budget:
                batches.append([])
            batches[-1].append(each)
        spare = batches.pop()  # not full: kept for the next round
        for index in generator.permutation(len(batches)):
            yield collate(batches[index])


def collate(examples: list[Any]) -> tuple[Tensor, Tensor, Tensor]:
    """Pad alike: tokens (B, T), slots (B, T, 3), targets (B, T) with -100 where nothing is learnt.

    T is one of few lengths: every new shape costs a compilation on a CPU.
    """
    longest = _padded(max(len(each.tokens) for each in examples) - 1)
    tokens = np.zeros((len(examples), longest), np.int64)
    slots = np.zeros((len(examples), longest, 3), np.int64)
    targets = np.full((len(examples), longest), -100, np.int64)
    for row, each in enumerate(examples):
        n = len(each.tokens) - 1
        tokens[row, :n], slots[row, :n] = each.tokens[:-1], each.slots[:-1]
        targets[row, :n] = np.where(each.given[1:], -100, each.tokens[1:])
    return torch.from_numpy(tokens), torch.from_numpy(slots), torch.from_numpy(targets)


def _padded(length: int) -> int:
    """Least of 64, 128, 192, 256, 384, 512, 768 ... that is not below a length."""
    size = 64
    while size < length:
        size += max(64, 1 << (size.bit_length() - 2))
    return size


def _resume(folder: Path, state: dict[str, Any], progress: Progress) -> bool:
    """Take everything up from the checkpoint, where there is one; the recipe's learning rates hold."""
    saved = checkpoint.load(folder / "checkpoint")
    if saved is None:
        return False
    for name, each in state.items():
        rates = [group["full_rate"] for group in getattr(each, "param_groups", ())]
        each.load_state_dict(saved[name])
        for group, full_rate in zip(getattr(each, "param_groups", ()), rates, strict=True):
            group["full_rate"] = full_rate
    progress.__dict__.update(saved["progress"])
    return True


def _save(folder: Path, state: dict[str, Any], progress: Progress) -> None:
    """Write the checkpoint, and the log and its picture beside it."""
    content = {name: each.state_dict() for name, each in state.items()}
    checkpoint.save({**content, "progress": dict(vars(progress))}, folder / "checkpoint")
    (folder / "log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in progress.log))
    from firmus.learning.curves import plot

    plot(progress.log, folder / "loss.svg")
