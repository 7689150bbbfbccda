"""TGS Salt by the command line: ids that look like numbers, bad input, Kaggle's zips.

The ids of this data set are what a program may take for numbers, missing values or dates.
"""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import contest
import crossval
import reporting
from kagglegate import standin
from tests.competitions import _salt as salt
from tests.competitions.test_competitions_tgs_layout import both_zips, tables, zipped
from tests.e2e.conftest import QUICK_NET, QUICK_TREES, done, process, shared, tools
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace
from tools.usecases.look.subjects import find

IMAGES, TEST = 21, 6
TGS = {"TOOLS_COMPETITION": "tgs_salt"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data whose first ids of both parts are `salt.ODD`; treat it as read-only."""

    def make(folder: Path) -> None:
        salt.draw(folder, images=IMAGES, test=TEST)
        salt.odd(folder, train=len(salt.ODD) - TEST)

    return shared(tmp_path_factory, "salt", make)


@pytest.fixture(scope="module")
def walked(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a run of each kind and a blend, and what the commands printed."""

    def make(home: Path) -> None:
        where = ("--data", drawn, "--home", home)
        told = {
            "audit": done("data", "audit", *where, **TGS),
            "frame": done("data", "frame", "--csv", home / "frame.csv", *where, **TGS),
            "folds": done("folds", "--folds", 3, *where, **TGS),
            "features": done("features", *where, **TGS),
            "trees": done("cv", "lightgbm", *QUICK_TREES, *where, **TGS),
            "net": done("cv", "unet_tiny", *QUICK_NET, *where, **TGS),
            "blend": done("blend", "--name", "both", *where, **TGS),
        }
        (home / "told.json").write_text(json.dumps(told))

    return shared(tmp_path_factory, "salt-home", make)


@pytest.fixture
def home(walked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(walked, tmp_path / "home"))


@pytest.fixture
def data(drawn: Path, tmp_path: Path) -> Path:
    return salt.copy(drawn, tmp_path / "data")


@pytest.fixture
def told(walked: Path) -> dict[str, Any]:
    printed: dict[str, Any] = json.loads((walked / "told.json").read_text())
    return printed


def cells(path: Path, column: int = 0) -> list[str]:
    """Return a column of a CSV file as the texts in it, without the header."""
    with open(path, encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.reader(file)][1:]


def both(data: Path) -> set[str]:
    return {*salt.ids(data), *salt.ids(data, "test")}


def table_of(made: dict[str, Any]) -> pd.DataFrame:
    """Return the features of both parts."""
    return pd.concat([pd.read_parquet(made[path]) for path in ("path", "test_path")])


def refused(*arguments: object) -> str:
    """Return the one line of a command that must fail."""
    result = tools(*arguments, **TGS)
    assert (result.code, result.out) == (1, ""), result
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    return result.err


@pytest.mark.slow
def test_tables_of_images_folds_and_features_keep_the_ids(
    drawn: Path, walked: Path, told: dict[str, Any]
) -> None:
    assert set(salt.ODD) <= both(drawn)
    assert told["audit"]["errors"] == []
    assert "duplicate" not in {one["kind"] for one in told["audit"]["warnings"]}
    assert set(cells(walked / "frame.csv")) == both(drawn)
    assert set(pd.read_parquet(told["frame"]["path"]).index) == both(drawn)
    (folds,) = (walked / "folds").glob("*.csv")
    assert sorted(cells(folds)) == salt.ids(drawn)
    features = table_of(told["features"])
    assert set(features.index) == both(drawn)
    depths = {one: float(cell) for one, cell in salt.rows(drawn / "depths.csv")}
    assert features["depth_z"].to_dict() == depths


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["trees", "net"])
def test_runs_keep_the_ids(kind: str, drawn: Path, walked: Path, told: dict[str, Any]) -> None:
    run = crossval.open_run(walked / "runs", told[kind]["run"])
    assert sorted(run.oof().index) == salt.ids(drawn)
    assert sorted(cells(run.path / "folds.csv")) == salt.ids(drawn)
    maps = run.maps("oof")
    assert (maps is None) == (kind == "trees")
    if maps is not None:
        assert sorted(maps.ids) == salt.ids(drawn)
        assert maps.read("1e10").shape == (101, 101)


