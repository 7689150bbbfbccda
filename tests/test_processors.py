"""What one processor has made is right on another: the same bytes, or the same up to rounding."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import processor
from tests.processor_values import values


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return values(tmp_path_factory.mktemp("here"))


@pytest.fixture(scope="module", params=["avx2", "four threads"])
def elsewhere(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, np.ndarray]:
    if request.param == "avx2" and not processor.HAS_AVX2:
        pytest.skip("this processor has no AVX2 to be kept to")
    other = processor.AVX2 if request.param == "avx2" else {processor.THREADS: "4"}
    folder = tmp_path_factory.mktemp("elsewhere")
    out = folder.parent / f"{folder.name}.npz"
    subprocess.run(
        [sys.executable, "-m", "tests.processor_values", str(folder), str(out)],
        env={**os.environ, **other}, cwd=Path(__file__).parents[1], check=True,
    )  # fmt: skip
    with np.load(out) as archive:
        return dict(archive)


def test_files_pictures_folds_and_rules_are_the_same_bytes(here, elsewhere):
    assert here.keys() == elsewhere.keys()
    exact = [name for name in here if name.startswith("bytes")]
    assert [n for n in exact if here[n].tobytes() != elsewhere[n].tobytes()] == []


def test_features_are_the_same_up_to_rounding(here, elsewhere):
    names = [name for name in here if name.startswith("close")]
    one, other = (np.array([found[name] for name in names]) for found in (here, elsewhere))
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
