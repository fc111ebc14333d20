"""Eight bits a weight.

Every constant matrix of a ``MatMul`` becomes a ``MatMulNBits`` of eight bits, in blocks of 64 inputs with a scale each
(symmetric: q = round(w / scale) + 128, scale = max|w| / 127). All other large weights (embeddings, recurrent layers,
convolutions) are kept in eight bits with a scale for each row, and unpacked when the model is loaded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from firmus.models._graph import FUSED

BLOCK = 64
LARGE = 4096  # numbers in a weight that is worth packing


def quantise(model: Any) -> Any:
    """Replace constant matrices by eight-bit ones; the model is changed in place and returned."""
    constants = {each.name: each for each in model.graph.initializer}
    for node in model.graph.node:
        weight = constants.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is None or numpy_helper.to_array(weight).shape[0] % BLOCK:
            continue
        matrix = numpy_helper.to_array(weight)
        inputs, outputs = matrix.shape
        packed, scales = pack(matrix)
        model.graph.initializer.remove(weight)
        names = [f"{weight.name}.packed", f"{weight.name}.scales"]
        model.graph.initializer.extend(
            [numpy_helper.from_array(packed, names[0]), numpy_helper.from_array(scales, names[1])]
        )
        changed = helper.make_node(
            "MatMulNBits", [node.input[0], *names], list(node.output), domain=FUSED, name=node.name,
            K=inputs, N=outputs, bits=8, block_size=BLOCK, accuracy_level=4,
        )  # fmt: skip
        node.CopyFrom(changed)
    for weight in [each for each in model.graph.initializer if each.name in constants]:  # those that are left
        if weight.data_type == onnx.TensorProto.FLOAT and np.prod(weight.dims) >= LARGE:
            _shrink(model.graph, weight)
    return model


def _shrink(graph: Any, weight: Any) -> None:
    """Keep a weight in eight bits, and let the graph begin by unpacking it: w = q · scale."""
    values = numpy_helper.to_array(weight)
    row = next((axis for axis, size in enumerate(values.shape) if size > 1), 0)
    others = tuple(axis for axis in range(values.ndim) if axis != row)
    scales = np.maximum(np.abs(values).max(axis=others, keepdims=True) / 127, 1e-12).astype(np.float32)
    names = [f"{weight.name}.{each}" for each in ("packed", "scales", "unpacked")]
    packed = np.round(values / scales).astype(np.int8)
    graph.initializer.remove(weight)
    graph.initializer.extend([numpy_helper.from_array(packed, names[0]), numpy_helper.from_array(scales, names[1])])
    graph.node.insert(0, helper.make_node("Mul", names[2:] + names[1:2], [weight.name], name=weight.name))
    graph.node.insert(0, helper.make_node("Cast", names[:1], names[2:], name=names[2], to=onnx.TensorProto.FLOAT))


def pack(matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Eight-bit blocks (N, K / 64, 64) and scales (N · K / 64,) of a matrix (K, N).

    Examples
    --------
    >>> packed, scales = pack(np.linspace(-1, 1, 128, dtype=np.float32).reshape(64, 2))
    >>> packed.shape, scales.shape, int(packed.min()), int(packed.max())
    ((2, 1, 64), (2,), 1, 255)
    """
    blocks = matrix.T.reshape(matrix.shape[1], -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=-1, keepdims=True) / 127, 1e-12)
    packed = np.clip(np.round(blocks / scales) + 128, 0, 255).astype(np.uint8)
    return packed, scales.reshape(-1).astype(np.float32)
