"""Network, loss, measurements and export."""

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch.nn import functional as F

from fingerprint import evaluation
from fingerprint.export import SUPPORTED_OPERATORS, to_onnx
from fingerprint.model import DIMENSION, Embedder, MarginLoss
from fingerprint.trainer import Schedule, make_batch, train


@pytest.fixture(scope="module")
def network():
    """Random weights, and running statistics that are not the trivial ones."""
    torch.manual_seed(1)
    network = Embedder().train()
    for _ in range(3):
        network(torch.randint(-128, 128, (8, 1, 128, 128)).float())
    return network.eval()


def run_graph(model: onnx.ModelProto, pixels: torch.Tensor) -> torch.Tensor:
    """Runs a graph node by node from its serialised attributes, knowing nothing of `Embedder`."""
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
        elif node.op_type == "Flatten":
            result = inputs[0].flatten(attributes["axis"])
        elif node.op_type == "Gemm":
            assert attributes["transB"] == 1 and attributes["alpha"] == attributes["beta"] == 1
            result = inputs[0] @ inputs[1].T + inputs[2]
        else:
            raise AssertionError(f"unexpected operator {node.op_type}")
        values[node.output[0]] = result
    return values[model.graph.output[0].name]


def test_shapes(network):
    assert network(torch.zeros(2, 1, 128, 128)).shape == (2, DIMENSION)


def test_activations_stay_within_the_proofs_budget(network):
    counts = []
    hooks = [m.register_forward_hook(lambda _, __, y: counts.append(y.numel())) for m in network.convolutions]
    network(torch.zeros(1, 1, 128, 128))
    for hook in hooks:
        hook.remove()
    assert sum(counts) <= 1 << 16
    assert all(count & (count - 1) == 0 for count in counts)


def test_graph_has_supported_operators_and_ships_small(network):
    model = to_onnx(network, "test")
    assert {node.op_type for node in model.graph.node} <= SUPPORTED_OPERATORS
    assert len(model.SerializeToString()) < 1_500_000
    names = [node.name for node in model.graph.node]
    assert all(names) and len(set(names)) == len(names)


def test_graph_equals_network(network):
    model = onnx.load_from_string(to_onnx(network, "test").SerializeToString())
    pixels = torch.randint(-128, 128, (1, 1, 128, 128)).float()
    with torch.no_grad():
        expected, actual = network(pixels), run_graph(model, pixels)
    assert torch.allclose(expected, actual, rtol=1e-3, atol=1e-4)


def test_margin_makes_the_loss_harder_and_is_cosface():
    torch.manual_seed(2)
    loss = MarginLoss(5, scale=10.0)
    embeddings, labels = torch.randn(3, DIMENSION), torch.tensor([0, 4, 2])
    cosine = F.normalize(embeddings) @ F.normalize(loss.centres).T
    expected = []
    for row, label in enumerate(labels):
        logits = 10 * cosine[row]
        target = 10 * (cosine[row, label] - 0.3)
        others = torch.cat([logits[:label], logits[label + 1 :]])
        expected.append(torch.logsumexp(torch.cat([others, target[None]]), 0) - target)
    assert torch.allclose(loss(embeddings, labels, 0.3), torch.stack(expected).mean(), rtol=1e-5)
    assert loss(embeddings, labels, 0.3) > loss(embeddings, labels, 0.0)


def test_batches_are_deterministic_and_mirrored_fingers_are_others():
    images = np.random.default_rng(3).integers(0, 256, (4, 2, 128, 128), dtype=np.uint8)
    one, labels = make_batch(images, np.random.default_rng(5), 32)
    two, _ = make_batch(images, np.random.default_rng(5), 32)
    assert torch.equal(one, two) and one.shape == (32, 1, 128, 128)
    assert one.min() >= -128 and one.max() <= 127
    assert set(labels.tolist()) <= set(range(8)) and labels.max() >= 4


