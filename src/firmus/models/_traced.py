"""ONNX graphs traced from PyTorch."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import Any

import onnx
import torch
from torch import Tensor, nn

Axes = dict[str, dict[int, str]]  # name of an input or output → its axes that may have any size


class _Function(nn.Module):
    """A function of a network as a module, which is what the exporter takes."""

    def __init__(self, network: nn.Module, function: Callable[..., Any]) -> None:
        super().__init__()
        self.network, self.function = network, function

    def forward(self, *inputs: Tensor) -> Any:
        """Call it."""
        return self.function(*inputs)


def traced(
    network: nn.Module,
    function: Callable[..., Any],
    inputs: dict[str, Tensor],
    outputs: Axes,
    axes: Axes | None = None,
) -> onnx.ModelProto:
    """The ONNX graph of a function of tensors.

    Parameters
    ----------
    network : torch.nn.Module
        Whose weights the function uses.
    function : callable
    inputs : dict of Tensor
        Examples of its arguments, in order.
    outputs : dict of dict
        Names of what it returns, in order, and the axes of each that may have any size.
    axes : dict of dict
        The same of the inputs.
    """
    target: Any = io.BytesIO()  # a file as well as a path
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # this exporter is the one that needs no further package
        torch.onnx.export(
            _Function(network, function).eval(), tuple(inputs.values()), target, dynamo=False, opset_version=18,
            input_names=list(inputs), output_names=list(outputs), dynamic_axes={**(axes or {}), **outputs},
        )  # fmt: skip
    model: onnx.ModelProto = onnx.ModelProto.FromString(target.getvalue())
    for wanted, output in zip(outputs, model.graph.output, strict=True):
        if output.name != wanted:  # a constant, which the exporter names as it likes
            model.graph.node.append(onnx.helper.make_node("Identity", [output.name], [wanted]))
            output.name = wanted
    return model
