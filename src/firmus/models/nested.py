"""A transformer over notes, with a small network for the tokens of each: the nested composer.

What it is
    The large network (the blocks of `firmus.models.transformer`) takes one step a *group* of tokens, not one a token:
    a group is what belongs to one note, its pitch, its duration and the onset of the next. Within a group, the small
    network, feed-forward alone, predicts each token from the state of the large one and the sum of the embeddings of
    the group's tokens so far. Sequences of the large network are about a third as long, so the same time reads more
    music, and a note costs one large step when composing.
Paper
    Nested Music Transformer (Ryu et al. 2024, arXiv 2408.01180), with sums of embeddings in place of the attention of
    its sub-decoder: within a group each family of tokens occurs once, so the sum says which tokens there are.
Conventions
    ``tokens`` (B, T) and ``slots`` (B, T, 3) as `firmus.models.transformer`; `Shape.within` names the families of
    tokens after which a group goes on. The first token ends one.
    G is the number of groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn
from torch.nn import functional

from firmus.models import _graph, transformer
from firmus.models._sequence import SequenceNetwork
from firmus.models.transformer import Block, add_blocks, frequencies, interface
from firmus.tokens import Shape
from firmus.tokens.events.vocabulary import group_ends

TITLE = "Nested transformer (a large step a note, a small one a token)"
KIND = "stepper"


@dataclass(frozen=True, slots=True)
class Config(transformer.Config):
    """Size of the network: that of the large one, and the feed-forward blocks of the small one.

    Parameters
    ----------
    inner_layers : int
    """

    inner_layers: int = 1


class InnerBlock(nn.Module):
    """A feed-forward block of the small network, which sees the state of the large one."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.state = nn.Linear(config.width, config.width, bias=False)
        self.norm = nn.RMSNorm(config.width, eps=1e-5)
        self.gate_up = nn.Linear(config.width, 2 * config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor, state: Tensor, index: Tensor) -> Tensor:
        """Map the stream (B, T, width) to itself; its tokens see the states (B, G, width) of an index (B, T)."""
        x = x + _rows(self.state(state), index)
        gate, up = self.gate_up(self.norm(x)).chunk(2, dim=-1)
        out: Tensor = x + self.down(functional.silu(gate) * up)
        return out


