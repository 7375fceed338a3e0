"""The shipped fingerprint-v1 and its images: what they are said to be, and no larger."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from common.export import SUPPORTED_OPERATORS
from fingerprint.evaluation import OPERATING_POINTS, matches, template_scores
from graph import run_graph

NAME = "fingerprint-v1"
PERSONS = ("alice", "bob", "carol", "mallory")
FIXTURE_IMPRESSIONS = 6
CALIBRATION_IMAGES = 80
FIXTURES = Path(__file__).resolve().parent.parent.parent / "Fixtures"


def capture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.mode == "L" and image.size == (128, 128)
        return np.asarray(image)


@pytest.fixture(scope="module")
def graph():
    return onnx.load(str(FIXTURES / "models" / f"{NAME}.onnx"))


@pytest.fixture(scope="module")
def points():
    return json.loads((FIXTURES / "models" / f"{NAME}.thresholds.json").read_text())


def test_model_is_supported_and_small(graph):
    onnx.checker.check_model(graph)
    assert {node.op_type for node in graph.graph.node} <= SUPPORTED_OPERATORS
    assert (FIXTURES / "models" / f"{NAME}.onnx").stat().st_size < 1_500_000
    shape = [d.dim_value for d in graph.graph.input[0].type.tensor_type.shape.dim]
    assert shape == [1, 1, 128, 128]


def test_thresholds_rise_as_false_matches_fall(points):
    assert [p["fmr"] for p in points] == list(OPERATING_POINTS)
    numerators = [p["numerator"] for p in points]
    assert numerators == sorted(set(numerators)) and 0 < numerators[0] and numerators[-1] < 1 << 16
    assert sum(p["recommended"] for p in points) == 1


def test_fixtures_are_small_and_captures():
    for folder, limit in (("fingerprints", 600_000), ("calibration", 1_200_000)):
        assert sum(f.stat().st_size for f in (FIXTURES / folder).rglob("*.png")) < limit
    calibration = sorted((FIXTURES / "calibration").glob("*.png"))
    assert len(calibration) == CALIBRATION_IMAGES
    for path in calibration:
        capture(path)


def test_persons_separate(graph, points):
    """Any genuine probe scores above any impostor; at the default no impostor matches and most of the genuine do."""
    paths = [
        [FIXTURES / "fingerprints" / person / f"{n + 1}.png" for n in range(FIXTURE_IMPRESSIONS)]
        for person in PERSONS
    ]
    captures = torch.from_numpy(np.array([[capture(p) for p in row] for row in paths]).astype(np.float32) - 128)
    embeddings = np.stack([run_graph(graph, row[:, None]).numpy() for row in captures])
    scores = template_scores(embeddings)
    assert scores.genuine.min() > scores.impostor.max() + 0.1
    default = next(p["numerator"] for p in points if p["recommended"])
    assert not matches(scores.impostor, default).any()
    assert matches(scores.genuine, default).mean() > 0.8
