"""Masks and real rows that the tests of this folder share."""

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

SHAPES = st.one_of(
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.tuples(st.just(1), st.integers(1, 150)),
    st.tuples(st.integers(1, 150), st.just(1)),
    st.tuples(st.integers(60, 70), st.integers(60, 70)),
)
VALUES = [
    st.integers(0, 1),
    st.sampled_from([0] * 9 + [1]),
    st.sampled_from([1] * 9 + [0]),
    st.sampled_from([0, 1, 2, 128, 255]),
]
FILLS = [st.nothing(), st.just(0), st.just(1), st.just(255)]


@pytest.fixture(scope="session")
def masks() -> st.SearchStrategy[np.ndarray]:
    """Masks of all kinds: lines, sparse, nearly full, of any bytes; empty and full ones too."""

    def of(shape: tuple[int, int]) -> st.SearchStrategy[np.ndarray]:
        kinds = zip(VALUES, FILLS, strict=True)
        return st.one_of(
            *(hnp.arrays(np.uint8, shape, elements=one, fill=rest) for one, rest in kinds)
        )

    return SHAPES.flatmap(of)


@pytest.fixture(scope="session")
def siim_folder() -> Path:
    if "SIIM_DATA" not in os.environ:
        pytest.skip("set SIIM_DATA to the folder of the real data")
    return Path(os.environ["SIIM_DATA"])


@pytest.fixture(scope="session")
def real_rows(siim_folder: Path) -> pd.DataFrame:
    """Annotation rows of the stage-1 training images as they stand: image_id, rle."""
    with gzip.open(siim_folder / "stage-1-train-rle.csv.gz") as file:
        rows = pd.read_csv(file, dtype=str)
    return rows.set_axis(["image_id", "rle"], axis="columns")
