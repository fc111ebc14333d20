"""A recurrent network over any representation: long short-term memory, or gated recurrent units.

What it is
    What went before is kept in a state of fixed size, so a token costs the same however long the piece is. Layers are
    pre-normalised and added to a residual stream, embeddings shared between input and output.
Paper
    Hochreiter & Schmidhuber, *Long Short-Term Memory* (1997), with forget gates (Gers et al. 2000):
    i, f, o = σ(W x_t + U h_t-1 + b), g = tanh(…), c_t = f c_t-1 + i g, h_t = o tanh(c_t).
    Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder* (2014), eq. 5 to 8, for the gated unit.
    Sturm et al., *Music transcription modelling and composition using deep learning* (2016), for folk tunes.
Conventions
    ``tokens``, ``slots`` and logits as in `firmus.models.transformer`; the time of a slot is not read.
"""

from __future__ import annotations

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

TITLE = "Recurrent network (LSTM or GRU)"
KIND = "stepper"
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


@dataclass(frozen=True, slots=True)
class Config:
    """Size of the network.

    Parameters
    ----------
    width : int
        Size of the residual stream and of each layer's state, a multiple of 64.
    layers : int
    cell : str
        ``"lstm"`` or ``"gru"``.
    dropout : float
        Share of activations dropped in training.
    """

    width: int = 384
    layers: int = 3
    cell: str = "lstm"
    dropout: float = 0.1


class Layer(nn.Module):
    """One recurrent layer on a normalised copy of the stream, added to it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(config.width, eps=1e-5)
        self.cell = CELLS[config.cell](config.width, config.width, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map the stream (B, T, width) to itself."""
        y, _ = self.cell(self.norm(x))
        out: Tensor = x + self.dropout(y)
        return out


class Recurrent(SequenceNetwork):
    """The network; see the module's docstring."""

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        self.token = nn.Embedding(shape.vocabulary, config.width)
        self.place = nn.Embedding(shape.places, config.width)
        self.part = nn.Embedding(shape.parts, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width, eps=1e-5)
        for table in (self.token, self.place, self.part):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, tokens: Tensor, slots: Tensor) -> Tensor:
        """Logits (B, T, V) of the token after each of tokens (B, T) at slots (B, T, 3)."""
        _, place, part = slots.unbind(-1)
        x = self.dropout(self.token(tokens) + self.place(place) + self.part(part))  # (B, T, width)
        for layer in self.layers:
            x = layer(x)
        return functional.linear(self.norm(x), self.token.weight)


def build(config: Config, shape: Shape) -> Recurrent:
    """Make a network with fresh weights."""
    from firmus.errors import RecipeError, unknown

    if config.cell not in CELLS:
        raise RecipeError(unknown("cell", config.cell, CELLS))
    if config.width % 64:
        raise RecipeError(f"width {config.width} must be a multiple of 64")
    return Recurrent(config, shape)


def graph(network: Recurrent) -> Any:
    """Write the network as an ONNX graph, for one prompt or one step alike.

    Inputs: ``tokens`` (B, T), ``index`` (B, T) (place of each token in its sequence: at 0 the state begins anew),
    ``slots`` (B, T, 3), and for each layer ``hidden<i>`` (B, width) and, of an LSTM, ``cell<i>``.
    Outputs: ``logits`` (B, V) after the last token, and each state as ``new_<name>``.
    """
    g, config = _graph.Graph(), network.config
    kinds = ("hidden", "cell") if config.cell == "lstm" else ("hidden",)
    x = _graph.embed(g, network)
    g.weight("first_axis", np.array([0]))
    g.weight("second_axis", np.array([1]))
    g.weight("zero", np.array(0))
    g.add("Gather", ["index", "zero"], "first", axis=1)
    g.add("Greater", ["first", "zero"], "goes_on")
    g.add("Cast", ["goes_on"], "goes_on_float", to=TensorProto.FLOAT)
    g.add("Unsqueeze", ["goes_on_float", "second_axis"], "kept")  # (B, 1): 0 where a sequence begins
    x = g.add("Transpose", [x], "by_time", perm=[1, 0, 2])
    layers: Any = network.layers
    for i, layer in enumerate(layers):
        name = f"layer{i}."
        _, normal = _graph.normalise(g, x, "", g.weight(name + "norm", layer.norm.weight), name)
        before = []
        for kind in kinds:
            g.add("Mul", [f"{kind}{i}", "kept"], f"{name}{kind}_kept")
            before.append(g.add("Unsqueeze", [f"{name}{kind}_kept", "first_axis"], f"{name}{kind}_before"))
        weights = [g.weight(name + letter, each) for letter, each in zip("WRB", gates(layer.cell), strict=True)]
        after = [f"{name}{kind}_after" for kind in kinds]
        more: dict[str, Any] = {} if config.cell == "lstm" else {"linear_before_reset": 1}
        read = [normal, *weights, "", *before]
        g.add(config.cell.upper(), read, [name + "out", *after], hidden_size=config.width, **more)
        for kind, state in zip(kinds, after, strict=True):
            g.add("Squeeze", [state, "first_axis"], f"new_{kind}{i}")
        g.add("Squeeze", [name + "out", "second_axis"], name + "y")
        x = g.add("Add", [x, name + "y"], name + "x")
    g.add("Transpose", [x], "by_row", perm=[1, 0, 2])
    _graph.head(g, network, "by_row", "")
    info, integer, real = helper.make_tensor_value_info, TensorProto.INT64, TensorProto.FLOAT
    states = [f"{kind}{i}" for i in range(config.layers) for kind in kinds]
    inputs = [info(name, integer, ["batch", "length"]) for name in ("tokens", "index")]
    inputs += [info("slots", integer, ["batch", "length", 3])]
    inputs += [info(name, real, ["batch", config.width]) for name in states]
    outputs = [info("logits", real, ["batch", network.shape.vocabulary])]
    outputs += [info(f"new_{name}", real, ["batch", config.width]) for name in states]
    return g.model(inputs, outputs)


def gates(cell: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Weights of a layer in the order of ONNX's gates: W (1, G·H, H), R (1, G·H, H), B (1, 2·G·H).

    PyTorch orders an LSTM's gates i, f, g, o and a GRU's r, z, n; ONNX i, o, f, c and z, r, h.
    """
    order = (0, 3, 1, 2) if isinstance(cell, nn.LSTM) else (1, 0, 2)

    def ordered(weight: Tensor) -> Tensor:
        some = weight.detach().chunk(len(order))
        return torch.cat([some[gate] for gate in order])

    biases = torch.cat([ordered(cell.bias_ih_l0), ordered(cell.bias_hh_l0)])
    return ordered(cell.weight_ih_l0)[None], ordered(cell.weight_hh_l0)[None], biases[None]
