"""The whole road on the pictures that people have: PNG files, mask pictures, no facts."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.competitions import _sources as sources
from tests.competitions._sources import Chests
from tests.e2e.conftest import CHESTS, QUICK_TREES, Call

QUICK = (*QUICK_TREES, "--set", "families=lines,header", "--set", "sides=0")
LOST = "the images are not DICOM files"


@pytest.fixture(scope="module")
def chests(tmp_path_factory: pytest.TempPathFactory) -> Chests:
    return sources.draw(tmp_path_factory.mktemp("drawn") / "data", images=30, test=6, seed=2)


@pytest.fixture(scope="module", params=["vbookshelf", "iafoss"])
def data(
    request: pytest.FixtureRequest, chests: Chests, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    root = tmp_path_factory.mktemp("source") / request.param
    {"vbookshelf": sources.vbookshelf, "iafoss": sources.pictures}[request.param](chests, root)
    return root


@pytest.mark.slow
def test_the_road_from_pictures_to_a_submission(
    call: Call, data: Path, chests: Chests, tmp_path: Path
) -> None:
    where = ("--data", data, "--home", tmp_path / "home", "--competition", CHESTS, "--json")

    def done(*arguments: object) -> Any:
        result = call(*arguments, *where)
        assert result.code == 0, result
        return result.json

    got = done("data", "download")
    assert (got["train_images"], got["test_images"], got["downloaded"]) == (30, 6, False)
    assert got["layout"].endswith("as PNG, mask images as annotations")
    checks = {check["check"]: check for check in done("doctor")["checks"]}
    assert checks["data"]["detail"].endswith("30 training and 6 test images")
    found = done("data", "audit")
    assert (found["errors"], found["images"]) == ([], {"train": 30, "test": 6})
    assert {one["kind"] for one in found["warnings"]} <= {"groups", "folds", "near-duplicate"}
    frame = done("data", "frame")
    assert (frame["rows"], frame["train"], frame["test"]) == (36, 30, 6)
    assert [note.startswith(LOST) for note in frame["notes"]].count(True) == 1
    assert "has_pneumo" not in frame["columns"]
    folds = done("folds")
    assert sum(one["images"] for one in folds["folds"]) == 30
    features = done("features")
    assert features["rows"] == 36
    families = {name.partition("_")[0] for name in pd.read_parquet(features["path"])}
    assert families == {"lines", "lunglines"}, "neither labels nor headers"
    run = done("cv", "lightgbm", *QUICK)
    assert 0 <= run["auc"] <= 1
    done("blend", "--name", "alone")
    sent = done("submit", "--blend", "best", "--dry-run")
    written = pd.read_csv(sent["path"], dtype=str)
    assert (sent["rows"], written["ImageId"].tolist()) == (6, sorted(chests.test))
    page = done("report", "alone")
    assert Path(page["path"]).stat().st_size > 1000
