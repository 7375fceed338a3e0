"""The teacher: a stock ONNX network, run by torch, so that it can be asked about new images on the student's device."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from collections.abc import Callable

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F


def _convolution(attributes: dict, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None):
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right):
        x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
    strides, dilations = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    return F.conv2d(x, weight, bias, strides, (top, left), dilations, attributes.get("group", 1))


def _gemm(attributes: dict, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor):
    if attributes.get("alpha", 1.0) != 1 or attributes.get("beta", 1.0) != 1 or attributes.get("transA", 0):
        raise ValueError("a Gemm that scales or transposes its input")
    return F.linear(x, weight if attributes.get("transB", 0) else weight.T, bias)


#: What the graph's operators do. Reshape may only flatten, Clip's bounds are attributes.
OPERATORS: dict[str, Callable] = {
    "Conv": _convolution,
    "Gemm": _gemm,
    "Relu": lambda attributes, x: F.relu(x),
    "Clip": lambda attributes, x: x.clamp(attributes["min"], attributes["max"]),
    "Add": lambda attributes, x, y: x + y,
    "Flatten": lambda attributes, x: x.flatten(attributes.get("axis", 1)),
    "Reshape": lambda attributes, x, shape: x.flatten(1),
}


class Graph:
    """An ONNX graph of a few operators."""

    def __init__(self, path: Path, device: torch.device, dtype: torch.dtype = torch.float32) -> None:
        graph = onnx.load(str(path)).graph
        self.nodes: list[tuple[Callable, dict, list[str], str, list[str]]] = []
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        last: dict[str, int] = {}
        for node in graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            if node.op_type == "Constant":
                constants[node.output[0]] = numpy_helper.to_array(attributes["value"])
                continue
            if node.op_type not in OPERATORS:
                raise ValueError(f"{path.name}: no operator {node.op_type}")
            last.update((name, len(self.nodes)) for name in node.input)
            self.nodes.append((OPERATORS[node.op_type], attributes, list(node.input), node.output[0], []))
        for name, index in last.items():
            if name not in constants:
                self.nodes[index][4].append(name)
        self.constants = {}
        for name, array in constants.items():
            tensor = torch.from_numpy(np.array(array)).to(device, dtype)
            self.constants[name] = tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor
        self.input, self.output = graph.input[0].name, graph.output[0].name

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        values = dict(self.constants, **{self.input: x})
        for function, attributes, inputs, output, spent in self.nodes:
            values[output] = function(attributes, *(values[name] for name in inputs))
            for name in spent:
                del values[name]
        return values[self.output]


class Teacher:
    """Embeds 112x112 faces; it reads (grey - mean) / scale in three equal planes."""

    MEAN, SCALE = 127.0, 128.0

    def __init__(self, path: Path, device: torch.device, dtype: torch.dtype = torch.float32) -> None:
        self.graph, self.device, self.dtype = Graph(path, device, dtype), device, dtype

    @torch.no_grad()
    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Unit embeddings of (n, 112, 112) uint8 images: (n, 128) float32."""
        plane = ((images.float() - self.MEAN) / self.SCALE).to(self.dtype)
        planes = plane[:, None].expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        return F.normalize(self.graph(planes).float())

    def both(self, images: torch.Tensor) -> torch.Tensor:
        """Embeddings of the images and of their mirror images: (n, 2, 128)."""
        return self.embed(torch.cat([images, images.flip(-1)])).view(2, len(images), -1).transpose(0, 1)

    def target(self, images: torch.Tensor) -> torch.Tensor:
        """The unit embedding in which image and mirror image agree best: (n, 128)."""
        return F.normalize(self.both(images).sum(1))


def _key(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:12]


def crop_embeddings(path: Path, images: np.ndarray, cache: Path, device: torch.device, progress=print) -> np.ndarray:
    """The teacher's unit embeddings of every crop and of its mirror image, (n, 2, 128), kept on disk."""
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / f"crops-{_key(path.read_bytes(), images.tobytes())}.npz"
    if not kept.exists():
        teacher, parts = Teacher(path, device), []
        size = 512 if device.type == "cuda" else 32
        for start in range(0, len(images), size):
            parts.append(teacher.both(torch.from_numpy(images[start : start + size]).to(device)).cpu().numpy())
            if start // size % 64 == 63:
                progress(f"teacher: {start} of {len(images)} crops")
        partial = kept.with_suffix(f".{os.getpid()}.tmp")
        with partial.open("wb") as file:
            np.savez(file, embeddings=np.concatenate(parts))
        partial.replace(kept)
    with np.load(kept) as file:
        return file["embeddings"]
