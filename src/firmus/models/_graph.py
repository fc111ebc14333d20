"""ONNX graphs written for the runtime's fused operators, rather than traced from PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from firmus.models.recurrent import Recurrent
    from firmus.models.transformer import Transformer

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


def transformer(network: Transformer) -> onnx.ModelProto:
    """Write `firmus.models.transformer.Transformer`; see its ``graph``."""
    from firmus.models.transformer import HEAD

    g, config = Graph(), network.config
    queries, keys = config.width, config.key_heads * HEAD
    x = _embed(g, network)
    _angles(g, network)
    g.weight("split_qkv", np.array([queries + keys, keys]))
    g.weight("split_qk", np.array([queries, keys]))
    pending = ""  # what the last block adds to the stream
    blocks: Any = network.blocks
    for i, block in enumerate(blocks):
        name = f"block{i}."
        norm = g.weight(name + "attention_norm", block.attention_norm.weight)
        x, normal = _normalise(g, x, pending, norm, name + "attention")
        packed = g.add("MatMul", [normal, g.weight(name + "qkv", block.qkv.weight.T)], name + "qkv_out")
        g.add("Split", [packed, "split_qkv"], [name + "qk", name + "v"], axis=-1)
        turned = g.add(
            "RotaryEmbedding", [name + "qk", "row", "cosine", "sine"], name + "turned", FUSED,
            num_heads=config.heads + config.key_heads, rotary_embedding_dim=HEAD,
        )  # fmt: skip
        g.add("Split", [turned, "split_qk"], [name + "q", name + "k"], axis=-1)
        attended = g.add(
            "GroupQueryAttention",
            [name + "q", name + "k", name + "v", f"key{i}", f"value{i}", "last", "total"],
            [name + "attended", f"new_key{i}", f"new_value{i}"],
            FUSED, num_heads=config.heads, kv_num_heads=config.key_heads,
        )  # fmt: skip
        out = g.add("MatMul", [attended, g.weight(name + "out", block.out.weight.T)], name + "out_out")
        x, normal = _normalise(g, x, out, g.weight(name + "feed_norm", block.feed_norm.weight), name + "feed")
        both = g.add("MatMul", [normal, g.weight(name + "gate_up", block.gate_up.weight.T)], name + "gate_up_out")
        g.add("Split", [both], [name + "gate", name + "up"], axis=-1)
        silu = g.add("QuickGelu", [name + "gate"], name + "silu", FUSED, alpha=1.0)
        product = g.add("Mul", [silu, name + "up"], name + "product")
        pending = g.add("MatMul", [product, g.weight(name + "down", block.down.weight.T)], name + "down_out")
    _head(g, network, x, pending)
    return g.model(*_interface(network))


def recurrent(network: Recurrent) -> onnx.ModelProto:
    """Write `firmus.models.recurrent.Recurrent`; see its ``graph``."""
    from firmus.models.recurrent import gates

    g, config = Graph(), network.config
    kinds = ("hidden", "cell") if config.cell == "lstm" else ("hidden",)
    x = _embed(g, network)
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
        _, normal = _normalise(g, x, "", g.weight(name + "norm", layer.norm.weight), name)
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
    _head(g, network, "by_row", "")
    info, integer, real = helper.make_tensor_value_info, TensorProto.INT64, TensorProto.FLOAT
    states = [f"{kind}{i}" for i in range(config.layers) for kind in kinds]
    inputs = [info(name, integer, ["batch", "length"]) for name in ("tokens", "index")]
    inputs += [info("slots", integer, ["batch", "length", 3])]
    inputs += [info(name, real, ["batch", config.width]) for name in states]
    outputs = [info("logits", real, ["batch", network.shape.vocabulary])]
    outputs += [info(f"new_{name}", real, ["batch", config.width]) for name in states]
    return g.model(inputs, outputs)


def eight_bit_cache(model: onnx.ModelProto, peaks: dict[str, Any]) -> onnx.ModelProto:
    """Let a graph keep its keys and values in eight bits, a scale for each channel: a quarter of the memory to read.

    Parameters
    ----------
    model : onnx.ModelProto
        With `GroupQueryAttention` over ``key<i>`` and ``value<i>``; changed in place and returned.
    peaks : dict of arrays (key heads, 64)
        Largest magnitude of each channel of each of these caches, measured on music; a tenth is added, and what
        goes beyond is cut.
    """
    for node in model.graph.node:
        if node.op_type != "GroupQueryAttention":
            continue
        caches = list(node.input[3:5])
        node.input.extend([""] * (12 - len(node.input)))  # the scales are its thirteenth and fourteenth input
        for cache in caches:
            scale = np.maximum(np.asarray(peaks[cache], np.float32), 1e-3).reshape(-1) * np.float32(1.1 / 127)
            model.graph.initializer.append(numpy_helper.from_array(scale, f"{cache}_scale"))
            node.input.append(f"{cache}_scale")
        for name in ("k_quant_type", "v_quant_type"):
            node.attribute.append(helper.make_attribute(name, "PER_CHANNEL"))
        node.attribute.append(helper.make_attribute("kv_cache_bit_width", 8))
    for each in (*model.graph.input, *model.graph.output):
        if each.name.removeprefix("new_") in peaks:
            each.type.tensor_type.elem_type = TensorProto.INT8
    return model


def _embed(g: Graph, network: Transformer | Recurrent) -> str:
    """Sum the three embeddings; the place and part tables are as small as they look."""
    for axis, slot in enumerate(("time", "place", "part")):
        g.add("Gather", ["slots", g.weight(f"axis{axis}", np.array(axis))], slot, axis=2)
    g.add("Gather", [g.weight("token_table", network.token.weight), "tokens"], "token_x")
    g.add("Gather", [g.weight("place_table", network.place.weight), "place"], "place_x")
    g.add("Gather", [g.weight("part_table", network.part.weight), "part"], "part_x")
    g.add("Add", ["token_x", "place_x"], "token_place_x")
    return g.add("Add", ["token_place_x", "part_x"], "x")


def _angles(g: Graph, network: Transformer) -> None:
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


def _normalise(g: Graph, x: str, pending: str, weight: str, name: str) -> tuple[str, str]:
    """Add what is pending to the stream and normalise it: (stream, normalised)."""
    if not pending:
        normal = g.add(
            "SimplifiedLayerNormalization", [x, weight], name + "_normal", epsilon=1e-5, axis=-1, stash_type=1
        )
        return x, normal
    outputs = [name + "_normal", "", "", name + "_x"]
    g.add("SkipSimplifiedLayerNormalization", [x, pending, weight], outputs, FUSED, epsilon=1e-5)
    return name + "_x", name + "_normal"


def _head(g: Graph, network: Transformer | Recurrent, x: str, pending: str) -> None:
    """Logits after the last token of each row only."""
    _, normal = _normalise(g, x, pending, g.weight("norm", network.norm.weight), "final")
    g.weight("minus_one", np.array(-1))
    g.add("Gather", [normal, "minus_one"], "final_row", axis=1)
    g.add("MatMul", ["final_row", g.weight("head", network.token.weight.T)], "logits")


def _interface(network: Transformer) -> tuple[list[onnx.ValueInfoProto], list[onnx.ValueInfoProto]]:
    from firmus.models.transformer import HEAD

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
