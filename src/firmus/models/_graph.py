"""ONNX graphs written for the runtime's fused operators, rather than traced from PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

FUSED = "com.microsoft"


class Graph:
    """A graph under construction: nodes are added in order, weights by name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, value: Any) -> str:
        """Add a constant; torch tensors and arrays alike."""
        array = value.detach().float().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)
        self.weights.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def add(
        self, operator: str, inputs: list[str], outputs: str | list[str], domain: str = "", **attributes: Any
    ) -> str:
        """Add a node; returns its first output."""
        names = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(helper.make_node(operator, inputs, names, domain=domain, name=names[0], **attributes))
        return names[0]

    def model(self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        """Finish the graph."""
        body = helper.make_graph(self.nodes, "firmus", inputs, outputs, self.weights)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="firmus")


def embed(g: Graph, network: Any) -> str:
    """Sum the three embeddings; the place and part tables are as small as they look."""
    for axis, slot in enumerate(("time", "place", "part")):
        g.add("Gather", ["slots", g.weight(f"axis{axis}", np.array(axis))], slot, axis=2)
    g.add("Gather", [g.weight("token_table", network.token.weight), "tokens"], "token_x")
    g.add("Gather", [g.weight("place_table", network.place.weight), "place"], "place_x")
    g.add("Gather", [g.weight("part_table", network.part.weight), "part"], "part_x")
    g.add("Add", ["token_x", "place_x"], "token_place_x")
    return g.add("Add", ["token_place_x", "part_x"], "x")


def normalise(g: Graph, x: str, pending: str, weight: str, name: str) -> tuple[str, str]:
    """Add what is pending to the stream and normalise it: (stream, normalised)."""
    if not pending:
        normal = g.add(
            "SimplifiedLayerNormalization", [x, weight], name + "_normal", epsilon=1e-5, axis=-1, stash_type=1
        )
        return x, normal
    outputs = [name + "_normal", "", "", name + "_x"]
    g.add("SkipSimplifiedLayerNormalization", [x, pending, weight], outputs, FUSED, epsilon=1e-5)
    return name + "_x", name + "_normal"


def head(g: Graph, network: Any, x: str, pending: str) -> None:
    """Logits after the last token of each row only."""
    _, normal = normalise(g, x, pending, g.weight("norm", network.norm.weight), "final")
    g.weight("minus_one", np.array(-1))
    g.add("Gather", [normal, "minus_one"], "final_row", axis=1)
    g.add("MatMul", ["final_row", g.weight("head", network.token.weight.T)], "logits")
