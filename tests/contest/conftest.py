"""A small invented competition."""

import dataclasses
import os
from pathlib import Path

import pytest

import contest

TOML = """
title = "Spots"
slug = "spots"
url = "https://example.org/spots"
rules_url = "https://example.org/spots/rules"
metric_name = "Dice"
metric_reference = "mean Dice"
[data]
train_images = ["train"]
test_images = ["test"]
annotations = ["train.csv"]
sample_submission = ["sample.csv"]
[columns]
image_id = "ImageId"
rle = "EncodedPixels"
group = "PatientGroup"
[mask]
shape = [8, 10]
dialect = "siim"
empty = "-1"
[plugins]
metric = "competitions.siim_acr_pneumothorax.metric:dice"
prepare = "spots:prepare"
experiments = "spots"
[submission]
daily_limit = 5
positive_share_tolerance = 0.1
[folds]
n_splits = 5
seed = 0
"""


@pytest.fixture
def toml() -> str:
    return TOML


@pytest.fixture
def spec() -> contest.Spec:
    from contest.spec.load import parse

    return parse(TOML.encode(), "spots")


@pytest.fixture
def full_spec(spec: contest.Spec) -> contest.Spec:
    """The same at the size of the real masks."""
    return dataclasses.replace(spec, shape=(1024, 1024))


@pytest.fixture
def csv(tmp_path: Path) -> object:
    """Write texts or bytes to a CSV file and return its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def siim_data() -> Path:
    folder = os.environ.get("SIIM_DATA")
    if not folder:
        pytest.skip("SIIM_DATA names no folder with the real data")
    return Path(folder)