class Nested(SequenceNetwork):
    """The network; see the module's docstring."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        self.token = nn.Embedding(shape.vocabulary, config.width)
        self.place = nn.Embedding(shape.places, config.width)
        self.part = nn.Embedding(shape.parts, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.inner = nn.ModuleList(InnerBlock(config) for _ in range(config.inner_layers))
        self.state_norm = nn.RMSNorm(config.width, eps=1e-5)
        self.norm = nn.RMSNorm(config.width, eps=1e-5)
        by_index, by_time = frequencies(shape.quarter)
        self.by_index: Tensor
        self.by_time: Tensor
        self.ends: Tensor
        self.register_buffer("by_index", by_index.float(), persistent=False)
        self.register_buffer("by_time", by_time.float(), persistent=False)
        self.register_buffer("ends", torch.from_numpy(group_ends(shape.within, shape.vocabulary)), persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                depth = math.sqrt(2 * config.layers) if name.endswith(("out.weight", "down.weight")) else 1.0
                nn.init.normal_(weight, std=0.0025 if name.endswith("state.weight") else 0.02 / depth)

    def forward(self, tokens: Tensor, slots: Tensor) -> Tensor:
        """Logits (B, T, V) of the token after each of tokens (B, T) at slots (B, T, 3)."""
        ends = self.ends[tokens]
        ends[:, 0] = True
        count = ends.cumsum(1)  # (B, T): groups that have ended, this token's included
        groups = (int(count.max()) + 15) // 16 * 16
        last = torch.full((len(tokens), groups), tokens.shape[1] - 1, device=tokens.device)  # (B, G): where each ends
        row, column = ends.nonzero(as_tuple=True)
        last[row, count[row, column] - 1] = column
        return self.predict(tokens, slots, count, last, ends)

    def predict(self, tokens: Tensor, slots: Tensor, count: Tensor, last: Tensor, ends: Tensor) -> Tensor:
        """Logits, given the groups: of each token the number ended (B, T), of each group its last token (B, G)."""
        place, part = slots[..., 1], slots[..., 2]
        with torch.autocast(tokens.device.type, enabled=False):
            sums = self.token(tokens).float().cumsum(1)  # (B, T, width)
        where = self.place(place) + self.part(part)
        ended = _rows(sums, last)  # (B, G, width)
        before = functional.pad(ended, (0, 0, 1, 0))  # (B, G + 1, width): of the groups before, none before the first
        x = self._large(ended - before[:, :-1] + _rows(where, last), _rows(slots[..., :1], last)[..., 0])
        within = sums - _rows(before, count)  # the tokens of the group that has begun
        state, y = self.state_norm(x), within + where
        for block in self.inner:
            y = block(y, state, count - 1)
        return functional.linear(self.norm(y), self.token.weight)

    def _large(self, x: Tensor, time: Tensor) -> Tensor:
        """The stream (B, G, width) of the large network, for groups that end at these times (B, G)."""
        index = torch.arange(x.shape[1], device=x.device).expand_as(time)
        angles = torch.cat([index[..., None] * self.by_index, time[..., None] * self.by_time], dim=-1)
        kind = torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else x.dtype
        turn = angles.cos()[:, None].to(kind), angles.sin()[:, None].to(kind)
        for block in self.blocks:
            x = block(x, turn)
        return x


def _rows(x: Tensor, index: Tensor) -> Tensor:
    """Rows (B, N, width) of x (B, M, width) at an index (B, N)."""
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[-1]))


def build(config: Config, shape: Shape) -> Nested:
    """Make a network with fresh weights."""
    return Nested(config, shape)


def graphs(network: Nested) -> dict[str, Any]:
    """Write the network as two ONNX graphs: ``model`` reads groups, ``inner`` predicts the tokens within one.

    ``model`` has the inputs of `firmus.models.transformer.graph`, but that ``tokens`` are (B, G, N): the tokens of each
    group, filled up with the size of the vocabulary; ``slots`` (B, G, 3) are those of the last of them. Its output is
    ``state`` (B, width) after the last group. ``inner`` has the inputs ``state`` (B, width), ``tokens`` (B, N), those of
    the group that has begun, and ``slots`` (B, 3) of the last token; its output is ``logits`` (B, V).
    """
    return {"model": _large_graph(network), "inner": _inner_graph(network)}


def facts(network: Nested) -> dict[str, Any]:
    """What `firmus.runtime.nested` must know: the families of tokens after which a group goes on."""
    return {"within": list(network.shape.within)}


def _large_graph(network: Nested) -> Any:
    g = _graph.Graph()
    g.add("Gather", ["slots", g.weight("axis0", np.array(0))], "time", axis=-1)
    stream, pending = add_blocks(g, network, _embed(g, network))
    g.weight("minus_one", np.array(-1))
    _, normal = _graph.normalise(g, stream, pending, g.weight("state_norm", network.state_norm.weight), "last")
    g.add("Gather", [normal, "minus_one"], "state", axis=1)
    return g.model(*interface(network, ["batch", "length", "group"], ("state", network.config.width)))


def _inner_graph(network: Nested) -> Any:
    g, info = _graph.Graph(), helper.make_tensor_value_info
    x, pending = _embed(g, network), ""
    blocks: Any = network.inner
    for i, block in enumerate(blocks):
        name = f"inner{i}."
        seen = g.add("MatMul", ["state", g.weight(name + "state", block.state.weight.T)], name + "state_x")
        x = g.add("Add", [g.add("Add", [x, pending], name + "x"), seen] if pending else [x, seen], name + "seen_x")
        x, normal = _graph.normalise(g, x, "", g.weight(name + "norm", block.norm.weight), name + "feed")
        pending = _graph.feed_forward(g, normal, block, name)
    _, normal = _graph.normalise(g, x, pending, g.weight("norm", network.norm.weight), "final")
    g.add("MatMul", [normal, g.weight("head", network.token.weight.T)], "logits")
    inputs = [
        info("state", TensorProto.FLOAT, ["batch", network.config.width]),
        info("tokens", TensorProto.INT64, ["batch", "group"]),
        info("slots", TensorProto.INT64, ["batch", 3]),
    ]
    return g.model(inputs, [info("logits", TensorProto.FLOAT, ["batch", network.shape.vocabulary])])


def _embed(g: Any, network: Nested) -> str:
    """Sum of the embeddings of the tokens (..., N) of each group, and of the place and the part (..., 3) it is at."""
    table = functional.pad(network.token.weight, (0, 0, 0, 1))  # and nothing for what a group is filled up with
    g.add("Gather", [g.weight("token_table", table), "tokens"], "token_x")
    g.weight("group_axis", np.array([-2]))
    x = g.add("ReduceSum", ["token_x", "group_axis"], "group_x", keepdims=0)
    for axis, slot in ((1, "place"), (2, "part")):
        g.add("Gather", ["slots", g.weight(f"axis{axis}", np.array(axis))], slot, axis=-1)
        g.add("Gather", [g.weight(f"{slot}_table", getattr(network, slot).weight), slot], slot + "_x")
        x = g.add("Add", [x, slot + "_x"], f"with_{slot}_x")
    return x
