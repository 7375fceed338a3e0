"""The shipped fingerprint-v2: what its report says, and the people and crops of the tests."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fingerprint.evaluation import OPERATING_POINTS, matches, template_scores, unit
from fingerprint.geometry import CROP_SIZE, FRAME_HEIGHT, FRAME_WIDTH
from fingerprint.model import EMBEDDER, LOCALISER
from fingerprint.pictures import load
from fingerprint.population import frames
from fingerprint.release import CALIBRATION_FINGERS, FIXTURE_IMPRESSIONS, PERSONS, embed
from fingerprint.trainer import Pair

TRAINING_CODE = Path(__file__).resolve().parent.parent
FIXTURES = TRAINING_CODE.parent / "Fixtures"


@pytest.fixture(scope="module")
def report():
    return json.loads((FIXTURES / "models" / "fingerprint-v2.metrics.json").read_text())


@pytest.fixture(scope="module")
def paths():
    return [
        [FIXTURES / "fingerprints" / person / f"{number + 1}.png" for number in range(FIXTURE_IMPRESSIONS)]
        for person in PERSONS
    ]


def test_report_is_of_these_networks(report):
    for name, architecture in (("embedder", EMBEDDER), ("localiser", LOCALISER)):
        assert report[name]["activations"] == architecture.activations()
    numerators = [point["numerator"] for point in report["thresholds"]]
    shipped = json.loads((FIXTURES / "models" / "fingerprint-v2.thresholds.json").read_text())
    assert shipped == report["thresholds"]
    # No laxer than either population asks for.
    for point in shipped:
        assert point["numerator"] == max(point["by synthetic fingers"], point["by real fingers"])
    assert [point["fmr"] for point in report["thresholds"]] == list(OPERATING_POINTS)
    assert numerators == sorted(set(numerators))
    for kind in ("float", "integer"):
        for label, rates in report[kind].items():
            for point in OPERATING_POINTS:
                rate = rates[f"fmr at {point}"]
                assert rate["low"] <= rate["value"] <= rate["high"]
                # On fingers that set no threshold: what is promised, but for chance.
                assert rate["low"] <= point, (kind, label)
        assert report[kind]["fvc2004-db4b, all pairs"]["eer"]["value"] < 0.05
    # Integers cost next to nothing, nor do the few pictures that the sensor refuses, which floats do not.
    for agreement in report["integer to float"].values():
        assert agreement["median"] > 0.998
    floating, integer = (report[kind]["synthetic, all pairs"]["eer"]["value"] for kind in ("float", "integer"))
    assert abs(floating - integer) < 0.005


def test_fixtures_are_small_and_pictures(paths):
    files = [path for folder in ("fingerprints", "calibration") for path in (FIXTURES / folder).rglob("*.*")]
    assert sum(path.stat().st_size for path in files) < 2_500_000
    for path in (path for finger in paths for path in finger):
        with Image.open(path) as image:
            assert image.mode == "L" and image.width % 4 == 0 and image.height % 4 == 0
            assert image.width <= 2 * FRAME_WIDTH and image.height <= 2 * FRAME_HEIGHT
    crops = sorted((FIXTURES / "calibration").glob("*.pgm"))
    assert len(crops) == CALIBRATION_FINGERS
    for path in crops:
        with Image.open(path) as image:
            assert image.mode == "L" and image.size == (CROP_SIZE, CROP_SIZE)


def test_persons_separate(paths, report):
    """Every probe is liker to its own template than to any other, and none but its own matches at 1 in 100; alice's and
    bob's samples 1, 3, 4 match each other, and their probes."""
    pair = Pair(torch.device("cpu"))
    pair.load(torch.load(TRAINING_CODE / "checkpoints" / "fingerprint-v2.pt", map_location="cpu"))
    embeddings = embed(pair.eval(), frames(*load(paths)))
    scores = template_scores(embeddings)
    assert scores.genuine.min() > scores.impostor.max() + 0.3
    numerator = next(point["numerator"] for point in report["thresholds"] if point["fmr"] == 1e-2)
    assert matches(scores.genuine[:2], numerator).all() and not matches(scores.impostor, numerator).any()
    samples = unit(embeddings[:2, [0, 2, 3]])
    assert matches(np.einsum("pid,pjd->pij", samples, samples), numerator).all()
