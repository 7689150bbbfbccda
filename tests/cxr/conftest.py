"""One small data set for all tests of the package, and pictures for its families."""

from pathlib import Path

import numpy as np
import pytest

import cxr.phantom
from tests.pixel_stacks import FakeStack, lopsided, random_stack


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, cxr.phantom.Summary]:
    """Return a folder of 24 + 12 pictures of 256 x 256 and its summary."""
    folder = tmp_path_factory.mktemp("phantoms") / "set"
    return folder, cxr.phantom.write_dataset(
        folder, images=24, test=12, size=256, seed=7, workers=1
    )


@pytest.fixture
def picture() -> np.ndarray:
    """One lopsided picture with a bright line on its left."""
    return lopsided()


@pytest.fixture
def stack() -> FakeStack:
    """Seventy different pictures: three blocks, the last one short."""
    return random_stack(70)
