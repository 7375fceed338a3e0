"""Verification error rates, with bootstrap intervals over fingers (impressions of one finger are not independent)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

#: Impressions summed into a template.
ENROLLED = 3
#: The statement's threshold is cos^2 >= numerator / 2^16.
THRESHOLD_ONE = 1 << 16
OPERATING_POINTS = (1e-2, 1e-3, 1e-4)
BOOTSTRAP_REPLICATES = 200


@dataclass(frozen=True)
class Scores:
    """Cosines of probes against references: entry [i, j, k] is probe k of finger j against finger i's reference."""

    matrix: np.ndarray  # (fingers, fingers, probes)

    @property
    def genuine(self) -> np.ndarray:
        """(fingers, probes)"""
        diagonal = np.arange(len(self.matrix))
        return self.matrix[diagonal, diagonal]

    @property
    def impostor(self) -> np.ndarray:
        """All comparisons of different fingers, (n,)"""
        return self.matrix[~np.eye(len(self.matrix), dtype=bool)].ravel()


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def template_scores(embeddings: np.ndarray) -> Scores:
    """The product's comparison: the plain sum of the first three embeddings against each later one."""
    templates = unit(embeddings[:, :ENROLLED].sum(axis=1))
    probes = unit(embeddings[:, ENROLLED:])
    return Scores(np.einsum("id,jkd->ijk", templates, probes))


def all_pairs(embeddings: np.ndarray) -> Population:
    """Every impression against every other one, once."""
    scaled = unit(embeddings)
    fingers, count = scaled.shape[:2]
    owner = np.repeat(np.arange(fingers), count)
    flat = scaled.reshape(fingers * count, -1)
    first, second = np.triu_indices(len(flat), 1)
    cosines = np.einsum("nd,nd->n", flat[first], flat[second])
    same = owner[first] == owner[second]
    pairs = np.stack([owner[first], owner[second]])[:, ~same]
    return Population(cosines[same], owner[first][same], cosines[~same], pairs, fingers)


def strangers(embeddings: np.ndarray) -> Population:
    """Impressions of different fingers, (n, DIMENSION): every pair, none of them genuine."""
    return all_pairs(embeddings[:, None])


def fvc_protocol(embeddings: np.ndarray) -> Population:
    """FVC's: all pairs of one finger's impressions, but only the first ones of different fingers."""
    first = all_pairs(embeddings[:, :1])
    return replace(all_pairs(embeddings), impostor=first.impostor, impostor_fingers=first.impostor_fingers)


def templates(embeddings: np.ndarray) -> Population:
    """`template_scores`, without the templates of which an impression was refused: its embedding is 0, and as a probe
    it matches nothing. So does `semblance model calibrate` count."""
    return Population.of(template_scores(embeddings), embeddings[:, :ENROLLED].any(axis=2).all(axis=1))


@dataclass(frozen=True)
class WeightedScores:
    """Genuine and impostor cosines in ascending order, with the weight of each."""

    genuine: np.ndarray
    genuine_weights: np.ndarray
    impostor: np.ndarray
    impostor_weights: np.ndarray

    @classmethod
    def of(cls, genuine: np.ndarray, impostor: np.ndarray) -> WeightedScores:
        """All scores alike."""
        genuine, impostor = np.sort(genuine, axis=None), np.sort(impostor, axis=None)
        return cls(genuine, np.ones(len(genuine)), impostor, np.ones(len(impostor)))