def test_training_is_deterministic_and_learns():
    rng = np.random.default_rng(6)
    base = rng.integers(60, 200, (6, 1, 32, 32))
    images = np.kron(np.repeat(base, 4, axis=1) + rng.integers(-20, 20, (6, 4, 32, 32)), np.ones((4, 4)))
    images = images.clip(0, 255).astype(np.uint8)
    losses = []
    schedule = Schedule(steps=60, batch=12)
    networks = [train(images, schedule, losses.append) for _ in range(2)]
    for a, b in zip(networks[0].state_dict().values(), networks[1].state_dict().values()):
        assert torch.equal(a, b)
    scores = evaluation.pair_scores(evaluation.embed(networks[0], images))
    assert scores.genuine.mean() > scores.impostor.mean() + 0.3


def test_equal_error_rate_of_known_distributions():
    genuine, impostor = np.linspace(0.5, 1.5, 1001), np.linspace(0.0, 1.0, 100_001)
    rate = evaluation.equal_error_rate
    assert abs(rate(evaluation.WeightedScores.of(genuine, impostor)) - 0.25) < 0.005
    assert rate(evaluation.WeightedScores.of(np.array([0.9, 0.8]), np.array([0.1, 0.2]))) == 0


def test_weights_count_as_repetitions():
    rng = np.random.default_rng(11)
    genuine, impostor = np.sort(rng.normal(0.5, 0.2, 40)), np.sort(rng.normal(0.1, 0.2, 300))
    repeated = rng.integers(0, 4, 40), rng.integers(0, 4, 300)
    weighted = evaluation.WeightedScores(genuine, repeated[0], impostor, repeated[1])
    copies = evaluation.WeightedScores.of(np.repeat(genuine, repeated[0]), np.repeat(impostor, repeated[1]))
    assert abs(evaluation.equal_error_rate(weighted) - evaluation.equal_error_rate(copies)) < 0.01
    for statistic in (evaluation.false_match_rate, evaluation.false_non_match_rate):
        assert np.isclose(statistic(weighted, 5000), statistic(copies, 5000))
    assert np.isclose(evaluation.false_match_rate(copies, 5000), evaluation.matches(copies.impostor, 5000).mean())
    assert np.isclose(
        evaluation.false_non_match_rate(copies, 5000), 1 - evaluation.matches(copies.genuine, 5000).mean()
    )


def test_intervals_contain_the_value_and_populations_agree():
    rng = np.random.default_rng(12)
    embeddings = rng.normal(size=(12, 1, 8)) + rng.normal(0, 0.9, (12, 5, 8))
    population = evaluation.Population.of(evaluation.pair_scores(embeddings))
    assert len(population.genuine) == 12 * 4 and len(population.impostor) == 12 * 11 * 4
    interval = population.intervals({"eer": evaluation.equal_error_rate})["eer"]
    assert interval["low"] <= interval["value"] <= interval["high"] and interval["low"] < interval["high"]
    every = evaluation.all_pairs(embeddings)
    assert len(every.genuine) == 12 * 10 and len(every.impostor) == 66 * 25
    unit = embeddings / np.linalg.norm(embeddings, axis=-1, keepdims=True)
    first = every.impostor[np.all(every.impostor_fingers.T == (3, 7), axis=1)]
    assert np.allclose(np.sort(first), np.sort((unit[3] @ unit[7].T).ravel()))


@pytest.mark.parametrize("rate", [0.1, 0.01, 0.0])
def test_thresholds_hold_their_rate_and_no_lower_one_does(rate):
    impostor = np.random.default_rng(8).uniform(-1, 1, 5000)
    numerator = evaluation.threshold_numerator(impostor, rate)
    assert evaluation.matches(impostor, numerator).mean() <= rate
    if rate > 0:
        assert evaluation.matches(impostor, numerator - 40).mean() > rate


def test_negative_cosines_never_match():
    assert not evaluation.matches(np.array([-1.0, -0.5, 0.0]), 1).any()


def test_templates_are_sums_of_three():
    embeddings = np.random.default_rng(9).normal(size=(3, 5, DIMENSION))
    scores = evaluation.template_scores(embeddings)
    template, probe = embeddings[1, :3].sum(axis=0), embeddings[2, 4]
    expected = template @ probe / np.linalg.norm(template) / np.linalg.norm(probe)
    assert scores.matrix.shape == (3, 3, 2) and np.isclose(scores.matrix[1, 2, 1], expected)
    assert scores.genuine.shape == (3, 2) and scores.impostor.size == 12
