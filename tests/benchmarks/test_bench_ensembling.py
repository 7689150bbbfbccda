"""Speed of the exact threshold search compared with brute force and a general optimiser.

    pytest tests/benchmarks/test_bench_ensembling.py -m benchmark_suite -s

The counts of 1,000 images are simulated: areas that decrease over 255 levels, Dice with a peak.
Brute force scores the triplets one by one with numpy; its time is extrapolated from a random
sample, as all triplets would take hours. scipy's differential evolution maximises the same
objective.
"""

import time
from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import differential_evolution

from ensembling.rules.triplet_search import best_triplet

pytestmark = pytest.mark.benchmark_suite
IMAGES, PIXELS, LEVELS = 1000, 2**20, 256
TRIED = 3000
LEAST = 1000.0


@pytest.fixture(scope="module")
def counts() -> tuple[np.ndarray, np.ndarray]:
    """Area, int32 ``(1000, 256)``, and gain over the empty mask, float64 of the same shape."""
    rng = np.random.default_rng(0)
    level = np.arange(LEVELS)
    reach = rng.uniform(5, 250, (IMAGES, 1))
    area = (rng.uniform(500, 60_000, (IMAGES, 1)) * np.clip(1 - level / reach, 0, 1)).astype(int)
    positive = rng.random((IMAGES, 1)) < 0.22 + 0.5 * (reach > 180)
    peak = rng.uniform(40, 200, (IMAGES, 1))
    dice = np.where(positive & (area > 0), np.exp(-(((level - peak) / 80) ** 2)), 0.0)
    dice = np.where(~positive & (area == 0), 1.0, dice)
    return area.astype(np.int32), dice - (~positive).astype(float)


def total(area: np.ndarray, gain: np.ndarray, top: int, least: int, bottom: int) -> float:
    return float(gain[area[:, top] > least, bottom].sum())


def brute_seconds(area: np.ndarray, gain: np.ndarray) -> float:
    """Return the seconds for all triplets whose minimum area is an area at the top level."""
    triplets = sum(len(np.unique(area[:, top])) * top for top in range(1, LEVELS))
    rng = np.random.default_rng(1)
    tops = rng.integers(1, LEVELS, TRIED)
    began = time.perf_counter()
    for top in tops:
        total(area, gain, top, int(area[top, top]), 1 + top // 2)
    return (time.perf_counter() - began) / TRIED * triplets


def evolved(area: np.ndarray, gain: np.ndarray) -> tuple[float, float]:
    """Return the gain found by differential evolution and its time in seconds."""

    def loss(x: np.ndarray) -> float:
        top = round(x[0])
        return -total(area, gain, top, int(x[1]), max(1, round(x[2] * top)))

    began = time.perf_counter()
    found = differential_evolution(loss, [(1, 255), (0, 40_000), (0, 1)], seed=0, tol=1e-8)
    return -float(found.fun), time.perf_counter() - began


def test_exact_search_beats_brute_force_and_evolution(
    benchmark: Callable, counts: tuple[np.ndarray, np.ndarray]
) -> None:
    area, gain = counts
    best_triplet(area, gain, PIXELS)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        value, _ = best_triplet(area, gain, PIXELS)
        times.append(time.perf_counter() - began)
    found, seconds = evolved(area, gain)
    brute = brute_seconds(area, gain)
    figures = {
        "ours, ms": 1000 * min(times),
        "brute force / ours": brute / min(times),
        "evolution / ours": seconds / min(times),
        "gain": value,
        "gain of evolution": found,
    }
    benchmark.extra_info.update(figures)
    print("\n", {name: round(figure, 3) for name, figure in figures.items()})
    benchmark.pedantic(best_triplet, (area, gain, PIXELS), rounds=3)
    assert value >= found
    assert brute / min(times) >= LEAST
