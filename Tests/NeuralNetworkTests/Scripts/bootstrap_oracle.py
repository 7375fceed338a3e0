#!/usr/bin/env python3
"""Intervals over people by training/fingerprint/evaluation.py, with the people that it draws.

    bootstrap_oracle.py > Tests/NeuralNetworkTests/Vectors/bootstrap.json        (with what training/requirements.txt names)
"""

import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "training"))
from fingerprint import evaluation

PEOPLE = 12
NUMERATORS = [2000, 6000, 20000]


def cosines(numerators):
    """Cosines that match with these numerators and none above; -1 stands for a comparison that never matches."""
    return np.where(numerators < 0, -0.5, np.sqrt((np.maximum(numerators, 0) + 0.5) / evaluation.THRESHOLD_ONE))


def equal_error_rate(scores):
    """Mean of both rates at the first numerator at which they are closest."""
    matching = np.concatenate([scores.genuine, scores.impostor])
    numerators = np.floor(matching[matching > 0] ** 2 * evaluation.THRESHOLD_ONE).astype(int) + 1
    rates = [
        (evaluation.false_match_rate(scores, numerator), evaluation.false_non_match_rate(scores, numerator))
        for numerator in sorted({1, *numerators.tolist()})
    ]
    closest = min(rates, key=lambda pair: round(abs(pair[0] - pair[1]), 12))
    return sum(closest) / 2


def main():
    rng = np.random.default_rng(3)
    # Some people are recognised worse than others, and some pairs of people are alike.
    ease = rng.uniform(0.4, 1, PEOPLE)
    owners = np.repeat(np.arange(PEOPLE), rng.integers(1, 9, PEOPLE))
    genuine = np.floor(65536 * (ease[owners] * rng.uniform(0.1, 1, len(owners))) ** 2).astype(int)
    genuine[rng.random(len(genuine)) < 0.05] = -1
    first, second = np.triu_indices(PEOPLE, 1)
    pairs = np.repeat(np.stack([first, second]), rng.integers(1, 4, len(first)), axis=1)
    alike = rng.uniform(0, 0.4, (PEOPLE, PEOPLE))[pairs[0], pairs[1]]
    impostor = np.floor(65536 * np.maximum(alike + rng.normal(0, 0.1, len(alike)), 0) ** 2).astype(int)
    impostor[impostor == 0] = -1

    population = evaluation.Population(cosines(genuine), owners, cosines(impostor), pairs, PEOPLE)
    statistics = {"equalErrorRate": equal_error_rate}
    for numerator in NUMERATORS:
        statistics[f"fmr{numerator}"] = lambda scores, n=numerator: evaluation.false_match_rate(scores, n)
        statistics[f"fnmr{numerator}"] = lambda scores, n=numerator: evaluation.false_non_match_rate(scores, n)
    intervals = population.intervals(statistics)

    def interval(name):
        return [intervals[name]["low"], intervals[name]["high"]]

    draws = np.random.default_rng(0)
    counts = [
        np.bincount(draws.integers(0, PEOPLE, PEOPLE), minlength=PEOPLE).tolist()
        for _ in range(evaluation.BOOTSTRAP_REPLICATES)
    ]
    case = {
        "counts": counts,
        "genuine": [[int(person), int(n)] for person, n in zip(owners, genuine)],
        "impostor": [[int(a), int(b), int(n)] for a, b, n in zip(*pairs, impostor)],
        "equalErrorRate": interval("equalErrorRate"),
        "points": [
            {"numerator": n, "falseMatches": interval(f"fmr{n}"), "falseNonMatches": interval(f"fnmr{n}")}
            for n in NUMERATORS
        ],
    }
    print(json.dumps(case, separators=(",", ":")))


main()
