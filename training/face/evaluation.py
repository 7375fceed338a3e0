"""Error rates among held-out people, with intervals over people (images of one person are not independent)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from common.network import Network
from fingerprint.evaluation import THRESHOLD_ONE, Population

from .model import ZERO_POINT


def embed(network: Network, images: np.ndarray, batch: int = 128) -> np.ndarray:
    """Embeddings of (n, 112, 112) uint8 images by the floating-point network: (n, 128) float32."""
    device = next(network.parameters()).device
    parts = []
    with torch.no_grad():
        for start in range(0, len(images), batch):
            pixels = torch.from_numpy(images[start : start + batch, None].astype(np.float32) - ZERO_POINT)
            parts.append(network(pixels.to(device).contiguous(memory_format=torch.channels_last)).cpu().numpy())
    return np.concatenate(parts)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _population(cosines: np.ndarray, owners: np.ndarray) -> Population:
    """`owners` are the two people of each cosine, (2, n)."""
    same = owners[0] == owners[1]
    people = np.unique(owners)
    owners = np.searchsorted(people, owners)
    return Population(cosines[same], owners[0][same], cosines[~same], owners[:, ~same], len(people))


def all_pairs(embeddings: np.ndarray, owners: np.ndarray) -> Population:
    """Every image against every other one, once."""
    first, second = np.triu_indices(len(embeddings), 1)
    cosines = (unit(embeddings) @ unit(embeddings).T)[first, second]
    return _population(cosines, np.stack([owners[first], owners[second]]))


def listed_pairs(embeddings: np.ndarray, owners: np.ndarray, pairs: np.ndarray) -> Population:
    """The pairs of indices, (n, 2)."""
    scaled = unit(embeddings)
    cosines = np.einsum("nd,nd->n", scaled[pairs[:, 0]], scaled[pairs[:, 1]])
    return _population(cosines, owners[pairs].T)


def templates(embeddings: np.ndarray, owners: np.ndarray, enrolled: int = 3) -> Population:
    """The product's comparison: the sum of a person's first `enrolled` embeddings against everybody's later ones.

    People with fewer images are probes of others only. Embeddings are summed as they are, not scaled to unit length.
    """
    sums, persons, probes = [], [], []
    for person in np.unique(owners):
        own = np.flatnonzero(owners == person)
        if len(own) > enrolled:
            sums.append(embeddings[own[:enrolled]].sum(axis=0))
            persons.append(person)
            own = own[enrolled:]
        probes.extend(own)
    probes = np.array(probes)
    cosines = unit(np.stack(sums)) @ unit(embeddings[probes]).T
    pairs = np.stack([np.repeat(persons, len(probes)), np.tile(owners[probes], len(persons))])
    return _population(cosines.ravel(), pairs)


@dataclass(frozen=True)
class Curves:
    """Both errors at every threshold of a fine grid of cosines: millions of pairs are counted once."""

    misses: np.ndarray  # share of genuine cosines below each grid point
    false_matches: np.ndarray  # share of impostor cosines at or above it

    @classmethod
    def of(cls, population: Population, weights: np.ndarray | None = None) -> Curves:
        """`weights` are the people's, as a bootstrap draws them; a pair of people weighs their product."""
        genuine, impostor = _grid(population.genuine), _grid(population.impostor)
        shares = [None, None]
        if weights is not None:
            first, second = population.impostor_fingers
            shares = [weights[population.genuine_finger], weights[first] * weights[second]]
        below = [
            np.concatenate([[0.0], np.cumsum(np.bincount(cells, share, minlength=GRID))])
            for cells, share in zip((genuine, impostor), shares)
        ]
        return cls(below[0] / below[0][-1], 1 - below[1] / below[1][-1])

    @property
    def equal_error(self) -> float:
        """The error rate where both are equal, linear between grid points."""
        after = int(np.argmax(self.misses >= self.false_matches))
        if after == 0:
            return float((self.misses[0] + self.false_matches[0]) / 2)
        gap = self.false_matches[after - 1 : after + 1] - self.misses[after - 1 : after + 1]
        share = gap[0] / (gap[0] - gap[1])
        return float(self.misses[after - 1] + share * (self.misses[after] - self.misses[after - 1]))

    def at(self, numerator: int) -> tuple[float, float]:
        """False matches and false non-matches of the statement cos^2 >= numerator / 2^16."""
        cell = int(_grid(np.array([np.sqrt(numerator / THRESHOLD_ONE)]))[0])
        return float(self.false_matches[cell]), float(self.misses[cell])


#: Cells of the grid over cosines from -1 to 1.
GRID = 1 << 16
REPLICATES = 200


def _grid(cosines: np.ndarray) -> np.ndarray:
    return np.clip((cosines + 1) * (GRID / 2), 0, GRID - 1).astype(np.int64)


def error(population: Population) -> float:
    """Equal error rate."""
    return Curves.of(population).equal_error


def measure(population: Population, numerators: dict[float, int], seed: int = 0) -> dict:
    """Equal error rate, and both errors at each operating point, with 95 % percentile intervals over people.

    People are drawn anew with replacement; one drawn n times weighs n, and copies of one person are no impostors.
    """

    def statistics(curves: Curves) -> list[float]:
        return [curves.equal_error] + [rate for numerator in numerators.values() for rate in curves.at(numerator)]

    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(REPLICATES):
        drawn = rng.integers(0, population.fingers, population.fingers)
        weights = np.bincount(drawn, minlength=population.fingers).astype(np.float64)
        samples.append(statistics(Curves.of(population, weights)))
    names = ["eer"] + [f"{kind} at {rate}" for rate in numerators for kind in ("fmr", "fnmr")]
    low, high = np.nanquantile(np.array(samples), [0.025, 0.975], axis=0)
    result = {
        "people": population.fingers,
        "genuine": len(population.genuine),
        "impostor": len(population.impostor),
    }
    for name, value, *interval in zip(names, statistics(Curves.of(population)), low, high):
        result[name] = {"value": value, "low": float(interval[0]), "high": float(interval[1])}
    return result
