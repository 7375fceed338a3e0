"""The shipped network: what it is said to be, and as good as its card says where LFW is at hand."""

import json
import os
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from common.export import SUPPORTED_OPERATORS
from common.network import DIMENSION
from face import evaluation
from face.crops import SIDE, divide, load_crops
from face.model import ARCHITECTURE
from graph import run_graph
from fingerprint.evaluation import OPERATING_POINTS

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = ROOT / "Fixtures" / "models"
ARCHIVE = Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared")) / "data" / "lfw112.tar"
NAME = "face-v2"


@pytest.fixture(scope="module")
def graph():
    return onnx.load(str(MODELS / f"{NAME}.onnx"))


@pytest.fixture(scope="module")
def report():
    return json.loads((MODELS / f"{NAME}.metrics.json").read_text())


def test_graph_is_supported_and_small(graph):
    onnx.checker.check_model(graph)
    assert {node.op_type for node in graph.graph.node} <= SUPPORTED_OPERATORS
    assert (MODELS / f"{NAME}.onnx").stat().st_size < 6_000_000
    assert [d.dim_value for d in graph.graph.input[0].type.tensor_type.shape.dim] == [1, 1, SIDE, SIDE]
    assert [d.dim_value for d in graph.graph.output[0].type.tensor_type.shape.dim] == [1, DIMENSION]


def test_thresholds_rise_as_false_matches_fall():
    points = json.loads((MODELS / f"{NAME}.thresholds.json").read_text())
    assert [p["fmr"] for p in points] == list(OPERATING_POINTS)
    numerators = [p["numerator"] for p in points]
    assert numerators == sorted(set(numerators)) and 0 < numerators[0] and numerators[-1] < 1 << 16
    assert sum(p["recommended"] for p in points) == 1


def test_report_is_of_this_network_and_division(report):
    assert report["activations"] == ARCHITECTURE.activations()
    division = divide(sum(report["people"].values()))
    assert report["people"]["test"] == len(division.test)
    for populations in (report["float"], report["integer"], report["teacher, float"]):
        for rates in populations.values():
            assert rates["eer"]["low"] <= rates["eer"]["value"] <= rates["eer"]["high"]
    # Integers cost next to nothing.
    assert report["integer to float"]["median"] > 0.998
    floating, integer = (report[kind]["all pairs"]["eer"]["value"] for kind in ("float", "integer"))
    assert abs(floating - integer) < 0.002


def test_some_test_people_are_told_apart_as_reported(graph, report):
    """60 people never trained on, three images each: far from enough to measure, enough to notice wrong weights."""
    if not ARCHIVE.exists():
        pytest.skip(f"{ARCHIVE} is not there")
    crops = load_crops(ARCHIVE)
    test = divide(len(crops.people)).test
    chosen = [own[:3] for own in (np.flatnonzero(crops.owners == person) for person in test) if len(own) >= 3][:60]
    indices = np.concatenate(chosen)
    pixels = torch.from_numpy(crops.images[indices, None].astype(np.float32) - 128)
    embeddings = run_graph(graph, pixels).numpy()
    rate = evaluation.error(evaluation.all_pairs(embeddings, crops.owners[indices]))
    assert rate < report["float"]["all pairs"]["eer"]["value"] + 0.05
