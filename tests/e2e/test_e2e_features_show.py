"""`tools features show`: an id or a file in, a picture out; `tools features` is as it was."""

from collections.abc import Callable
from pathlib import Path

import cv2
import pandas as pd

from tests.e2e.conftest import CHESTS, Call


def test_shows_an_image_by_its_id_and_by_its_file(few: Path, call: Call, tmp_path: Path) -> None:
    file = next(few.rglob("*.dcm"))
    by_file = call(
        "features", "show", file, "--png", tmp_path / "file.png", "--json", "--competition", CHESTS
    ).json
    by_id = call(
        "features", "show", file.stem, "--png", tmp_path / "id.png", "--data", few, "--json"
    ).json
    assert by_file["file"] == str(file)
    assert {**by_id, "picture": "", "file": ""} == {**by_file, "picture": "", "file": ""}
    assert 0 <= by_id["quality"] <= 1
    first, second = (cv2.imread(str(tmp_path / name)) for name in ("file.png", "id.png"))
    assert first is not None
    assert first.shape[1:] == (1024, 3)
    assert (first == second).all()


def test_an_unknown_image_is_refused_with_the_remedy(
    few: Path, refused: Callable[..., str]
) -> None:
    message = refused("features", "show", "nobody", "--data", few)
    assert "'nobody'" in message
    assert "tools data frame" in message


def test_features_alone_still_builds_the_table(few: Path, call: Call, tmp_path: Path) -> None:
    where = ("--data", few, "--home", tmp_path / "home")
    built = call("features", "--experiment", "lightgbm", *where, "--json").json
    assert len(pd.read_parquet(built["path"])) + len(pd.read_parquet(built["test_path"])) == 11
    assert built["rows"] == 11
