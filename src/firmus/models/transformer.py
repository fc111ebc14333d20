"""A decoder-only transformer over any representation: the composer.

What it is
    Pre-normalised blocks (RMSNorm, Zhang & Sennrich 2019), grouped-query attention (Ainslie et al. 2023),
    SwiGLU (Shazeer 2020), embeddings shared between input and output.
Where it stands in the music
    Rotary positions (Su et al. 2021, eq. 34) in two clocks: half of each head's planes turn with the token's
    place in the sequence, the other half with its *time in the music*, so that "the same moment", "a beat ago"
    and "four bars ago" are fixed angles, wherever the tokens stand in the sequence. That is what lets notes
    composed at the end of a sequence line up with what stands before and after them in the piece.
    Two learned embeddings say where in the bar, and in which part, a token stands.
Conventions
    ``tokens`` (B, T) integers; ``slots`` (B, T, 3) integers: time, place in the bar, part;
    logits (B, T, V) for the token that comes next.
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

from firmus.models import _graph
from firmus.models._sequence import SequenceNetwork
from firmus.tokens import Shape

TITLE = "Transformer (decoder only, two-clock rotary positions)"
KIND = "stepper"
HEAD = 64  # size of one attention head


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network.

    Parameters
    ----------
    width : int
        Size of the residual stream, a multiple of 64.
    layers : int
    key_heads : int
        Key and value heads, a divisor of ``width / 64``: few make the cache small and batching fast.
    dropout : float
        Share of activations dropped in training.
    """

    width: int = 256
    layers: int = 6
    key_heads: int = 2
    dropout: float = 0.1

    @property
    def heads(self) -> int:
        """Query heads."""
        return self.width // HEAD

    @property
    def hidden(self) -> int:
        """Width between the two matrices of a feed-forward block: 8/3 of the width, in multiples of 64."""
        return (self.width * 8 // 3 + 63) // 64 * 64


def frequencies(quarter: int) -> tuple[Tensor, Tensor]:
    """Angles that the rotary planes turn by: per token (16,) and per step of time (16,).

    The musical planes have periods from one quarter note to 256 quarters, in equal ratios.
    """
    planes = torch.arange(HEAD // 4, dtype=torch.float64) / (HEAD // 4)
    by_index = 10_000.0**-planes
    by_time = 2 * math.pi / (quarter * 256.0**planes)
    return by_index, by_time


def rotate(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each plane (dimension i, i + 32) of x (B, H, T, 64) by angles with this cosine and sine (B, 1, T, 32)."""
    cosine, sine = turn
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention over queries, keys and values (B, H, T, 64).

    On a CPU as two batched products: PyTorch's fused kernel is made for long sequences, and takes twice as long at a
    few hundred tokens.
    """
    if q.device.type != "cpu":
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    length, shape = q.shape[2], q.shape
    future = torch.full((length, length), -torch.inf, dtype=q.dtype).triu(1)
    q, k, v = (each.flatten(0, 1) for each in (q, k, v))
    scores = torch.baddbmm(future.expand(len(q), -1, -1), q, k.transpose(1, 2), alpha=HEAD**-0.5)
    return torch.bmm(scores.softmax(-1), v).view(shape)


class Block(nn.Module):
    """Attention and feed-forward, each on a normalised copy of the stream and added to it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        keys = config.key_heads * HEAD
        self.attention_norm = nn.RMSNorm(config.width, eps=1e-5)
        self.qkv = nn.Linear(config.width, config.width + 2 * keys, bias=False)
        self.out = nn.Linear(config.width, config.width, bias=False)
        self.feed_norm = nn.RMSNorm(config.width, eps=1e-5)
        self.gate_up = nn.Linear(config.width, 2 * config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """Map the stream (B, T, width) to itself."""
        config = self.config
        keys = config.key_heads * HEAD
        q, k, v = self.qkv(self.attention_norm(x)).split([config.width, keys, keys], dim=-1)
        q, k, v = (each.unflatten(-1, (-1, HEAD)).transpose(1, 2) for each in (q, k, v))  # (B, H, T, 64)
        q, k = rotate(q, turn), rotate(k, turn)
        repeats = config.heads // config.key_heads
        k, v = k.repeat_interleave(repeats, 1), v.repeat_interleave(repeats, 1)
        y = attend(q, k, v)
        x = x + self.dropout(self.out(y.transpose(1, 2).flatten(-2)))
        gate, up = self.gate_up(self.feed_norm(x)).chunk(2, dim=-1)
        out: Tensor = x + self.dropout(self.down(functional.silu(gate) * up))
        return out


class Transformer(SequenceNetwork):
    """The network; see the module's docstring."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        self.token = nn.Embedding(shape.vocabulary, config.width)
        self.place = nn.Embedding(shape.places, config.width)
        self.part = nn.Embedding(shape.parts, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width, eps=1e-5)
        by_index, by_time = frequencies(shape.quarter)
        self.by_index: Tensor
        self.by_time: Tensor
        self.register_buffer("by_index", by_index.float(), persistent=False)
        self.register_buffer("by_time", by_time.float(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                depth = math.sqrt(2 * config.layers) if name.endswith(("out.weight", "down.weight")) else 1.0
                nn.init.normal_(weight, std=0.02 / depth)

    def forward(self, tokens: Tensor, slots: Tensor) -> Tensor:
        """Logits (B, T, V) of the token after each of tokens (B, T) at slots (B, T, 3)."""
        time, place, part = slots.unbind(-1)
        x = self.dropout(self.token(tokens) + self.place(place) + self.part(part))  # (B, T, width)
        index = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        angles = torch.cat([index[..., None] * self.by_index, time[..., None] * self.by_time], dim=-1)  # (B, T, 32)
        kind = torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else x.dtype
        turn = angles.cos()[:, None].to(kind), angles.sin()[:, None].to(kind)
        for block in self.blocks:
            x = block(x, turn)
        return functional.linear(self.norm(x), self.token.weight)


def build(config: Config, shape: Shape) -> Transformer:
    """Make a network with fresh weights."""
    if config.width % HEAD or (config.width // HEAD) % config.key_heads:
        from firmus.errors import RecipeError

        raise RecipeError(
            f"width {config.width} must be a multiple of {HEAD}, and its {config.width // HEAD} heads "
            f"a multiple of key_heads {config.key_heads}"
        )
    return Transformer(config, shape)


def graph(network: Transformer) -> Any:
    """Write the network as an ONNX graph of fused operators, for one prompt or one step alike.

    Inputs: ``tokens`` (B, T), ``index`` (B, T), ``slots`` (B, T, 3), ``last`` (B,) int32 (place of the last
    token in the cache), ``total`` () int32, and for each layer ``key<i>``, ``value<i>`` (B, key heads, C, 64):
    buffers that are read and, bound as ``new_key<i>``, ``new_value<i>``, written in place.
    Output: ``logits`` (B, V) after the last token.
    """
    g, config = _graph.Graph(), network.config
    queries, keys = config.width, config.key_heads * HEAD
    x = _graph.embed(g, network)
    _angles(g, network)
    g.weight("split_qkv", np.array([queries + keys, keys]))
    g.weight("split_qk", np.array([queries, keys]))
    pending = ""  # what the last block adds to the stream
    blocks: Any = network.blocks
    for i, block in enumerate(blocks):
        name = f"block{i}."
        norm = g.weight(name + "attention_norm", block.attention_norm.weight)
        x, normal = _graph.normalise(g, x, pending, norm, name + "attention")
        packed = g.add("MatMul", [normal, g.weight(name + "qkv", block.qkv.weight.T)], name + "qkv_out")
        g.add("Split", [packed, "split_qkv"], [name + "qk", name + "v"], axis=-1)
        turned = g.add(
            "RotaryEmbedding", [name + "qk", "row", "cosine", "sine"], name + "turned", _graph.FUSED,
            num_heads=config.heads + config.key_heads, rotary_embedding_dim=HEAD,
        )  # fmt: skip
        g.add("Split", [turned, "split_qk"], [name + "q", name + "k"], axis=-1)
        attended = g.add(
            "GroupQueryAttention",
            [name + "q", name + "k", name + "v", f"key{i}", f"value{i}", "last", "total"],
            [name + "attended", f"new_key{i}", f"new_value{i}"],
            _graph.FUSED, num_heads=config.heads, kv_num_heads=config.key_heads,
        )  # fmt: skip
        out = g.add("MatMul", [attended, g.weight(name + "out", block.out.weight.T)], name + "out_out")
        x, normal = _graph.normalise(g, x, out, g.weight(name + "feed_norm", block.feed_norm.weight), name + "feed")
        both = g.add("MatMul", [normal, g.weight(name + "gate_up", block.gate_up.weight.T)], name + "gate_up_out")
        g.add("Split", [both], [name + "gate", name + "up"], axis=-1)
        silu = g.add("QuickGelu", [name + "gate"], name + "silu", _graph.FUSED, alpha=1.0)
        product = g.add("Mul", [silu, name + "up"], name + "product")
        pending = g.add("MatMul", [product, g.weight(name + "down", block.down.weight.T)], name + "down_out")
    _graph.head(g, network, x, pending)
    return g.model(*_interface(network))


def _angles(g: Any, network: Transformer) -> None:
    """Cosines and sines (B T, 32) for this call's tokens, and the row of each token among them."""
    planes = network.by_index.shape[0]
    g.weight("by_index", network.by_index.reshape(1, 1, planes))
    g.weight("by_time", network.by_time.reshape(1, 1, planes))
    g.weight("last_axis", np.array([2]))
    g.weight("rows_of_planes", np.array([-1, 2 * planes]))
    for clock, by in (("index", "by_index"), ("time", "by_time")):
        g.add("Cast", [clock], clock + "_float", to=TensorProto.FLOAT)
        g.add("Unsqueeze", [clock + "_float", "last_axis"], clock + "_column")
        g.add("Mul", [clock + "_column", by], clock + "_angle")
    g.add("Concat", ["index_angle", "time_angle"], "angle", axis=2)
    g.add("Reshape", ["angle", "rows_of_planes"], "angle_rows")
    g.add("Cos", ["angle_rows"], "cosine")
    g.add("Sin", ["angle_rows"], "sine")
    g.add("Shape", ["tokens"], "shape")
    g.add("Size", ["tokens"], "size")
    g.weight("zero", np.array(0))
    g.weight("one", np.array(1))
    g.add("Range", ["zero", "size", "one"], "rows")
    g.add("Reshape", ["rows", "shape"], "row")


def _interface(network: Transformer) -> tuple[list[Any], list[Any]]:
    info, integer, real = helper.make_tensor_value_info, TensorProto.INT64, TensorProto.FLOAT
    cache: list[str | int | None] = ["batch", network.config.key_heads, "capacity", HEAD]
    inputs = [
        info("tokens", integer, ["batch", "length"]),
        info("index", integer, ["batch", "length"]),
        info("slots", integer, ["batch", "length", 3]),
        info("last", TensorProto.INT32, ["batch"]),
        info("total", TensorProto.INT32, []),
    ]
    outputs = [info("logits", real, ["batch", network.shape.vocabulary])]
    for i in range(network.config.layers):
        for kind in ("key", "value"):
            inputs.append(info(f"{kind}{i}", real, cache))
            outputs.append(info(f"new_{kind}{i}", real, cache))
    return inputs, outputs
