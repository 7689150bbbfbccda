"""The competition's real files: counts, folds and audit. Needs TGS_DATA, the data folder."""

import os
from collections import Counter
from pathlib import Path

import pytest

import contest
import crossval
from competitions.tgs_salt.prepare import locate, prepare
from tests.competitions._salt import SPEC

FOLDS = "fc14557c068c"
"""Digest of the folds with the settings of competition.toml."""


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("TGS_DATA")
    if not folder:
        pytest.skip("TGS_DATA names no folder with the real data")
    return Path(folder)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tgs")


@pytest.fixture(scope="module")
def dataset(data: Path, cache: Path) -> contest.Dataset:
    return prepare(data, SPEC, cache=cache)


def test_all_images_have_masks_depths_and_one_form(dataset: contest.Dataset, data: Path) -> None:
    assert (len(dataset.train), len(dataset.test), len(dataset.sample_ids)) == (3000, 1000, 1000)
    assert list(dataset.notes) == []
    assert (dataset.areas == 0).mean() == pytest.approx(0.391, abs=0.001)
    coverage = dataset.areas[dataset.areas > 0].mean() / (101 * 101)
    assert coverage == pytest.approx(0.41, abs=0.01)
    assert dataset.facts["z"].notna().all()
    assert (dataset.facts["z"].min(), dataset.facts["z"].max()) == (51, 959)
    for part in (dataset.train, dataset.test):
        assert (part[["height", "width"]] == 101).all(axis=None)
        assert set(part["format"]) == {"png"}
    described = contest.describe(data, SPEC)
    assert (described["train_images"], described["test_images"]) == (3000, 1000)
    assert described["lacks"] == []


def test_the_ids_that_look_like_numbers_are_there(dataset: contest.Dataset) -> None:
    both = [*dataset.train.index, *dataset.test.index]
    assert all(type(one) is str and len(one) == 10 for one in both)
    assert len(set(both)) == 4000
    assert "000e218f21" in both


def test_the_mask_pictures_repeat_the_table(dataset: contest.Dataset, data: Path) -> None:
    """And so does an encoding of the decoded masks."""
    layout = locate(data, SPEC)
    assert layout.annotations == data / "train.csv", "the table is the truth"
    given = contest.read_annotations(data / "train.csv", SPEC).set_index("image_id")["rle"]
    again = contest.encoded(dataset.truth, SPEC)
    assert again[given.index].tolist() == given.tolist()


def test_the_folds_are_always_the_same(dataset: contest.Dataset) -> None:
    folds = crossval.make_folds(dataset.areas, n_splits=SPEC.n_splits, seed=SPEC.fold_seed)
    shuffled = dataset.areas.sample(frac=1, random_state=1)
    again = crossval.make_folds(shuffled, n_splits=SPEC.n_splits, seed=SPEC.fold_seed)
    assert crossval.fold_digest(folds) == crossval.fold_digest(again) == FOLDS
    assert folds.value_counts().tolist() == [600] * 5
    shares = dataset.labels.groupby(folds).mean()
    assert shares.max() - shares.min() < 0.01


def test_the_audit_finds_what_is_known_and_no_error(data: Path, cache: Path) -> None:
    found = contest.audit_data(
        locate(data, SPEC), SPEC, cache=cache, folds=cache / "folds", runs=cache / "runs"
    )
    assert found.errors == []
    assert found.leakage is None, "there is no table of groups"
    kinds = Counter(one.kind for one in found.warnings)
    assert kinds.pop("near-duplicate") > 0
    assert kinds == {
        "duplicate": 79,
        "constant": 80,
        "stripes": 84,
        "few pixels": 60,
        "whole image": 37,
        "bit depth": 1,
    }
    texts = {one.message for one in found.warnings if one.kind == "constant"}
    assert texts == {"every pixel is 0"}
    (depths,) = (one.message for one in found.warnings if one.kind == "bit depth")
    assert depths.startswith("1,174 of 8 bits, first 000e218f21; 1,826 of 16 bits, first ")
    assert depths.endswith("; the depth alone tells which masks are empty")
    assert all("vertical" in one.message for one in found.warnings if one.kind == "stripes"), (
        "all rows are equal"
    )