def _weight_below(thresholds: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of the weight of scores less than each threshold."""
    cumulative = np.concatenate([[0.0], np.cumsum(weights)])
    return cumulative[np.searchsorted(scores, thresholds, side="left")] / cumulative[-1]


def equal_error_rate(scores: WeightedScores) -> float:
    """The error rate where false matches and false non-matches are equally frequent (linear between thresholds)."""
    stride = max(1, len(scores.impostor) // 2000)
    thresholds = np.unique(np.concatenate([scores.genuine, scores.impostor[::stride]]))
    misses = _weight_below(thresholds, scores.genuine, scores.genuine_weights)
    false_matches = 1 - _weight_below(thresholds, scores.impostor, scores.impostor_weights)
    crossing = int(np.argmax(misses >= false_matches))
    if crossing == 0:
        return float((misses[0] + false_matches[0]) / 2)
    before = false_matches[crossing - 1] - misses[crossing - 1]
    after = misses[crossing] - false_matches[crossing]
    weight = before / (before + after)
    return float(misses[crossing - 1] + weight * (misses[crossing] - misses[crossing - 1]))


def false_match_rate(scores: WeightedScores, numerator: int) -> float:
    """Share of impostor comparisons that the statement lets pass."""
    least = np.array([math.sqrt(numerator / THRESHOLD_ONE)])
    return float(1 - _weight_below(least, scores.impostor, scores.impostor_weights)[0])


def false_non_match_rate(scores: WeightedScores, numerator: int) -> float:
    """Share of genuine comparisons that the statement refuses."""
    least = np.array([math.sqrt(numerator / THRESHOLD_ONE)])
    return float(_weight_below(least, scores.genuine, scores.genuine_weights)[0])


@dataclass(frozen=True)
class Population:
    """Scores with the fingers that they come from, for drawing fingers anew."""

    genuine: np.ndarray  # (n,)
    genuine_finger: np.ndarray  # (n,)
    impostor: np.ndarray  # (m,)
    impostor_fingers: np.ndarray  # (2, m)
    fingers: int

    @classmethod
    def of(cls, scores: Scores, enrolled: np.ndarray) -> Population:
        """Which fingers have a reference, (fingers,) bool; the others are probes only."""
        fingers, _, probes = scores.matrix.shape
        different = enrolled[:, None] & ~np.eye(fingers, dtype=bool)
        pairs = np.repeat(np.stack(np.nonzero(different)), probes, axis=1)
        owners = np.repeat(np.flatnonzero(enrolled), probes)
        return cls(scores.genuine[enrolled].ravel(), owners, scores.matrix[different].ravel(), pairs, fingers)

    def intervals(self, statistics: dict, seed: int = 0) -> dict[str, dict[str, float]]:
        """Each statistic's value and 95 % percentile interval, fingers being drawn with replacement.

        A finger drawn n times weighs n; a pair of fingers weighs the product. Copies of one finger are no impostors.
        """
        by_genuine, by_impostor = np.argsort(self.genuine), np.argsort(self.impostor)
        genuine, owners = self.genuine[by_genuine], self.genuine_finger[by_genuine]
        impostor, pairs = self.impostor[by_impostor], self.impostor_fingers[:, by_impostor]
        plain = WeightedScores.of(self.genuine, self.impostor)
        rng = np.random.default_rng(seed)
        samples: dict[str, list[float]] = {name: [] for name in statistics}
        for _ in range(BOOTSTRAP_REPLICATES):
            drawn = np.bincount(rng.integers(0, self.fingers, self.fingers), minlength=self.fingers).astype(float)
            sample = WeightedScores(genuine, drawn[owners], impostor, drawn[pairs[0]] * drawn[pairs[1]])
            for name, statistic in statistics.items():
                samples[name].append(statistic(sample))
        result = {}
        for name, statistic in statistics.items():
            low, high = np.quantile(samples[name], [0.025, 0.975])
            result[name] = {"value": statistic(plain), "low": float(low), "high": float(high)}
        return result


def measure(population: Population, numerators: dict[float, int]) -> dict:
    """Equal error rate, and both errors at the threshold of each false match rate, with their intervals; of strangers
    false matches alone."""
    statistics = {"eer": equal_error_rate} if len(population.genuine) else {}
    for rate, numerator in numerators.items():
        statistics[f"fmr at {rate}"] = partial(false_match_rate, numerator=numerator)
        if len(population.genuine):
            statistics[f"fnmr at {rate}"] = partial(false_non_match_rate, numerator=numerator)
    counts = {"fingers": population.fingers, "genuine": len(population.genuine), "impostor": len(population.impostor)}
    return counts | population.intervals(statistics)


def threshold_numerator(impostor: np.ndarray, rate: float) -> int:
    """Least numerator at which at most `rate` of the impostor comparisons match; one above all where none may."""
    squares = np.where(impostor > 0, impostor.astype(np.float64) ** 2, 0) * THRESHOLD_ONE
    squares = np.sort(squares)[::-1]
    allowed = math.floor(rate * len(squares))
    return min(math.floor(squares[allowed]) + 1, THRESHOLD_ONE - 1)


def template_bound(population: Population, numerator: int) -> float:
    """Share of strangers that a template of ENROLLED samples may let match at most, by their one-to-one cosines.

    Enrolment asks that its samples match each other, so have cosines of at least c = sqrt(numerator / 2^16). The sum of n
    unit vectors is then at least sqrt(n + n (n - 1) c) long, and a probe of mean cosine m to them is at m n / length to it.
    """
    least = math.sqrt(numerator / THRESHOLD_ONE)
    return float((population.impostor >= least * math.sqrt((1 + (ENROLLED - 1) * least) / ENROLLED)).mean())


def matches(cosines: np.ndarray, numerator: int) -> np.ndarray:
    """The statement itself: a positive inner product and cos^2 >= numerator / 2^16."""
    return (cosines > 0) & (cosines.astype(np.float64) ** 2 * THRESHOLD_ONE >= numerator)
