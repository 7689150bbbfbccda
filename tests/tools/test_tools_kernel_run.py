"""Batches of a gateway: what it may ask for, and which images are predicted for it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import contest
import rlemask
from ensembling import BlendStore
from tests.blends import blend
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.submission.kernel_run import BadBatch, Batches

SPEC = contest.load("tgs_salt")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "data"
    contest.optional(SPEC, "synthesize")(folder, images=2, test=4, seed=1)
    return folder


@pytest.fixture
def ids(data: Path) -> list[str]:
    return list(pd.read_csv(data / "sample_submission.csv", dtype=str)["id"])


@pytest.fixture
def batches(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Batches:
    """Return batches whose masks have as many pixels as the image is deep, or none."""
    store = BlendStore(tmp_path / "home" / "blends", SPEC.name)
    store.save(blend(name="b", competition=SPEC.name), pd.DataFrame({"score": [0.8]}))
    monkeypatch.setattr(blending, "test_masks", drawn)
    return Batches({"competition": SPEC.name, "blend": "b", "accepted": []}, data, tmp_path)


def drawn(place: Workplace, _: Any) -> dict[str, rlemask.Runs]:
    found = place.dataset
    assert list(found.test.index) == list(found.sample_ids)
    depths = found.facts["z"].astype(int)
    return {
        one: rlemask.parse(f"1 {depths[one]}", SPEC.shape, "kaggle") for one in found.test.index
    }


def expected(data: Path, ids: list[str]) -> dict[str, list[str]]:
    depths = pd.read_csv(data / "depths.csv", dtype=str).set_index("id")["z"]
    return {"id": ids, "rle_mask": [f"1 {depths[one]}" for one in ids]}


def test_tables_ids_files_and_folders_give_the_same_rows(
    batches: Batches, data: Path, ids: list[str], tmp_path: Path
) -> None:
    files = [next((data / "test").rglob(f"{one}.*")) for one in ids]
    table = pd.DataFrame({"other": 1, "id": ids[::-1]})
    for batch, asked in (
        (table, ids[::-1]),
        (SimpleNamespace(to_pandas=lambda: table), ids[::-1]),
        (table["id"], ids[::-1]),
        (ids[2], ids[2:3]),
        ([ids[1], ids[0], ids[1]], [ids[1], ids[0], ids[1]]),
        (str(files[3]), ids[3:]),
        (list(map(str, files)), ids),
        (str(files[0].parent), sorted(ids)),
    ):
        assert batches.predict(batch, "more").to_dict("list") == expected(data, asked)
    assert {path.name for path in tmp_path.iterdir()} <= {"home", "submissions"}


def test_an_accepted_image_has_no_mask_and_is_not_read(
    batches: Batches, data: Path, ids: list[str]
) -> None:
    left_out = Batches({**batches.about, "accepted": ids[:1]}, data, batches.work)
    given = left_out.predict(ids[:2])
    assert list(given["rle_mask"]) == ["", expected(data, ids[:2])["rle_mask"][1]]
    assert list(left_out.predict(ids[0])["rle_mask"]) == [""]


def test_what_cannot_be_found_is_one_line(batches: Batches, tmp_path: Path) -> None:
    with pytest.raises(BadBatch, match=r"asks for nothing\\n, which is no file and no test image"):
        batches.predict("nothing\n")
    with pytest.raises(BadBatch, match="has no column id but a, b: correct"):
        batches.predict(pd.DataFrame({"a": [1], "b": [2]}))
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "bad.png").write_text("no picture")
    with pytest.raises(BadBatch, match="images cannot be used: "):
        batches.predict(str(tmp_path / "images"))
