"""Quantisation: eight bits a weight.

Every constant matrix of a ``MatMul`` becomes a ``MatMulNBits`` of eight bits, in blocks of 64 inputs with a scale each
(symmetric: q = round(w / scale) + 128, scale = max|w| / 127). All other large weights (embeddings, recurrent layers,
convolutions) are stored in eight bits with a scale for each row, and unpacked when the model is loaded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

FUSED = "com.microsoft"  # operators of ONNX Runtime
BLOCK = 64
LARGE = 4096  # numbers in a weight from which it is packed


def quantise(model: Any) -> Any:
    """Replace constant matrices by eight-bit ones; the model is modified in place and returned."""
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
            "MatMulNBits",
            [node.input[0], *names],
            list(node.output),
            domain=FUSED,
            name=node.name,
            K=inputs,
            N=outputs,
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )
        node.CopyFrom(changed)
    for weight in [each for each in model.graph.initializer if each.name in constants]:  # the others
        if weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) >= LARGE:
            _shrink(model.graph, weight)
    return model


def _shrink(graph: Any, weight: Any) -> None:
    """Store a weight in eight bits, and unpack it at the start of the graph: w = q · scale."""
    values = numpy_helper.to_array(weight)
    row = next((axis for axis, size in enumerate(values.shape) if size > 1), 0)
    others = tuple(axis for axis in range(values.ndim) if axis != row)
    scales = np.maximum(np.abs(values).max(axis=others, keepdims=True) / 127, 1e-12).astype(np.float32)
    names = [f"{weight.name}.{each}" for each in ("packed", "scales", "unpacked")]
    packed = np.round(values / scales).astype(np.int8)
    graph.initializer.remove(weight)
    graph.initializer.extend([numpy_helper.from_array(packed, names[0]), numpy_helper.from_array(scales, names[1])])
    graph.node.insert(0, helper.make_node("Mul", names[2:] + names[1:2], [weight.name], name=weight.name))
    graph.node.insert(0, helper.make_node("Cast", names[:1], names[2:], name=names[2], to=TensorProto.FLOAT))


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


def unpack(packed: NDArray[np.uint8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """A matrix (K, N) of its eight-bit blocks; the inverse of `pack`, but for the rounding.

    Examples
    --------
    >>> matrix = np.linspace(-1, 1, 128, dtype=np.float32).reshape(64, 2)
    >>> bool(np.abs(unpack(*pack(matrix)) - matrix).max() < 1 / 127)
    True
    """
    blocks = (packed.astype(np.float32) - 128) * scales.reshape(*packed.shape[:2], 1)
    return blocks.reshape(len(packed), -1).T


def dequantise(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """Constants of a graph in 32 bits, by the names that they had before `quantise`."""
    constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, array in constants.items():
        plain = name.removesuffix(".packed")
        if plain != name:
            scales = constants[f"{plain}.scales"]
            arrays[plain] = unpack(array, scales) if array.dtype == np.uint8 else array * scales
        elif not name.endswith(".scales"):
            arrays[name] = array
    return arrays


def eight_bit_cache(model: onnx.ModelProto, peaks: dict[str, Any]) -> onnx.ModelProto:
    """Store a graph's key-value cache in eight bits, a scale for each channel: a quarter of the memory traffic.

    Parameters
    ----------
    model : onnx.ModelProto
        With `GroupQueryAttention` over ``key<i>`` and ``value<i>``; modified in place and returned.
    peaks : dict of arrays (key heads, 64)
        Largest magnitude of each channel of each of these caches, measured on music; a tenth is added, and
        values beyond are clipped.
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