@pytest.mark.slow
def test_blends_and_pages_keep_the_ids(drawn: Path, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    where = ("--data", drawn, "--home", home)
    shown = done("report", "both", "--out", out, *where, **TGS)
    assert (shown["kind"], shown["images"]) == ("blend", IMAGES)
    held = re.search(r'id="gallery-data">(.*?)</script>', out.read_text(), re.S)
    assert held
    assert sorted(json.loads(held[1])["ids"]) == salt.ids(drawn)
    place = Workplace(Paths(home, drawn, home / "submissions"), competition="tgs_salt")
    for page in (
        reporting.viewer_page(find(place, "both")),
        reporting.images_page(place.dataset, place.spec, "train"),
    ):
        assert page.gallery is not None
        assert sorted(page.gallery.table.index) == salt.ids(drawn)


@pytest.mark.slow
def test_a_submission_keeps_the_ids_and_leaves_empty_masks_blank(
    drawn: Path, home: Path, told: dict[str, Any]
) -> None:
    where = ("--data", drawn, "--home", home)
    environment = {**TGS, "TOOLS_SUBMISSIONS": str(home / "submissions")}
    dry = done("submit", "--blend", "both", "--dry-run", *where, **environment)
    path = Path(dry["path"])
    assert path.read_text().startswith("id,rle_mask\n")
    assert cells(path) == cells(drawn / "sample_submission.csv")
    assert cells(path, 1).count("") == TEST - dry["positives"]
    run = crossval.open_run(home / "runs", told["net"]["run"])
    predicted = pd.read_parquet(run.path / "test.parquet")
    assert sorted(predicted["image_id"]) == salt.ids(drawn, "test")
    truth = drawn / "test-truth.csv"
    scored = done("score", path, "--truth", truth, *where, **environment)
    assert scored["images"] == TEST
    empty = home / "empty.csv"
    empty.write_text("id,rle_mask\n" + "".join(f"{one},\n" for one in cells(truth)))
    scored = done("score", empty, "--truth", truth, *where, **environment)
    assert scored["score"] == cells(truth, 1).count("") / TEST
    shown = done("report", path.parent.name, *where, **environment)
    assert (shown["kind"], shown["images"]) == ("submission", TEST)


@pytest.mark.slow
def test_images_without_depth_are_trained_on_and_told(data: Path, home: Path) -> None:
    lost = {"1e10", "nan", salt.ids(data, "test")[0]}
    known = [pair for pair in salt.rows(data / "depths.csv") if pair[0] not in lost]
    salt.write_rows(data / "depths.csv", known)
    where = ("--data", data, "--home", home)
    (warning,) = (
        one for one in done("data", "audit", *where, **TGS)["warnings"] if one["kind"] == "facts"
    )
    assert f"depths.csv lacks {len(lost)} of {IMAGES + TEST} images" in warning["message"]
    said = tools("data", "frame", *where, **TGS)
    assert warning["message"] in " ".join(f"{said.out} {said.err}".split())
    features = table_of(done("features", *where, **TGS))
    assert set(features.index[features["depth_z"].isna()]) == lost
    ran = tools("cv", "lightgbm", *QUICK_TREES, *where, "--json", **TGS)
    assert ran.code == 0, ran.err
    assert sum(one["images"] for one in ran.json["subgroups"] if one["kind"] == "z") <= IMAGES


@pytest.mark.slow
def test_the_remedy_for_a_family_without_any_value_works(data: Path, home: Path) -> None:
    path = data / "depths.csv"
    salt.write_rows(path, [(image_id, "") for image_id, _ in salt.rows(path)])
    where = ("--data", data, "--home", home)
    trees = ("cv", "lightgbm", *QUICK_TREES, *where)
    line = refused(*trees, "--set", "families=depth")
    assert "there is no value for depth_z" in line
    assert "leave families=… out, or set it to another feature family" in line
    for remedy in ((), ("--set", "families=energies")):
        done = tools(*trees, *remedy, **TGS)
        assert done.code == 0, done.err


@pytest.mark.slow
def test_text_for_a_depth_is_one_line(data: Path, tmp_path: Path) -> None:
    (first, _), *others = salt.rows(data / "depths.csv")
    salt.write_rows(data / "depths.csv", [(first, "deep"), *others])
    where = ("--data", data, "--home", tmp_path / "h")
    message = "depths.csv: line 2: z is 'deep', not a number: correct these rows\n"
    for command in (["data", "frame"], ["folds"], ["features"], ["cv", "lightgbm"]):
        assert refused(*command, *where).endswith(message)


@pytest.mark.slow
def test_all_faults_of_train_csv_are_told_at_once(data: Path, tmp_path: Path) -> None:
    path = data / "train.csv"
    (a, _), (b, _), (c, _), *others = salt.rows(path)
    cells_ = [(a, "10200 3"), (b, "1 2 3"), (c, "1 x"), *others, ("ghost", "")]
    salt.write_rows(path, cells_)
    where = ("--data", data, "--home", tmp_path / "h")
    line = refused("folds", *where)
    assert "train.csv: 3 faults: line 2, image " in line
    assert "10,201" in line or "10201" in line
    found = tools("data", "audit", *where, "--json", **TGS)
    assert found.code == 1
    rows = {(one["kind"], one["row"]) for one in found.json["errors"]}
    assert rows == {("annotation", row) for row in (2, 3, 4)} | {("no file", len(cells_) + 1)}


@pytest.mark.slow
def test_kaggles_files_are_downloaded_and_unpacked(drawn: Path, tmp_path: Path) -> None:
    both_zips(drawn, tmp_path / "files")
    site = standin.Site("tgs-salt-identification-challenge", data=tmp_path / "files")
    (tmp_path / "kaggle").mkdir()
    where = ("--home", tmp_path / "home")
    with standin.Server(site) as server:
        environment = {**standin.environment(server, tmp_path / "kaggle"), **TGS}
        got = done("data", "download", *where, run=process, **environment)
    assert (got["train_images"], got["test_images"], got["lacks"]) == (IMAGES, TEST, [])
    assert done("data", "frame", *where, **TGS)["train"] == IMAGES
    again = done("data", "download", *where, **TGS)
    assert again["train_images"] == IMAGES


@pytest.mark.slow
def test_a_zip_of_zips_is_data(drawn: Path, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    tables(drawn, inside)
    for part in ("train", "test"):
        zipped(drawn / part, inside / f"{part}.zip")
    zipped(inside, tmp_path / "all.zip")
    where = ("--data", tmp_path / "all.zip", "--home", tmp_path / "home")
    described = done("data", "download", *where, **TGS)
    assert (described["train_images"], described["lacks"]) == (IMAGES, [])
    assert done("data", "frame", *where, **TGS)["test"] == TEST
    assert contest.read_sample(drawn / "sample_submission.csv", salt.SPEC)
