"""Speed of the 93 radiomic features compared with three libraries, on a 1024 x 1024 image.

    SIIM_DATA=FOLDER pytest tests/benchmarks/test_bench_radiomics.py -m benchmark_suite

The image is the first radiograph of SIIM_DATA, or random if that is not set. mirp computes 91 of
the features and 29 others of the same families; mahotas computes 13 and scikit-image 6 of the 24
features of co-occurrence matrices. The bin width is 8 grey values. Tests of a ratio alternate
between both libraries and compare the shortest times.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import mahotas.features
import mirp
import numpy as np
import pytest
from skimage.feature import graycomatrix, graycoprops

import dicomio
from radiomics2d import features

pytestmark = [pytest.mark.benchmark_suite, pytest.mark.benchmark(group="radiomics of 1024 x 1024")]
PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "ASM", "correlation", "entropy")
FAMILIES = ["statistics", "ih", "glcm", "glrlm", "glszm", "ngtdm", "ngldm"]
WIDTH = 8
ROUNDS = 7
LIMIT = 0.060
"""Limit of the shortest time of all features in seconds; measured for a radiograph: 0.024."""


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    if "SIIM_DATA" in os.environ:
        return dicomio.read_image(min(Path(os.environ["SIIM_DATA"]).rglob("*.dcm")), 1024)
    return np.random.default_rng(0).integers(0, 256, (1024, 1024)).astype(np.uint8)


def all_of_ours(image: np.ndarray) -> dict[str, float]:
    return features(image, bin_width=WIDTH)


def six_of_scikit_image(image: np.ndarray) -> list[np.ndarray]:
    angles = np.arange(4) * np.pi / 4
    matrix = graycomatrix(image // WIDTH, [1], angles, levels=32, symmetric=True, normed=True)
    return [graycoprops(matrix, name) for name in PROPERTIES]


def thirteen_of_mahotas(image: np.ndarray) -> np.ndarray:
    return mahotas.features.haralick(image // WIDTH)


def families_of_mirp(image: np.ndarray) -> object:
    return mirp.extract_features(
        image=(image // WIDTH + 1.0)[None],
        mask=np.ones((1, *image.shape), np.int64),
        by_slice=True,
        base_discretisation_method="none",
        base_feature_families=FAMILIES,
        glcm_spatial_method="2d_average",
        glrlm_spatial_method="2d_average",
    )


PEERS = {
    "mirp": (families_of_mirp, 2),
    "mahotas": (thirteen_of_mahotas, ROUNDS),
    "scikit-image": (six_of_scikit_image, ROUNDS),
}
"""Library -> (function, number of rounds)."""


def seconds(work: Callable[[np.ndarray], object], image: np.ndarray) -> float:
    began = time.perf_counter()
    work(image)
    return time.perf_counter() - began


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer(benchmark: Callable, image: np.ndarray, peer: str) -> None:
    work, rounds = PEERS[peer]
    benchmark.pedantic(work, (image,), rounds=rounds, warmup_rounds=1)


def test_all_93_features_are_within_the_limit(benchmark: Callable, image: np.ndarray) -> None:
    benchmark.pedantic(all_of_ours, (image,), rounds=ROUNDS, warmup_rounds=1)
    assert benchmark.stats.stats.min <= LIMIT


@pytest.mark.parametrize("peer", PEERS)
def test_the_ratio_to_a_peer(benchmark: Callable, image: np.ndarray, peer: str) -> None:
    work, rounds = PEERS[peer]
    all_of_ours(image)
    pairs = [(seconds(work, image), seconds(all_of_ours, image)) for _ in range(rounds)]
    theirs, ours = np.min(pairs, axis=0)
    benchmark.extra_info[f"{peer} / ours"] = theirs / ours
    benchmark.pedantic(all_of_ours, (image,), rounds=ROUNDS)
