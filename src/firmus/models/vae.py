"""Variational autoencoders of short pieces: flat or hierarchical, with the Kullback-Leibler divergence or with MMD.

What it is
    An encoder reads a window of a raster x (some bars) in both directions and says a normal distribution q(z | x); a
    decoder tells the window step by step from a point z of it, each step from those before. Points between two
    windows are windows between them; directions are qualities. The loss to be minimised is

        E_q[-ln p(x | z)] + λ · max(KL(q(z | x) ‖ N(0, 1)) - free, 0)

    (cross-entropy; λ rises from 0 to its full weight in the first part of training). A *flat* decoder is one recurrent
    network over all steps. A *hierarchical* one has a conductor, which makes of z a plan for each bar; the bars are
    decoded from their plans, the state begun anew in each, so that nothing but the plans spans them. Its encoder has
    two levels as well: it reads each bar, then the row of bars, both in both directions. Between z and the bars stand
    sixteen seats, one for each bar, so that no bar has to be remembered through the others (ours; in Roberts et al.
    the encoder is flat, and the conductor hears the same z at every bar).
    The columns of a step are decoded one after the other, each from the state and from those before it in the step.
Paper
    Kingma & Welling, *Auto-Encoding Variational Bayes* (2014), eq. 7, for the loss; Roberts et al., *A Hierarchical
    Latent Vector Model for Learning Long-Term Structure in Music* (2018), sections 3.1 and 3.2, for the networks and
    eq. 3 for λ (β there) and free bits; Zhao, Song & Ermon, *InfoVAE* (2019), eq. 6 and section 3.1, for the other
    divergence: (1 - α) KL + (α + λ' - 1) MMD(q(z), p(z)), here ``weight`` · KL + ``mmd`` · MMD.
    Hiding columns from the encoder, so that the decoder must invent them: Gillick et al., *Learning to Groove* (2019).
Conventions
    ``values`` (B, T, C) integers, ``bar`` steps in a bar, z (B, Z), logits (B, T, F), F the sum of the columns' sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmus.models._traced import traced
from firmus.tokens import Shape

TITLE = "Variational autoencoder"
KIND = "latent"
CHOICES = {"decoder": ("flat", "hierarchical")}
SEATS = 16  # of bars that have a place of their own in z; a seventeenth shares the first


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network, and what it is taught.

    Parameters
    ----------
    width : int
        Size of each recurrent state and of what a step is read as.
    layers : int
        Of the decoder.
    latent : int
        Size of z.
    decoder : str
        ``"flat"`` or ``"hierarchical"``.
    weight : float
        λ, the weight of the Kullback-Leibler divergence.
    free : float
        Nats of divergence that cost nothing.
    mmd : float
        Weight of the maximum mean discrepancy (InfoVAE); 0 for a plain VAE.
    rise : float
        Share of the training in which λ rises to its full weight.
    hidden : float
        Share of earlier steps that the decoder cannot see in training, so that it listens to z.
    unseen : float
        Share of training windows of which the encoder sees the first column alone.
    """

    width: int = 256
    layers: int = 1
    latent: int = 64
    decoder: str = "flat"
    weight: float = 0.2
    free: float = 0.0
    mmd: float = 0.0
    rise: float = 0.3
    hidden: float = 0.1
    unseen: float = 0.0


class Reader(nn.Module):
    """Steps (B, T, C) as vectors (B, T, width): columns, place in the bar and its length, added."""

    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        starts = [sum(shape.columns[:column]) for column in range(len(shape.columns))]
        self.starts: Tensor
        self.register_buffer("starts", torch.tensor(starts), persistent=False)
        self.values = nn.Embedding(sum(shape.columns) + 1, width)  # the last is "not known"
        self.place = nn.Embedding(shape.places, width)
        self.length = nn.Embedding(shape.places + 1, width)
        for table in (self.values, self.place, self.length):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, values: Tensor, place: Tensor, bar: Tensor, known: Tensor | None = None) -> Tensor:
        """Vectors of values (B, T, C) at place (T,) of bars of `bar` () steps, of those that are `known` (B, T, C)."""
        rows = values + self.starts
        if known is not None:
            rows = torch.where(known, rows, self.values.num_embeddings - 1)
        read: Tensor = self.values(rows).sum(-2) + self.place(place) + self.length(bar)
        return read


