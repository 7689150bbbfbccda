"""One small data set for all tests of the package."""

from pathlib import Path

import pytest

import cxr.phantom


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, cxr.phantom.Summary]:
    """Return a folder of 24 + 12 pictures of 256 x 256 and its summary."""
    folder = tmp_path_factory.mktemp("phantoms") / "set"
    return folder, cxr.phantom.write_dataset(folder, images=24, test=12, size=256, seed=7, workers=1)
