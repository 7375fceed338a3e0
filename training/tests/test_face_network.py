"""Network, export, losses, training, measurements."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from torch.nn import functional as F

from common.export import SUPPORTED_OPERATORS, to_onnx
from common.network import DIMENSION, Architecture, Convolution, Network
from common.optimisation import cosface, one_cycle
from face import evaluation
from face.crops import SIDE
from face.draws import draws_at
from face.model import ARCHITECTURE
from face.trainer import Schedule, Training, TrainingSet, train
from fingerprint import evaluation as reference
from graph import run_graph

SMALL = Architecture(
    SIDE,
    SIDE,
    (
        Convolution(4, 9, 3, 3),
        Convolution(8, 3, 2, 1),
        Convolution(8, 3, 1, 1),
        Convolution(8, 3, 1, 1, skip=2),
        Convolution(8, 3, 4, 1),
    ),
)


@pytest.fixture(scope="module")
def network():
    """Random weights, and running statistics that are not the trivial ones."""
    torch.manual_seed(1)
    network = Network(ARCHITECTURE).train()
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
    sides = [side for _, side, _ in ARCHITECTURE.shapes()]
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
        network = Network(SMALL).train()
        with torch.no_grad():
            network(torch.randint(-128, 128, (8, 1, SIDE, SIDE)).float())
        network.eval()
    model = onnx.load_from_string(to_onnx(network, "test").SerializeToString())
    pixels = torch.randint(-128, 128, (1, 1, SIDE, SIDE)).float()
    with torch.no_grad():
        expected, actual = network(pixels), run_graph(model, pixels)
    assert torch.allclose(expected, actual, rtol=1e-3, atol=1e-4)


def test_residual_layers_add_the_input_of_the_layer_that_they_name():
    with_skip, without = Network(SMALL).eval(), None
    layers = tuple(replace(layer, skip=0) for layer in SMALL.layers)
    without = Network(replace(SMALL, layers=layers)).eval()
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


def test_margin_loss_is_cosface_and_a_margin_makes_it_harder():
    torch.manual_seed(2)
    embeddings, centres = F.normalize(torch.randn(3, DIMENSION)), F.normalize(torch.randn(5, DIMENSION))
    owners = torch.tensor([0, 4, 2])
    expected = []
    for row, owner in enumerate(owners):
        logits = 10 * (embeddings[row] @ centres.T)
        logits[owner] -= 3
        expected.append(torch.logsumexp(logits, 0) - logits[owner])
    loss = cosface(embeddings, owners, centres, 10.0, 0.3)
    assert torch.allclose(loss, torch.stack(expected).mean(), rtol=1e-5)
    assert loss > cosface(embeddings, owners, centres, 10.0, 0.0)


def test_schedule_rises_falls_and_brings_margin_and_composites_in():
    schedule = Schedule(steps=1000)
    rates = [one_cycle(schedule.rate, schedule.warm_up, schedule.steps, step) for step in range(1000)]
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


def test_batches_hold_crops_then_composites(data, monkeypatch):
    """What the network is shown: as many crops as the schedule says, with their own targets, then composites."""
    training = Training(data, OneTarget(), Schedule(steps=10, batch=10, composites=0.3, block=8, blocks=2, first_blocks=1))
    seen = []
    monkeypatch.setattr(training.pool, "draw", lambda count, draws: seen.append(count) or (data.images[:count], data.targets[:count]))
    shown = []
    training.trained.register_forward_pre_hook(lambda _, inputs: shown.append(inputs[0].shape))
    training.step(0)
    assert seen == [3] and shown == [(10, 1, SIDE, SIDE)]


def test_training_learns_repeats_and_continues(data, tmp_path, monkeypatch):
    monkeypatch.setattr("face.trainer.ARCHITECTURE", SMALL)
    monkeypatch.setattr(Training.__init__, "__defaults__", (SMALL,))
    schedule = Schedule(steps=60, batch=16, block=8, blocks=4, first_blocks=1, composites=0.25)
    quiet = {"progress": lambda _: None}
    whole = train(data, OneTarget(), schedule, tmp_path / "whole.pt", **quiet)

    class Stop(Exception):
        pass

    stops = []

    def stop(network):
        stops.append(network)
        if len(stops) == 3:
            raise Stop
        return ""

    checkpoint = tmp_path / "checkpoint.pt"
    with pytest.raises(Stop):
        train(data, OneTarget(), schedule, checkpoint, evaluate=stop, **quiet)
    continued = train(data, OneTarget(), schedule, checkpoint, **quiet)
    for a, b in zip(whole.state_dict().values(), continued.state_dict().values()):
        assert torch.equal(a, b)
    images, targets = data.images.numpy(), data.targets.numpy()
    learnt = (evaluation.unit(evaluation.embed(whole, images)) * targets).sum(axis=1).mean()
    fresh = (evaluation.unit(evaluation.embed(Network(SMALL).eval(), images)) * targets).sum(axis=1).mean()
    assert learnt > fresh + 0.3
    with pytest.raises(ValueError):
        train(data, OneTarget(), replace(schedule, steps=61), checkpoint, **quiet)


def test_draws_depend_on_stream_and_number_alone():
    cpu = torch.device("cpu")
    first = draws_at(cpu, 3, 7).uniform(0, 1, 5)
    assert torch.equal(first, draws_at(cpu, 3, 7).uniform(0, 1, 5))
    assert not torch.equal(first, draws_at(cpu, 3, 8).uniform(0, 1, 5))
    assert not torch.equal(first, draws_at(cpu, 2, 7).uniform(0, 1, 5))


def test_populations_agree_with_their_definitions():
    rng = np.random.default_rng(9)
    owners = np.array([5, 5, 5, 5, 8, 8, 9])
    embeddings = rng.normal(size=(7, 16))
    scaled = evaluation.unit(embeddings)
    every = evaluation.all_pairs(embeddings, owners)
    assert len(every.genuine) == 6 + 1 and len(every.impostor) == 21 - 7 and every.fingers == 3
    assert np.isclose(every.genuine[every.genuine_finger == 1], scaled[4] @ scaled[5])
    listed = evaluation.listed_pairs(embeddings, owners, np.array([[0, 3], [2, 6]]))
    assert np.allclose(listed.genuine, scaled[0] @ scaled[3]) and np.allclose(listed.impostor, scaled[2] @ scaled[6])
    template = evaluation.templates(embeddings, owners)
    total = embeddings[:3].sum(axis=0)
    cosines = scaled[3:] @ total / np.linalg.norm(total)
    assert np.allclose(template.genuine, cosines[:1]) and np.allclose(np.sort(template.impostor), np.sort(cosines[1:]))


def test_rates_are_those_of_the_reference_and_intervals_contain_them():
    rng = np.random.default_rng(10)
    owners = np.repeat(np.arange(30), 4)
    embeddings = np.repeat(rng.normal(size=(30, 16)), 4, axis=0) + rng.normal(0, 0.9, (120, 16))
    population = evaluation.all_pairs(embeddings, owners)
    measured = evaluation.measure(population, {0.01: 20_000})
    plain = reference.WeightedScores.of(population.genuine, population.impostor)
    assert abs(measured["eer"]["value"] - reference.equal_error_rate(plain)) < 2e-3
    assert abs(measured["fmr at 0.01"]["value"] - reference.false_match_rate(plain, 20_000)) < 1e-3
    assert abs(measured["fnmr at 0.01"]["value"] - reference.false_non_match_rate(plain, 20_000)) < 6e-3
    for rates in (measured["eer"], measured["fmr at 0.01"], measured["fnmr at 0.01"]):
        assert rates["low"] < rates["value"] < rates["high"]


def test_weights_count_as_repetitions_of_people():
    rng = np.random.default_rng(11)
    embeddings, owners = rng.normal(size=(12, 8)), np.repeat(np.arange(4), 3)
    population = evaluation.all_pairs(embeddings, owners)
    curves = evaluation.Curves.of(population, np.array([2.0, 1.0, 0.0, 1.0]))
    cosines = np.concatenate([population.genuine[population.genuine_finger == person] for person in (0, 0, 1, 3)])
    assert np.isclose(curves.at(20_000)[1], np.mean(cosines < np.sqrt(20_000 / 65536)), atol=1e-9)