class VAE(nn.Module):
    """The network; see the module's docstring."""

    PHASES = ("network",)

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__()
        self.config, self.shape, self.by_bar = config, shape, config.decoder == "hierarchical"
        width, size = config.width, sum(shape.columns)
        self.read = Reader(shape, width)
        self.encoder = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.to_latent = nn.Linear(2 * width, 2 * config.latent)
        self.begin_plan = nn.Linear(config.latent, width)
        if self.by_bar:
            seat = width // 4
            self.over_bars = nn.GRU(2 * width, width, batch_first=True, bidirectional=True)
            self.to_seats, self.to_latent = nn.Linear(2 * width, seat), nn.Linear(SEATS * seat, 2 * config.latent)
            self.from_latent = nn.Linear(config.latent, SEATS * seat)
            self.conductor = nn.GRU(seat, width, batch_first=True)
        self.begin = nn.Linear(width, config.layers * width)
        self.reread = Reader(shape, width)
        self.decoder = nn.GRU(2 * width, width, config.layers, batch_first=True)
        self.out = nn.Linear(width, size)
        self.within = nn.Parameter(torch.zeros(size, size))
        columns = torch.repeat_interleave(torch.arange(len(shape.columns)), torch.tensor(shape.columns))
        self.earlier: Tensor
        self.register_buffer("earlier", (columns[:, None] < columns[None, :]).float(), persistent=False)

    def encode(self, values: Tensor, bar: Tensor, known: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (B, Z) of q(z | x), x (B, T, C)."""
        place = torch.arange(values.shape[1], device=values.device) % bar
        read = self.read(values, place, bar, known)
        if self.by_bar:
            _, state = self.encoder(read.reshape(-1, bar, self.config.width))  # bars (B S, T / S, width)
            bars, _ = self.over_bars(state.transpose(0, 1).reshape(values.shape[0], -1, 2 * self.config.width))
            taken = functional.one_hot(seats(bars), SEATS).to(bars.dtype)  # (S, 16)
            whole = (self.to_seats(bars).transpose(1, 2) @ taken).flatten(1)
        else:
            _, state = self.encoder(read)
            whole = state.transpose(0, 1).flatten(1)
        mean, spread = self.to_latent(whole).chunk(2, dim=-1)
        return mean, spread

    def plan(self, z: Tensor, segments: Tensor) -> Tensor:
        """Plans (B, S, width) of z (B, Z) for each of segments (S,): bars of a hierarchy, or the whole."""
        begin = torch.tanh(self.begin_plan(z))
        if not self.by_bar:
            return begin[:, None].expand(-1, segments.shape[0], -1)
        seated = self.from_latent(z).view(z.shape[0], SEATS, -1)[:, seats(segments[None])]
        plans: Tensor = self.conductor(seated, begin[None].contiguous())[0]
        return plans

    def begun(self, plan: Tensor) -> Tensor:
        """First state (layers, B, width) of the decoder, of plans (B, width)."""
        state = torch.tanh(self.begin(plan)).view(-1, self.config.layers, self.config.width)
        return state.transpose(0, 1).contiguous()

    def decode_steps(self, read: Tensor, plan: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, T, F), without what the step itself says, and state, of what was read (B, T, width)."""
        y, state = self.decoder(torch.cat([read, plan], dim=-1), state)
        return self.out(y), state

    def logits(self, z: Tensor, values: Tensor, bar: Tensor, known: Tensor | None = None) -> Tensor:
        """Logits (B, T, F) of every step of values (B, T, C) from those before it and z (B, Z)."""
        steps = values.shape[1]
        count = steps // int(bar) if self.by_bar else 1
        plans = self.plan(z, torch.zeros(count, device=z.device))  # (B, S, width)
        before = functional.pad(values[:, :-1], (0, 0, 1, 0))
        known = torch.ones_like(values, dtype=torch.bool) if known is None else known
        seen = functional.pad(known[:, :-1], (0, 0, 1, 0))  # nothing, before the first
        place = torch.arange(steps, device=values.device) % bar
        width = self.config.width
        read = self.reread(before, place, bar, seen).reshape(-1, steps // count, width)  # (B S, T / S, width)
        flat = plans.reshape(-1, width)
        y, _ = self.decode_steps(read, flat[:, None].expand(-1, read.shape[1], -1), self.begun(flat))
        rows = (values + self.reread.starts).flatten(0, 1)
        own = functional.embedding_bag(rows, self.within * self.earlier, mode="sum")  # what the step itself says
        return (y.flatten(0, 1) + own).view(len(values), steps, -1)

    def cross_entropy(self, logits: Tensor, values: Tensor) -> Tensor:
        """Cross-entropy (B, T, C) of values, in nats."""
        each = zip(torch.split(logits.float(), list(self.shape.columns), dim=-1), values.unbind(-1), strict=True)
        columns = [
            functional.cross_entropy(some.flatten(0, 1), column.flatten(), reduction="none").view_as(column)
            for some, column in each
        ]
        return torch.stack(columns, dim=-1)

    def loss(self, phase: str, batch: tuple[Tensor, ...], share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """What is to be minimised, for each step; and reconstruction and divergence of a window, in nats."""
        values, bar = batch
        config = self.config
        mean, spread = (each.float() for each in self.encode(values, bar, self._shown(values)))
        drawn = mean + (spread / 2).exp() * torch.randn_like(mean)
        z = drawn if self.training else mean
        known = torch.rand(values.shape[:2], device=z.device)[..., None] >= config.hidden if self.training else None
        known = known.expand_as(values) if known is not None else None
        reconstruction = self.cross_entropy(self.logits(z, values, bar, known), values).sum((1, 2)).mean()
        divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(-1).mean()
        weight = config.weight * min(1.0, share / config.rise) if config.rise else config.weight
        loss = reconstruction + weight * torch.relu(divergence - config.free)
        metrics = {"reconstruction": reconstruction, "divergence": divergence}
        if config.mmd:
            discrepancy = mmd(drawn, torch.randn_like(z))
            loss, metrics = loss + config.mmd * discrepancy, metrics | {"discrepancy": discrepancy}
        return loss / values.shape[1], {name: each.detach() for name, each in metrics.items()}

    def _shown(self, values: Tensor) -> Tensor | None:
        """What the encoder is shown (B, T, C): all, or of some windows the first column."""
        if not self.training or not self.config.unseen:
            return None
        whole = torch.rand((len(values), 1, 1), device=values.device) >= self.config.unseen
        return whole | (torch.arange(values.shape[-1], device=values.device) == 0).expand_as(values)

    @torch.no_grad()
    def sample(self, count: int, bar: int, bars: int) -> Tensor:
        """Windows (count, T, C) decoded from points drawn at random, each value by its probability."""
        device, columns = self.within.device, self.shape.columns
        segments, length = (bars, bar) if self.by_bar else (1, bar * bars)
        plans = self.plan(torch.randn(count, self.config.latent, device=device), torch.zeros(segments, device=device))
        values = torch.zeros((count, bar * bars, len(columns)), dtype=torch.int64, device=device)
        seen = torch.zeros((count, 1, len(columns)), dtype=torch.bool, device=device)
        within, steps = self.within * self.earlier, torch.tensor(bar, device=device)
        for step in range(bar * bars):
            plan = plans[:, step // length]
            if step % length == 0:
                state = self.begun(plan)
            before = values[:, max(step - 1, 0)][:, None]
            read = self.reread(before, torch.tensor([step % bar], device=device), steps, seen | (step > 0))
            logits, state = self.decode_steps(read, plan[:, None], state)
            logits, start = logits[:, 0].float(), 0
            for column, size in enumerate(columns):
                drawn = torch.multinomial(logits[:, start : start + size].softmax(-1), 1)[:, 0]
                values[:, step, column] = drawn
                logits, start = logits + within[start + drawn], start + size
        return values

    def phase_modules(self, phase: str) -> list[nn.Module]:
        """All of it is learnt at once."""
        return [self]


def seats(bars: Tensor) -> Tensor:
    """Which seat each bar (B, S, …) takes (S,)."""
    return torch.arange(bars.shape[1], device=bars.device) % SEATS


def mmd(one: Tensor, other: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of two samples (N, Z), with inverse multiquadric kernels of several widths.

    Gretton et al., *A Kernel Two-Sample Test* (2012), eq. 3 (unbiased); kernels as Tolstikhin et al. (2018), section 4.
    """

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        distance = torch.cdist(a, b).square()
        scale = 2.0 * a.shape[1]
        widths = [scale * each for each in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)]
        return sum((each / (each + distance) for each in widths), torch.zeros_like(distance))

    n = len(one)
    within = sum((kernel(each, each).sum() - kernel(each, each).diagonal().sum()) for each in (one, other))
    return within / (n * (n - 1)) - 2 * kernel(one, other).mean()


def build(config: Config, shape: Shape) -> VAE:
    """Make a network with fresh weights."""
    from firmus.errors import RecipeError, unknown

    if config.decoder not in CHOICES["decoder"]:
        raise RecipeError(unknown("decoder", config.decoder, CHOICES["decoder"]))
    if not shape.columns:
        raise RecipeError('a VAE reads a raster: choose representation = "melody", "groove" or "trio"')
    return VAE(config, shape)


def facts(network: VAE) -> dict[str, Any]:
    """What the runtime must know of the graphs."""
    config = network.config
    return {
        "columns": list(network.shape.columns), "hierarchical": network.by_bar,
        "state": [config.layers, config.width],
    }  # fmt: skip


def graphs(network: VAE) -> dict[str, Any]:
    """Write the network as ONNX graphs.

    ``encode``: ``values``, ``known`` (B, T, C), ``bar`` () to ``mean``, ``spread`` (B, Z), the log-variance.
    ``plan``: ``z`` (B, Z), ``segments`` (S,) to ``plans`` (B, S, width) and ``begun`` (layers, B S, width).
    ``step``: ``values``, ``known`` (B, 1, C), ``place`` (1,), ``bar`` (), ``plan`` (B, width), ``state`` to ``logits``
    (B, F) and ``after``; ``within`` (F, F) says what a value adds to the logits of later columns of its step.
    """
    columns, width, layers = len(network.shape.columns), network.config.width, network.config.layers
    values = torch.zeros((2, 16, columns), dtype=torch.int64)
    known, bar = torch.ones_like(values, dtype=torch.bool), torch.tensor(16)
    z, segments = torch.zeros(2, network.config.latent), torch.zeros(2)
    plan, state, place = torch.zeros(2, width), torch.zeros(layers, 2, width), torch.zeros(1, dtype=torch.int64)

    def planned(z: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
        plans = network.plan(z, segments)
        return plans, network.begun(plans.flatten(0, 1))

    def step(*at: Tensor) -> tuple[Tensor, ...]:
        values, known, place, bar, plan, state = at
        logits, after = network.decode_steps(network.reread(values, place, bar, known), plan[:, None], state)
        return logits[:, 0], after, network.within * network.earlier

    rows, times = {0: "B"}, {0: "B", 1: "T"}
    return {
        "encode": traced(
            network, network.encode, {"values": values, "bar": bar, "known": known}, {"mean": rows, "spread": rows},
            {"values": times, "known": times},
        ),
        "plan": traced(
            network, planned, {"z": z, "segments": segments}, {"plans": {0: "B", 1: "S"}, "begun": {1: "BS"}},
            {"z": rows, "segments": {0: "S"}},
        ),
        "step": traced(
            network, step,
            {"values": values[:, :1], "known": known[:, :1], "place": place, "bar": bar, "plan": plan, "state": state},
            {"logits": rows, "after": {1: "B"}, "within": {}},
            {"values": rows, "known": rows, "plan": rows, "state": {1: "B"}},
        ),
    }  # fmt: skip
