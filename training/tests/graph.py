"""Runs an exported graph node by node, knowing nothing of the network that it came from."""

import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F


def run_graph(model: onnx.ModelProto, pixels: torch.Tensor) -> torch.Tensor:
    values = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in model.graph.initializer}
    values[model.graph.input[0].name] = pixels
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        inputs = [values[name] for name in node.input]
        if node.op_type == "Conv":
            top, left, bottom, right = attributes["pads"]
            assert (top, left) == (bottom, right) and attributes["group"] == 1
            result = F.conv2d(*inputs, stride=attributes["strides"], padding=(top, left))
        elif node.op_type == "Clip":
            result = inputs[0].clamp(inputs[1].item(), inputs[2].item())
        elif node.op_type == "Add":
            result = inputs[0] + inputs[1]
        elif node.op_type == "Flatten":
            result = inputs[0].flatten(attributes["axis"])
        elif node.op_type == "Gemm":
            assert attributes["transB"] == 1 and attributes["alpha"] == attributes["beta"] == 1
            result = inputs[0] @ inputs[1].T + inputs[2]
        else:
            raise AssertionError(f"unexpected operator {node.op_type}")
        values[node.output[0]] = result
    return values[model.graph.output[0].name]
