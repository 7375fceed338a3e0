"""Exported graphs, run by ONNX Runtime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import torch

from .network import DIMENSION, Network


def check(network: Network, graph: bytes, pixels: torch.Tensor, units: int = 0) -> None:
    """The exported graph says of (n, 1, rows, columns) pixels what the network says."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    exported = np.concatenate([session.run(None, {"pixels": one[None]})[0] for one in pixels.numpy()])
    with torch.no_grad():
        expected = network(pixels.to(next(network.parameters()).device)).cpu().numpy()
    error = np.abs(exported - expected)[:, : DIMENSION - units].max() / np.abs(exported).max()
    if not error < 1e-2:
        raise ValueError(f"the exported graph is off by {error}")
