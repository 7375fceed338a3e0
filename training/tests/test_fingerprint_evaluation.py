"""Measurements of fingerprints."""

import numpy as np
import pytest

from common.network import DIMENSION
from fingerprint import evaluation


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
    population = evaluation.templates(embeddings)
    assert len(population.genuine) == 12 * 2 and len(population.impostor) == 12 * 11 * 2
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


def test_refused_impressions_match_nothing_and_make_no_template():
    embeddings = np.random.default_rng(10).normal(size=(4, 5, 8)) + 1
    embeddings[1, 2] = embeddings[3, 4] = 0
    population = evaluation.templates(embeddings)
    assert list(population.genuine_finger) == [0, 0, 2, 2, 3, 3] and population.fingers == 4
    assert population.genuine[-1] == 0 and not evaluation.matches(population.genuine[-1:], 1).any()
    # Finger 1 is a probe of three others, and compared with none.
    assert len(population.impostor) == 3 * 3 * 2 and not (population.impostor_fingers[0] == 1).any()
    scores = evaluation.template_scores(embeddings).matrix
    assert np.allclose(population.impostor[:2], scores[0, 1])


def test_fvc_protocol_compares_first_impressions_of_different_fingers():
    embeddings = np.random.default_rng(13).normal(size=(10, 8, 16))
    population = evaluation.fvc_protocol(embeddings)
    assert len(population.genuine) == 280 and len(population.impostor) == 45
    unit = embeddings / np.linalg.norm(embeddings, axis=-1, keepdims=True)
    assert list(population.impostor_fingers[:, -1]) == [8, 9]
    assert np.isclose(population.impostor[-1], unit[8, 0] @ unit[9, 0])


def test_measure_has_both_errors_at_each_point():
    rng = np.random.default_rng(14)
    population = evaluation.all_pairs(rng.normal(size=(12, 1, 8)) + rng.normal(0, 0.9, (12, 5, 8)))
    report = evaluation.measure(population, {0.1: 9000})
    assert (report["fingers"], report["genuine"], report["impostor"]) == (12, 120, 66 * 25)
    assert np.isclose(report["fmr at 0.1"]["value"], evaluation.matches(population.impostor, 9000).mean())
    assert np.isclose(report["fnmr at 0.1"]["value"], 1 - evaluation.matches(population.genuine, 9000).mean())


def test_templates_let_no_more_strangers_match_than_the_bound_says():
    """Three samples that just match each other, and probes with the same cosine to each of them."""
    numerator = 26214
    least = np.sqrt(numerator / evaluation.THRESHOLD_ONE)
    samples = np.linalg.cholesky(np.full((3, 3), least) + (1 - least) * np.eye(3))
    length = np.linalg.norm(samples.sum(axis=0))
    one = np.random.default_rng(16).uniform(0.2, 0.9, 500)
    cosines = one * 3 / length
    assert np.allclose(samples @ (cosines[0] * samples.sum(axis=0) / length), one[0])
    population = evaluation.Population(np.empty(0), np.empty(0, int), one, np.zeros((2, 500), int), 2)
    assert np.isclose(evaluation.template_bound(population, numerator), evaluation.matches(cosines, numerator).mean())


def test_strangers_have_false_matches_alone():
    embeddings = np.random.default_rng(15).normal(size=(9, 4)) + 1
    population = evaluation.strangers(embeddings)
    assert len(population.impostor) == 36 and not len(population.genuine)
    report = evaluation.measure(population, {0.1: 30000})
    rates = {name for name, value in report.items() if isinstance(value, dict)}
    assert rates == {"fmr at 0.1"} and 0 < report["fmr at 0.1"]["value"] < 1
