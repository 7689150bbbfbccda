"""What one processor has made is right on another: the same bytes, or the same up to rounding."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import processor
from tests.processor_values import values

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return values(tmp_path_factory.mktemp("here"))


@pytest.fixture(scope="module")
def avx2(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    if not processor.HAS_AVX2:
        pytest.skip("this processor has no AVX2 to be kept to")
    return made_with(processor.AVX2, tmp_path_factory.mktemp("avx2"))


@pytest.fixture(scope="module")
def one_core(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """Four threads where a library chooses, on a computer that seems to have one core."""
    other = {processor.THREADS: "4", "LOKY_MAX_CPU_COUNT": "1"}
    return made_with(other, tmp_path_factory.mktemp("threads"))


def made_with(other: dict[str, str], folder: Path) -> dict[str, np.ndarray]:
    """Return the values of a process with other settings of its environment."""
    out = folder.parent / f"{folder.name}.npz"
    subprocess.run(
        [sys.executable, "-m", "tests.processor_values", str(folder), str(out)],
        env={**os.environ, **other}, cwd=Path(__file__).parents[1], check=True,
    )  # fmt: skip
    with np.load(out) as archive:
        return dict(archive)


def kept(values: dict[str, np.ndarray], *kinds: str) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in values.items() if name.startswith(kinds)}


def test_files_pictures_folds_and_rules_are_the_same_bytes(here, avx2):
    assert here.keys() == avx2.keys()
    ours, theirs = kept(here, "bytes"), kept(avx2, "bytes")
    assert len(ours) > 20
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_features_are_the_same_up_to_rounding(here, avx2):
    names = [name for name in here if name.startswith("close")]
    one, other = (np.array([found[name] for name in names]) for found in (here, avx2))
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_threads_and_cores_change_no_byte_of_files_features_and_trees(here, one_core):
    ours, theirs = (kept(found, "bytes", "close", "threads") for found in (here, one_core))
    assert ours.keys() == theirs.keys()
    assert any(name.startswith("threads") for name in ours)
    assert [name for name in ours if ours[name] != theirs[name]] == []
