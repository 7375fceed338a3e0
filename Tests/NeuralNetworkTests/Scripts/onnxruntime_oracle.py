#!/usr/bin/env python3
"""ONNX graphs and their outputs, by ONNX's own helper and ONNX Runtime: the oracle of the importer's tests.

    onnxruntime_oracle.py check                         exits 0 if the modules are there
    onnxruntime_oracle.py graphs FOLDER                 writes FOLDER/*.onnx
    onnxruntime_oracle.py run NET.onnx IN OUT MEAN SCALE
        IN holds images of the network's input size, one byte a pixel; OUT gets little-endian float32 outputs
    onnxruntime_oracle.py trace NET.onnx IN OUT MEAN SCALE TENSOR...
        the same for tensors inside the network, one after the other for each image
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(7)


class Graph:
    def __init__(self, channels=1, height=17, width=15, opset=13):
        self.nodes, self.constants, self.count, self.opset = [], [], 0, opset
        self.shape = [1, channels, height, width]

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weight(self, *shape, spread=None):
        fan_in = int(np.prod(shape[1:])) or 1
        return self.constant((rng.standard_normal(shape) * (spread or (2 / fan_in) ** 0.5)).astype(np.float32))

    def add(self, op, *inputs, **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(op, list(inputs), [f"t{self.count}"], name=f"{op}_{self.count}", **attributes))
        return f"t{self.count}"

    def conv(self, x, o, c, k=3, bias=True, group=1, **attributes):
        kh, kw = (k, k) if isinstance(k, int) else k
        inputs = [x, self.weight(o, c // group, kh, kw)] + ([self.weight(o, spread=0.1)] if bias else [])
        return self.add("Conv", *inputs, kernel_shape=[kh, kw], group=group, **attributes)

    def batch_norm(self, x, c):
        positive = (0.5 + rng.random(c)).astype(np.float32)
        return self.add("BatchNormalization", x, self.constant(positive), self.weight(c, spread=0.3), self.weight(c, spread=0.3),
                        self.constant((0.5 + rng.random(c)).astype(np.float32)), epsilon=1e-5)

    def dense(self, x, o, i):
        return self.add("Gemm", x, self.weight(o, i), self.weight(o, spread=0.1), transB=1)

    def save(self, path, output):
        graph = helper.make_graph(
            self.nodes, "g", [helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, onnx_shape(self, output))], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        onnx.save(model, path)


def resnet():
    g = Graph(height=33, width=31)
    x = g.add("Relu", g.batch_norm(g.conv("input", 8, 1, strides=[2, 2], pads=[1, 1, 1, 1], bias=False), 8))
    for stride, c, o in ((1, 8, 8), (2, 8, 12)):
        y = g.add("Relu", g.batch_norm(g.conv(x, o, c, strides=[stride, stride], pads=[1, 1, 1, 1], bias=False), o))
        y = g.batch_norm(g.conv(y, o, o, pads=[1, 1, 1, 1], bias=False), o)
        short = x if stride == 1 else g.batch_norm(g.conv(x, o, c, k=1, strides=[stride, stride], bias=False), o)
        x = g.add("Relu", g.add("Add", y, short))
    x = g.add("Flatten", g.add("GlobalAveragePool", x), axis=1)
    return g, g.dense(x, 16, 12)


def mobile_prelu():
    g = Graph(channels=3, height=16, width=17)

    def prelu(x, c):
        return g.add("PRelu", x, g.constant((0.05 + 0.4 * rng.random((c, 1, 1))).astype(np.float32)))

    x = prelu(g.batch_norm(g.conv("input", 8, 3, pads=[1, 1, 1, 1], bias=False), 8), 8)
    x = prelu(g.batch_norm(g.conv(x, 8, 8, group=8, strides=[2, 2], pads=[1, 1, 1, 1], bias=False), 8), 8)
    x = g.conv(x, 6, 8, k=1)
    for _ in range(3):
        y = prelu(g.conv(x, 12, 6, k=1), 12)
        y = prelu(g.conv(y, 12, 12, group=12, pads=[1, 1, 1, 1]), 12)
        x = g.add("Add", x, g.conv(y, 6, 12, k=1))
    x = g.conv(x, 6, 6, k=(8, 9), group=6)
    x = g.add("Reshape", x, g.constant(np.array([0, -1], np.int64)))
    return g, g.batch_norm(g.dense(x, 9, 6), 9)


def odds_and_ends():
    g = Graph(height=19, width=23)
    x = g.add("Div", g.add("Sub", "input", g.constant(np.float32(0.1))), g.constant(np.float32(0.7)))
    x = g.conv(x, 6, 1, k=(1, 5), pads=[0, 2, 0, 1], strides=[1, 2])
    x = g.add("Clip", x, g.constant(np.float32(0)), g.constant(np.float32(1)))
    x = g.conv(x, 8, 6, group=2, pads=[1, 0, 0, 1], strides=[3, 1])
    x = g.add("LeakyRelu", x, alpha=0.1)
    x = g.add("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    x = g.batch_norm(x, 8)
    x = g.add("Relu", g.conv(x, 5, 8, k=2))
    shape = g.add("Shape", x)
    rows = g.add("Unsqueeze", g.add("Gather", shape, g.constant(np.array(0, np.int64)), axis=0), g.constant(np.array([0], np.int64)))
    x = g.add("Reshape", x, g.add("Concat", rows, g.constant(np.array([-1], np.int64)), axis=0))
    size = int(np.prod(onnx_shape(g, x)[1:]))
    x = g.add("MatMul", x, g.weight(size, 7, spread=size ** -0.5))
    return g, g.add("LpNormalization", g.add("Add", x, g.weight(7, spread=0.2)), axis=1, p=2)


def onnx_shape(g, name):
    graph = helper.make_graph(g.nodes, "g", [helper.make_tensor_value_info("input", TensorProto.FLOAT, g.shape)],
                              [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)], g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", g.opset)])
    model.ir_version = 8
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"input": np.zeros(g.shape, np.float32)})[0].shape


def long_chain():
    """More residual additions than one sum may hold, a scaled branch, an activation that is read twice."""
    g = Graph(height=9, width=9)
    x = g.conv("input", 4, 1, pads=[1, 1, 1, 1])
    for index in range(9):
        y = g.add("Relu", g.conv(x, 6, 4, k=1))
        y = g.conv(y, 4, 6, k=1)
        if index == 4:
            y = g.add("Mul", y, g.constant(np.full((1, 4, 1, 1), 0.5, np.float32)))
        x = g.add("Add", x, y)
    y = g.conv(x, 4, 4, k=1)
    x = g.add("Add", g.add("Relu", y), y)
    x = g.add("ReduceMean", x, axes=[2, 3], keepdims=0)
    return g, g.dense(x, 8, 4)


def squares():
    g = Graph(height=12, width=12)
    x = g.conv("input", 4, 1, pads=[1, 1, 1, 1])
    x = g.add("Add", x, g.add("Mul", x, x))
    x = g.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = g.conv(x, 3, 4)
    x = g.add("Pow", x, g.constant(np.float32(2)))
    return g, g.dense(g.add("Flatten", x, axis=1), 5, 48)


def old_operators():
    """Operator set 10 with attributes where later sets have inputs, and dropout."""
    g = Graph(height=11, width=13, opset=10)
    x = g.add("Clip", g.conv("input", 5, 1, strides=[2, 2]), min=0.0, max=0.8)
    x = g.add("Dropout", x)
    x = g.add("Identity", g.conv(x, 7, 5))
    x = g.add("GlobalAveragePool", g.add("Relu", x))
    x = g.add("Squeeze", x, axes=[2, 3])
    return g, g.dense(x, 6, 7)


GRAPHS = {f.__name__: f for f in (resnet, mobile_prelu, odds_and_ends, long_chain, squares, old_operators)}


def run(path, source, target, mean, scale, tensors=None):
    if tensors:
        model = onnx.load(path)
        del model.graph.output[:]
        model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in tensors)
        path = model.SerializeToString()
    options = onnxruntime.SessionOptions()
    # As written: no node is fused with another.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    node = session.get_inputs()[0]
    channels, height, width = node.shape[1:]
    images = np.fromfile(source, np.uint8).reshape(-1, 1, height, width).astype(np.float32)
    outputs = [output for image in images
               for output in session.run(tensors, {node.name: np.repeat((image[None] - mean) / scale, channels, axis=1).astype(np.float32)})]
    np.concatenate([output.ravel() for output in outputs]).astype("<f4").tofile(target)


def main():
    if sys.argv[1] == "graphs":
        for name, make in GRAPHS.items():
            graph, output = make()
            graph.save(str(pathlib.Path(sys.argv[2]) / f"{name}.onnx"), output)
    elif sys.argv[1] in ("run", "trace"):
        run(sys.argv[2], sys.argv[3], sys.argv[4], np.float32(sys.argv[5]), np.float32(sys.argv[6]), sys.argv[7:] or None)


if __name__ == "__main__":
    main()
