"""ONNX export: batch normalisation folded, so that the graph is Conv, Clip, Add, Flatten and Gemm alone."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from .network import DIMENSION, Network

OPSET = 13
#: Everything that a shipped graph may contain.
SUPPORTED_OPERATORS = frozenset(("Conv", "Clip", "Add", "Flatten", "Gemm"))


def _fold(weight: np.ndarray, normalisation: nn.Module) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of the linear map followed by a batch normalisation; outputs are the weight's first axis."""
    value = {key: tensor.detach().cpu().double().numpy() for key, tensor in normalisation.state_dict().items()}
    factor = value["weight"] / np.sqrt(value["running_var"] + normalisation.eps)
    bias = value["bias"] - value["running_mean"] * factor
    shaped = factor.reshape(-1, *([1] * (weight.ndim - 1)))
    return (weight.astype(np.float64) * shaped).astype(np.float32), bias.astype(np.float32)


class _Graph:
    """Nodes and constants in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []

    def constant(self, name: str, array: np.ndarray) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def node(self, operator: str, inputs: list[str], name: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name


def to_onnx(network: Network, name: str, units: int = 0) -> onnx.ModelProto:
    """The trained network as a graph: input `pixels` (1, 1, rows, columns), pixel - 128; output `embedding` (1, 128).

    The last `units` entries of the output are made to be 1.
    """
    graph = _Graph()
    bounds = [graph.constant("clip.low", np.array(0)), graph.constant("clip.high", np.array(6))]
    architecture = network.architecture
    values = ["pixels"]
    layers = zip(architecture.layers, network.convolutions, network.normalisations)
    for number, (layer, convolution, normalisation) in enumerate(layers, 1):
        weight, bias = _fold(convolution.weight.detach().cpu().numpy(), normalisation)
        label = f"conv{number}"
        inputs = [values[-1], graph.constant(f"{label}.weight", weight), graph.constant(f"{label}.bias", bias)]
        current = graph.node(
            "Conv",
            inputs,
            label,
            kernel_shape=2 * [layer.kernel],
            strides=2 * [layer.stride],
            pads=4 * [layer.padding],
            dilations=[1, 1],
            group=1,
        )
        current = graph.node("Clip", [current, *bounds], f"relu{number}")
        if layer.skip:
            current = graph.node("Add", [current, values[-layer.skip]], f"add{number}")
        values.append(current)
    flat = graph.node("Flatten", [values[-1]], "flat", axis=1)
    weight, bias = _fold(network.projection.weight.detach().cpu().numpy(), network.projection_normalisation)
    weight[DIMENSION - units :], bias[DIMENSION - units :] = 0, 1
    inputs = [flat, graph.constant("embedding.weight", weight), graph.constant("embedding.bias", bias)]
    graph.node("Gemm", inputs, "embedding", alpha=1.0, beta=1.0, transB=1)
    shape = [1, 1, architecture.height, architecture.width]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            name,
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, DIMENSION])],
            initializer=graph.tensors,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="semblance",
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    return model
