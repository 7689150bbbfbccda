"""Speed of the 93 radiomic features beside scikit-image, which has a part of one family.

    pytest tests/benchmarks/test_bench_radiomics.py -m benchmark_suite

scikit-image counts the co-occurrence matrices and gives 6 of the 24 features made from them.
"""

from collections.abc import Callable

import numpy as np
import pytest
from skimage.feature import graycomatrix, graycoprops

from cxrfeatures import radiomics

pytestmark = [pytest.mark.benchmark_suite, pytest.mark.benchmark(group="radiomics of 1024 x 1024")]
PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "ASM", "correlation", "entropy")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1024, 1024)).astype(np.uint8)


def six_of_glcm(image: np.ndarray) -> list[np.ndarray]:
    angles = np.arange(4) * np.pi / 4
    matrix = graycomatrix(image // 8, [1], angles, levels=32, symmetric=True, normed=True)
    return [graycoprops(matrix, name) for name in PROPERTIES]


def test_all_93_features(benchmark: Callable, image: np.ndarray) -> None:
    benchmark.pedantic(radiomics, (image,), {"bin_width": 8}, rounds=7, warmup_rounds=1)


def test_six_features_of_scikit_image(benchmark: Callable, image: np.ndarray) -> None:
    benchmark.pedantic(six_of_glcm, (image,), rounds=7, warmup_rounds=1)
