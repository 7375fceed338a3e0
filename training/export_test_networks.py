#!/usr/bin/env python3
"""Small random-weight networks, exported by PyTorch, for the importer's tests; with what ONNX Runtime makes of them.

    export_test_networks.py FOLDER [--qdq]

writes FOLDER/NAME.onnx, FOLDER/images.json (pixels, mean and scale) and FOLDER/NAME.json: what ONNX Runtime makes of
the images. --qdq also quantises some of them by onnxruntime.quantization: NAME.qdq.onnx with 8-bit zero points,
NAME.qdq8.onnx without, and with a scale for each channel of the weights. The files in Tests/NeuralNetworkTests/Graphs
were made by it, with torch 2.15.0, onnx 1.23.2, onnxscript 0.7.2 and onnxruntime 1.32.0.
"""

import argparse
import json
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

MEAN, SCALE, IMAGES = 127.5, 64.0, 3


def randomise(module, generator):
    """Weights that keep activations near one, and batch statistics that are not 0 and 1."""
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            fan_in = layer.weight[0].numel()
            layer.weight.data = torch.randn(layer.weight.shape, generator=generator) * (2 / fan_in) ** 0.5
            if layer.bias is not None:
                layer.bias.data = torch.randn(layer.bias.shape, generator=generator) * 0.2
        elif isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm1d)):
            for tensor, low in ((layer.weight, 0.6), (layer.running_var, 0.5)):
                tensor.data = low + torch.rand(tensor.shape, generator=generator)
            for tensor in (layer.bias, layer.running_mean):
                tensor.data = torch.randn(tensor.shape, generator=generator) * 0.3
        elif isinstance(layer, nn.PReLU):
            layer.weight.data = 0.05 + 0.4 * torch.rand(layer.weight.shape, generator=generator)
    return module.eval()


class Residual(nn.Module):
    def __init__(self, *body):
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x):
        return x + self.body(x)


class HardSwishByHand(nn.Module):
    """As it is written where there is no such operator: x relu6(x + 3) / 6."""

    def __init__(self, divides_first):
        super().__init__()
        self.divides_first = divides_first

    def forward(self, x):
        gate = nn.functional.relu6(x + 3)
        return x * (gate / 6) if self.divides_first else x * gate / 6


class Gate(nn.Module):
    def forward(self, x):
        return x * nn.functional.hardsigmoid(x)


def conv_bn(i, o, kernel=3, stride=1, groups=1):
    return nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(o)


def head(channels, side, outputs):
    """A global depthwise convolution and a dense layer, as face networks end."""
    return (
        nn.Conv2d(channels, channels, side, groups=channels, bias=False), nn.BatchNorm2d(channels), nn.Flatten(),
        nn.Linear(channels, outputs, bias=False), nn.BatchNorm1d(outputs),
    )


def depthwise_prelu():
    return nn.Sequential(
        *conv_bn(1, 6, stride=2), nn.PReLU(6), *conv_bn(6, 6, groups=6), nn.PReLU(6), nn.Conv2d(6, 4, 1),
        Residual(*conv_bn(4, 8, 1), nn.PReLU(8), *conv_bn(8, 8, groups=8), nn.PReLU(8), nn.Conv2d(8, 4, 1)),
        *head(4, 8, 9),
    )


