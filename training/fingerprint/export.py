"""ONNX export: batch normalisation folded, so that the graph is Conv, Clip, Flatten and Gemm alone."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .impression import CAPTURE_SIZE
from .model import DIMENSION, LAYERS, Embedder

OPSET = 13
#: Everything a shipped graph may contain.
SUPPORTED_OPERATORS = frozenset(
    ("Conv", "Relu", "Clip", "Gemm", "BatchNormalization", "GlobalAveragePool", "Flatten", "Add")
)


def _fold(weight: np.ndarray, normalisation) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of the linear map followed by a batch normalisation; outputs are the weight's first axis."""
    value = {key: tensor.double().numpy() for key, tensor in normalisation.state_dict().items()}
    factor = value["weight"] / np.sqrt(value["running_var"] + normalisation.eps)
    bias = value["bias"] - value["running_mean"] * factor
    shaped = factor.reshape(-1, *([1] * (weight.ndim - 1)))
    return (weight.astype(np.float64) * shaped).astype(np.float32), bias.astype(np.float32)


def to_onnx(network: Embedder, name: str) -> onnx.ModelProto:
    """The trained network as a graph: input `pixels` (1, 1, 128, 128), pixel - 128; output `embedding` (1, 128)."""
    nodes, tensors = [], []

    def add(label: str, array: np.ndarray) -> str:
        tensors.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), label))
        return label

    low, high = add("clip.low", np.array(0, np.float32)), add("clip.high", np.array(6, np.float32))
    current = "pixels"
    for index, (shape, convolution, normalisation) in enumerate(
        zip(LAYERS, network.convolutions, network.normalisations), start=1
    ):
        weight, bias = _fold(convolution.weight.detach().numpy(), normalisation)
        inputs = [current, add(f"conv{index}.weight", weight), add(f"conv{index}.bias", bias)]
        nodes.append(
            helper.make_node(
                "Conv",
                inputs,
                [f"conv{index}"],
                name=f"conv{index}",
                kernel_shape=[shape.kernel] * 2,
                strides=[shape.stride] * 2,
                pads=[shape.padding] * 4,
                dilations=[1, 1],
                group=1,
            )
        )
        nodes.append(helper.make_node("Clip", [f"conv{index}", low, high], [f"relu{index}"], name=f"relu{index}"))
        current = f"relu{index}"
    nodes.append(helper.make_node("Flatten", [current], ["flat"], name="flat", axis=1))
    weight, bias = _fold(network.projection.weight.detach().numpy(), network.projection_normalisation)
    inputs = ["flat", add("embedding.weight", weight), add("embedding.bias", bias)]
    nodes.append(helper.make_node("Gemm", inputs, ["embedding"], name="embedding", alpha=1.0, beta=1.0, transB=1))
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 1, CAPTURE_SIZE, CAPTURE_SIZE])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, DIMENSION])],
        tensors,
    )
    model = helper.make_model(
        graph, producer_name="semblance-training", opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = 7
    onnx.checker.check_model(model)
    return model
