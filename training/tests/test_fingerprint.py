"""The fingerprint generator, the frame's preparation, and the export."""

import numpy as np
import onnx
import pytest
import torch

from fingerprint.export import SUPPORTED_OPERATORS, to_onnx
from fingerprint.fields import Draw
from fingerprint.frame import crop, normalise
from fingerprint.geometry import CROP_SIZE, FRAME_HEIGHT, FRAME_WIDTH
from fingerprint.impression import Variation, make_impressions
from fingerprint.master import make_masters
from fingerprint.model import DIMENSION, EMBEDDER, LOCALISER, UNITS, Network, answer, understand

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def masters():
    return make_masters(5, 4, CPU)


def test_equal_seeds_give_equal_fingers(masters):
    again = make_masters(5, 4, CPU)
    assert torch.equal(masters.patterns, again.patterns) and torch.equal(masters.references, again.references)
    assert not torch.equal(masters.patterns, make_masters(6, 4, CPU).patterns)


def test_crops_of_one_finger_lie_upon_each_other(masters):
    """Turned and moved impressions agree once their poses are taken back; those of other fingers do not."""
    clean = Variation(distortion=0, torsion=0, elastic=0, dryness=0, patches=0, scratches=0, partial=0, small=0, edges=0)
    chosen = torch.arange(4).repeat_interleave(2)
    images, present, poses = make_impressions(masters, chosen, torch.zeros(8, dtype=torch.bool), Draw(2, CPU), clean)
    assert images.shape == (8, FRAME_HEIGHT, FRAME_WIDTH) and 0 <= images.min() and images.max() <= 255
    crops = crop(normalise(images, present), poses)
    middle = crops[:, 44:84, 44:84].flatten(1)
    likeness = np.corrcoef(middle.numpy())
    for finger in range(4):
        own = likeness[2 * finger, 2 * finger + 1]
        others = np.delete(likeness[2 * finger], [2 * finger, 2 * finger + 1])
        assert own > 0.4 > np.abs(others).max()


def test_normalised_frames_are_whole_and_bounded(masters):
    images, present, _ = make_impressions(masters, torch.arange(4), torch.zeros(4, dtype=torch.bool), Draw(3, CPU))
    frames = normalise(images, present)
    assert torch.equal(frames, frames.round()) and frames.abs().max() <= 127
    assert not frames[present == 0].any()
    # Light and contrast do not matter, as far as grey levels are not rounded.
    assert (normalise(0.5 * images + 40, present) - frames).abs().mean() < 2


def test_answers_are_understood(masters):
    _, _, poses = make_impressions(masters, torch.arange(4), torch.zeros(4, dtype=torch.bool), Draw(4, CPU))
    repeated = answer(poses)[:, :, None].expand(-1, -1, 31).flatten(1)
    found = understand(torch.cat([repeated, torch.ones(4, UNITS)], dim=1))
    assert torch.allclose(found.points, poses.points, atol=1e-5) and torch.allclose(found.angles, poses.angles, atol=1e-5)


@pytest.mark.parametrize("architecture, units", [(EMBEDDER, 0), (LOCALISER, UNITS)])
def test_export(architecture, units):
    onnxruntime = pytest.importorskip("onnxruntime")
    torch.manual_seed(1)
    network = Network(architecture).eval()
    graph = to_onnx(network, "test", units)
    assert {node.op_type for node in graph.graph.node} <= SUPPORTED_OPERATORS
    onnx.checker.check_model(graph)
    pixels = np.random.default_rng(1).integers(-127, 128, (1, 1, architecture.height, architecture.width))
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    exported = session.run(None, {"pixels": pixels.astype(np.float32)})[0]
    with torch.no_grad():
        wanted = network(torch.from_numpy(pixels.astype(np.float32))).numpy()
    assert np.allclose(exported[:, : DIMENSION - units], wanted[:, : DIMENSION - units], rtol=1e-3, atol=1e-3)
    assert (exported[:, DIMENSION - units :] == 1).all()


def test_size():
    assert sum(EMBEDDER.activations()) == 200_832 and sum(EMBEDDER.multiplications()) == 150_994_944
    assert EMBEDDER.shapes()[0] == (64, 32, 32) and CROP_SIZE == 128