def mobilenet3():
    return nn.Sequential(
        *conv_bn(1, 8, stride=2), nn.Hardswish(),
        Residual(*conv_bn(8, 12, 1), nn.Hardswish(), *conv_bn(12, 12, groups=12), nn.Hardswish(), nn.Conv2d(12, 8, 1)),
        *conv_bn(8, 10, 1), nn.Hardswish(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(10, 8),
    )


def hard_swish_by_hand():
    return nn.Sequential(
        nn.Conv2d(1, 5, 3, 2), HardSwishByHand(False), nn.Conv2d(5, 6, 3), HardSwishByHand(True), nn.Conv2d(6, 7, 1),
        Gate(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(28, 8),
    )


def residual_relu():
    return nn.Sequential(
        *conv_bn(1, 6), nn.ReLU(), Residual(*conv_bn(6, 6), nn.ReLU(), *conv_bn(6, 6)), nn.ReLU(),
        nn.AvgPool2d(3, 2, 1), Residual(*conv_bn(6, 6), nn.ReLU6(), *conv_bn(6, 6)), nn.LeakyReLU(0.1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 8),
    )


class Unfolded(nn.Module):
    """Batch normalisation that is not behind a convolution, a view, and slopes shared by all channels."""

    def __init__(self):
        super().__init__()
        self.first, self.act = nn.Conv2d(1, 4, 5, 3), nn.PReLU()
        self.norm, self.second, self.last = nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, padding=1), nn.Linear(64, 8)
        self.out = nn.BatchNorm1d(8)

    def forward(self, x):
        x = self.norm(self.act(self.first(x)))
        x = self.norm(torch.relu(self.second(x)) + x)
        return self.out(self.last(x.view(x.size(0), -1)))


NETWORKS = {
    "depthwise_prelu": depthwise_prelu, "mobilenet3": mobilenet3, "hard_swish_by_hand": hard_swish_by_hand,
    "residual_relu": residual_relu, "unfolded_norm": Unfolded,
}
# Both exporters, and operator sets with and without HardSwish.
EXPORTS = (("script13", 13, False), ("dynamo18", 18, True))
# ONNX Runtime's preparation writes HardSwish as a gate and a product; by hand it has no pattern left.
QUANTISED = ("depthwise_prelu", "mobilenet3", "residual_relu")


def export(module, path, operator_set, dynamo):
    image = torch.zeros(1, 1, 16, 16)
    torch.onnx.export(
        module, (image,), str(path), input_names=["image"], output_names=["embedding"], opset_version=operator_set,
        dynamo=dynamo, do_constant_folding=False, training=torch.onnx.TrainingMode.EVAL,
        **({"external_data": False} if dynamo else {}),
    )


def without_documentation(path):
    model = onnx.load(path)
    model.doc_string = ""
    model.graph.doc_string = ""
    del model.metadata_props[:], model.graph.metadata_props[:], model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.save(model, path)


def run(path, images):
    # The graph as it is written. The kernels that optimisation puts in place of quantised operators saturate their sums
    # on processors without VNNI.
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    inputs = ((images.astype(np.float32) - MEAN) / SCALE)[:, None, None]
    return [session.run(None, {name: image})[0].ravel() for image in inputs]


def quantise(source, target, images):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rest = iter(((images.astype(np.float32) - MEAN) / SCALE)[:, None, None])

        def get_next(self):
            image = next(self.rest, None)
            return None if image is None else {"image": image}

    for name, options in {
        "qdq": dict(activation_type=QuantType.QUInt8, per_channel=False),
        "qdq8": dict(activation_type=QuantType.QInt8, per_channel=True, extra_options={"ActivationSymmetric": True}),
    }.items():
        path = target.with_suffix(f".{name}.onnx")
        with tempfile.TemporaryDirectory() as scratch:
            prepared = str(pathlib.Path(scratch) / "prepared.onnx")
            quant_pre_process(str(source), prepared, skip_symbolic_shape=True)
            quantize_static(prepared, str(path), Reader(), quant_format=QuantFormat.QDQ, weight_type=QuantType.QInt8, **options)
        yield path


def describe(path, images):
    outputs = run(path, images)
    document = [[round(float(value), 6) for value in output] for output in outputs]
    path.with_suffix(".json").write_text(json.dumps(document, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--qdq", action="store_true", help="also quantise each by onnxruntime.quantization")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    # Smooth images: rows of noise would average out.
    waves = np.linspace(0, 6, 16)
    samples = []
    for _ in range(48):
        a, b, c, d = rng.uniform(0.3, 1.5, 2).tolist() + rng.uniform(0, 6, 2).tolist()
        plane = 128 + 90 * np.sin(a * waves[:, None] + c) * np.cos(b * waves[None] + d) + rng.normal(0, 12, (16, 16))
        samples.append(np.clip(plane, 0, 255).astype(np.uint8))
    samples = np.stack(samples)
    images = {"mean": MEAN, "scale": SCALE, "pixels": [image.ravel().tolist() for image in samples[:IMAGES]]}
    (arguments.folder / "images.json").write_text(json.dumps(images, separators=(",", ":")) + "\n")
    for name, make in NETWORKS.items():
        module = randomise(make(), torch.Generator().manual_seed(11))
        for suffix, operator_set, dynamo in EXPORTS:
            path = arguments.folder / f"{name}.{suffix}.onnx"
            export(module, path, operator_set, dynamo)
            without_documentation(path)
            describe(path, samples[:IMAGES])
            print(path.name, path.stat().st_size)
            if arguments.qdq and not dynamo and name in QUANTISED:
                for quantised in quantise(path, path, samples):
                    without_documentation(quantised)
                    describe(quantised, samples[:IMAGES])
                    print(quantised.name, quantised.stat().st_size)


if __name__ == "__main__":
    main()
