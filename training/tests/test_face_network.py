"""Network, export, losses, training, measurements."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from torch.nn import functional as F

from face import evaluation
from face.crops import SIDE
from face.export import SUPPORTED_OPERATORS, to_onnx
from face.draws import Draws
from face.model import ARCHITECTURE, DIMENSION, Architecture, Convolution, Embedder
from face.trainer import Schedule, TrainingSet, margin_loss, train
from face_graph import run_graph

SMALL = Architecture(
    (Convolution(4, 9, 3, 3), Convolution(8, 3, 2, 1), Convolution(8, 3, 1, 1), Convolution(8, 3, 1, 1, skip=2), Convolution(8, 3, 4, 1)),
)


@pytest.fixture(scope="module")
def network():
    """Random weights, and running statistics that are not the trivial ones."""
    torch.manual_seed(1)
    network = Embedder().train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randint(-128, 128, (8, 1, SIDE, SIDE)).float())
    return network.eval()


@pytest.fixture(scope="module")
def data():
    """Eight people of four images, told apart by coarse shading, with targets at random; composites likewise."""
    rng = np.random.default_rng(2)
    base = np.kron(rng.integers(60, 200, (8, 1, 14, 14)), np.ones((8, 8)))
    images = (base + rng.integers(-10, 10, (8, 4, SIDE, SIDE))).clip(0, 255).astype(np.uint8).reshape(-1, SIDE, SIDE)
    owners = np.repeat(np.arange(8) * 3, 4)
    embeddings = np.repeat(evaluation.unit(rng.normal(size=(8, 1, DIMENSION))), 4, axis=0)
    both = np.repeat(embeddings, 2, axis=1).astype(np.float32)
    return TrainingSet.of(images, both, owners, torch.device("cpu"))


def test_activations_are_counted_and_within_the_proofs_budget(network):
    counts = []
    hooks = [m.register_forward_hook(lambda _, __, y: counts.append(y.numel())) for m in network.convolutions]
    assert network(torch.zeros(1, 1, SIDE, SIDE)).shape == (1, DIMENSION)
    for hook in hooks:
        hook.remove()
    assert ARCHITECTURE.activations() == counts + [DIMENSION]
    assert sum(ARCHITECTURE.activations()) <= 250_000
    assert sum(ARCHITECTURE.multiplications()) <= 60_000_000


def test_multiplications_are_those_of_the_graph(network):
    graph = to_onnx(network, "test").graph
    kernels = {t.name: t.dims for t in graph.initializer if t.name.startswith("conv") and t.name.endswith("weight")}
    sides = [side for _, side in ARCHITECTURE.shapes()[1:]]
    assert [int(np.prod(k)) * s * s for k, s in zip(kernels.values(), sides)] == ARCHITECTURE.multiplications()[:-1]


def test_graph_has_supported_operators_and_ships_small(network):
    model = to_onnx(network, "test")
    assert {node.op_type for node in model.graph.node} <= SUPPORTED_OPERATORS
    assert len(model.SerializeToString()) < 6_000_000
    names = [node.name for node in model.graph.node]
    assert all(names) and len(set(names)) == len(names)


@pytest.mark.parametrize("small", [False, True])
def test_graph_equals_network(network, small):
    if small:
        torch.manual_seed(3)
        network = Embedder(SMALL).train()
        with torch.no_grad():
            network(torch.randint(-128, 128, (8, 1, SIDE, SIDE)).float())
        network.eval()
    model = onnx.load_from_string(to_onnx(network, "test").SerializeToString())
    pixels = torch.randint(-128, 128, (1, 1, SIDE, SIDE)).float()
    with torch.no_grad():
        expected, actual = network(pixels), run_graph(model, pixels)
    assert torch.allclose(expected, actual, rtol=1e-3, atol=1e-4)


def test_residual_layers_add_the_input_of_the_layer_that_they_name():
    with_skip, without = Embedder(SMALL).eval(), None
    layers = tuple(replace(layer, skip=0) for layer in SMALL.layers)
    without = Embedder(replace(SMALL, layers=layers)).eval()
    without.load_state_dict(with_skip.state_dict())
    seen = {}
    for name, net in (("with", with_skip), ("without", without)):
        net.convolutions[4].register_forward_pre_hook(lambda _, x, name=name: seen.__setitem__(name, x[0]))
        net.convolutions[2].register_forward_pre_hook(lambda _, x, name=name: seen.__setitem__(name + " skipped", x[0]))
        with torch.no_grad():
            net(torch.randint(-128, 128, (2, 1, SIDE, SIDE)).float())
    assert seen["with"].shape == seen["with skipped"].shape
    pixels = torch.randint(-128, 128, (2, 1, SIDE, SIDE)).float()
    with torch.no_grad():
        with_skip(pixels), without(pixels)
    assert torch.allclose(seen["with"], seen["without"] + seen["with skipped"], atol=1e-5)


def test_margin_loss_is_cosface():
    torch.manual_seed(2)
    schedule = Schedule(steps=10, scale=10.0, margin=0.3)
    embeddings, centres = F.normalize(torch.randn(3, DIMENSION)), F.normalize(torch.randn(5, DIMENSION))
    owners = torch.tensor([0, 4, 2])
    expected = []
    for row, owner in enumerate(owners):
        logits = 10 * (embeddings[row] @ centres.T)
        logits[owner] -= 3
        expected.append(torch.logsumexp(logits, 0) - logits[owner])
    assert torch.allclose(margin_loss(embeddings, owners, centres, schedule), torch.stack(expected).mean(), rtol=1e-5)


def test_schedule_rises_falls_and_brings_margin_and_composites_in():
    schedule = Schedule(steps=1000)
    rates = [schedule.learning_rate(step) for step in range(1000)]
    top = int(np.argmax(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[top] == schedule.rate and 0 < rates[-1] < schedule.rate / 200
    weights = [schedule.margin_weight_at(step) for step in range(1000)]
    assert weights[150] == 0 and weights[-1] == schedule.margin_weight and weights == sorted(weights)
    blocks = [schedule.blocks_at(step) for step in range(1000)]
    assert blocks[0] == schedule.first_blocks and blocks[-1] == schedule.blocks and blocks == sorted(blocks)


def test_targets_and_centres_are_unit_and_owners_dense(data):
    assert torch.allclose(data.targets.norm(dim=1), torch.ones(len(data.targets)), atol=1e-5)
    assert torch.equal(data.owners.unique(), torch.arange(8))
    assert torch.allclose(data.centres(), data.targets[::4], atol=1e-5)


class OneTarget:
    """A teacher to whom every composite is the same."""

    def target(self, images: torch.Tensor) -> torch.Tensor:
        return F.normalize(torch.ones(len(images), DIMENSION))


def test_training_comes_closer_and_goes_on_from_a_checkpoint(data, tmp_path):
    schedule = Schedule(steps=30, batch=16, block=8, blocks=4, first_blocks=1)
    lines = []
    train(data, OneTarget(), schedule, tmp_path / "a.pt", progress=lines.append)
    distances = [float(line.split("distance ")[1].split()[0]) for line in lines]
    assert distances[-1] < distances[0]
    # Nothing is left to do.
    lines.clear()
    train(data, OneTarget(), schedule, tmp_path / "a.pt", progress=lines.append)
    assert not lines
    with pytest.raises(ValueError):
        train(data, OneTarget(), replace(schedule, steps=31), tmp_path / "a.pt", progress=lines.append)


def test_draws_depend_on_seed_stream_and_number_alone():
    cpu = torch.device("cpu")
    assert torch.equal(Draws(cpu, 3, 7).uniform(5), Draws(cpu, 3, 7).uniform(5))
    assert not torch.equal(Draws(cpu, 3, 7).uniform(5), Draws(cpu, 3, 8).uniform(5))
    assert not torch.equal(Draws(cpu, 3, 7).uniform(5), Draws(cpu, 2, 7).uniform(5))
