"""The fingerprint generator, the frame's preparation, and the export."""

import numpy as np
import onnx
import pytest
import torch
from scipy import ndimage

from common.export import SUPPORTED_OPERATORS, to_onnx
from common.network import DIMENSION, Network
from fingerprint.fields import Draw
from fingerprint.frame import crop, normalise
from fingerprint.geometry import CROP_SIZE, FRAME_HEIGHT, FRAME_WIDTH, MASTER_SIZE, PITCH, grid
from fingerprint.impression import Variation, make_impressions
from fingerprint.master import MEAN_PERIOD, SPAN, make_masters
from fingerprint.model import EMBEDDER, LOCALISER, UNITS, MarginLoss, answer, understand
from fingerprint.orientation import CLASSES, Topologies, draw_topologies, orientation_fields
from fingerprint.trainer import Schedule, Training

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def masters():
    return make_masters(5, 4, CPU)


def test_equal_seeds_give_equal_fingers(masters):
    again = make_masters(5, 4, CPU)
    assert torch.equal(masters.patterns, again.patterns) and torch.equal(masters.references, again.references)
    assert not torch.equal(masters.patterns, make_masters(6, 4, CPU).patterns)


def test_identities_and_populations_differ(masters):
    others = [masters.patterns[1], make_masters(6, 1, CPU).patterns[0]]
    for other in others:
        assert abs(np.corrcoef(masters.patterns[0].ravel(), other.ravel())[0, 1]) < 0.2


def test_ridges_fill_the_master_at_their_period(masters):
    for master in masters.patterns.numpy():
        assert master.shape == (MASTER_SIZE, MASTER_SIZE) and master.dtype == np.int8
        pattern = master.astype(float)
        # Grown everywhere: no block without both ridges and valleys.
        assert pattern.reshape(16, 16, 16, 16).std(axis=(1, 3)).min() > 40
        # Power lies in the band that the bank's frequencies allow.
        power = np.abs(np.fft.fft2(pattern)) ** 2
        f = np.fft.fftfreq(MASTER_SIZE) / PITCH
        radius = np.hypot(f[None, :], f[:, None])
        band = (radius > 0.75 / (SPAN * MEAN_PERIOD)) & (radius < 1.3 * SPAN / MEAN_PERIOD)
        assert power[band].sum() > 0.85 * power.sum()


def test_ridges_follow_the_orientation_field(monkeypatch):
    """Structure-tensor orientation of the grown ridges against the field that was asked for."""
    import fingerprint.master as module

    fields = []

    def recorded(*arguments):
        fields.append(orientation_fields(*arguments))
        return fields[-1]

    monkeypatch.setattr(module, "orientation_fields", recorded)
    pattern = make_masters(7, 1, CPU).patterns[0].numpy().astype(float)
    gx, gy = ndimage.sobel(pattern, axis=1), -ndimage.sobel(pattern, axis=0)
    xx, yy, xy = (ndimage.gaussian_filter(v, 6) for v in (gx * gx, gy * gy, gx * gy))
    measured = np.arctan2(2 * xy, xx - yy) / 2 + np.pi / 2
    difference = np.abs(np.angle(np.exp(2j * (measured - fields[0][0].numpy())))) / 2
    inner = slice(24, -24)
    assert np.median(difference[inner, inner]) < np.deg2rad(6)


@pytest.mark.parametrize("turns, cores, deltas", [(1, 1, 0), (-1, 0, 1), (0, 1, 1), (2, 2, 0)])
def test_poincare_index_counts_singular_points(turns, cores, deltas):
    """Round a circle the orientation turns by pi per core less pi per delta (M. Kawagoe, A. Tojo, 1984)."""
    weights = [0.5 * (cores > index) for index in range(2)] + [-0.5 * (deltas > index) for index in range(2)]
    topologies = Topologies(
        kinds=torch.tensor([2]),
        points=torch.tensor([[[0.5, 0.4], [-0.7, 0.1], [0.2, -0.9], [0.2, -0.9]]]),
        weights=torch.tensor([weights]),
        corrections=Draw(1, CPU).normal(0.16, 1, 4, 8),
        tilts=torch.tensor([0.1]),
        arches=torch.tensor([[0.0, 0.0, 1.0]]),
        roughness=torch.tensor([0.05]),
    )
    field = orientation_fields(topologies, *grid(MASTER_SIZE, MASTER_SIZE, CPU), Draw(2, CPU))[0].numpy()
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    column = np.rint(4 / PITCH * np.cos(angle) + MASTER_SIZE / 2).astype(int)
    row = np.rint(-4 / PITCH * np.sin(angle) + MASTER_SIZE / 2).astype(int)
    around = field[row, column]
    steps = np.angle(np.exp(2j * (np.roll(around, -1) - around))) / 2
    assert round(float(steps.sum() / np.pi)) == turns


def test_classes_come_at_their_frequencies():
    kinds = draw_topologies(Draw(3, CPU), 2000).kinds
    share = {name: float((kinds == index).float().mean()) for index, name in enumerate(CLASSES)}
    assert 0.28 < share["left loop"] < 0.40 and 0.22 < share["whorl"] < 0.34
    assert 0.015 < share["arch"] < 0.06 and 0.01 < share["tented arch"] < 0.05


def test_fields_are_normalised_and_smooth():
    fields = Draw(4, CPU).field(16, 128, 128, 2.0).numpy()
    assert abs(fields.std() - 1) < 1e-4 and abs(fields.mean()) < 0.1
    # Twelve samples from one independent number to the next, which differ by 1.4 deviations.
    steps = np.diff(fields, axis=1)
    assert steps.std() < 0.16 and np.abs(steps).max() < 0.6


def test_impressions_are_deterministic_and_differ(masters):
    one, same, other = (
        make_impressions(masters, torch.zeros(1, dtype=torch.int64), torch.zeros(1, dtype=torch.bool), Draw(seed, CPU))[0]
        for seed in (1, 1, 2)
    )
    assert one.shape == (1, FRAME_HEIGHT, FRAME_WIDTH) and torch.equal(one, same) and not torch.equal(one, other)
    assert one.std() > 10


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


def test_margin_loss_normalises_both_sides():
    torch.manual_seed(2)
    loss = MarginLoss(5, scale=10.0)
    embeddings, labels = torch.randn(3, DIMENSION), torch.tensor([0, 4, 2])
    cosine = torch.nn.functional.normalize(embeddings) @ torch.nn.functional.normalize(loss.centres).T
    cosine[range(3), labels] -= 0.3
    assert torch.allclose(loss(embeddings, labels, 0.3), torch.nn.functional.cross_entropy(10 * cosine, labels), rtol=1e-5)


def test_training_is_deterministic_and_locates(masters):
    """Steps of one run equal those of another, and fingers are found better than before."""
    runs = [Training(masters, Schedule(steps=40, batch=8), 9, CPU) for _ in range(2)]
    for training in runs:
        for step in range(12):
            training.step(step)
    for a, b in zip(*(training.trained.state_dict().values() for training in runs)):
        assert torch.equal(a, b)
    first = Training(masters, Schedule(steps=40, batch=8), 9, CPU)
    first.step(0)
    assert runs[0].running[1] < first.running[1]
