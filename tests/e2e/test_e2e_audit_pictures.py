"""`tools data audit` on pictures: mask pictures beside the table, damage, ids without a partner."""

import csv
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.competitions import _sources as sources
from tests.competitions._sources import Chests
from tests.e2e.conftest import CHESTS, Call

Audited = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def chests(tmp_path_factory: pytest.TempPathFactory) -> Chests:
    return sources.draw(tmp_path_factory.mktemp("drawn") / "data", images=6, test=2, seed=4)


@pytest.fixture
def data(chests: Chests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror whose places, `train`, `test` and `masks`, other competitions have, too."""
    monkeypatch.setenv("TOOLS_COMPETITION", CHESTS)
    sources.pictures(chests, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def audited(call: Call, data: Path) -> Audited:
    """Return a function that audits the pictures and checks the exit code."""

    def run(*arguments: object) -> dict[str, Any]:
        result = call("data", "audit", "--data", data, "--json", *arguments)
        assert result.code == bool(result.json["errors"]), result
        found: dict[str, Any] = result.json
        return found

    return run


def told(findings: list[dict[str, Any]], kind: str) -> dict[str, str]:
    return {one["id"]: one["message"] for one in findings if one["kind"] == kind}


def test_mask_pictures_that_differ_from_the_table_are_named(
    audited: Audited, call: Call, data: Path, chests: Chests
) -> None:
    sources.write_annotations(data / "train-rle.csv", chests)
    assert told(audited()["warnings"], "mask picture") == {}
    positive = next(one for one, mask in chests.masks.items() if mask.any())
    mask = chests.masks[positive] * 255
    mask[:2, :3] ^= 255
    sources.write_png(data / "masks" / f"{positive}.png", mask)
    found = audited()
    message = f"{positive}: 6 pixels differ from its mask picture"
    assert told(found["warnings"], "mask picture") == {positive: message}
    with open(found["path"], encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "mask picture"]
    assert [(row["severity"], row["id"], row["message"]) for row in rows] == [
        ("warning", positive, message)
    ]
    out = call("data", "audit", "--data", data).out
    assert "mask picture (1): mask pictures that cannot be used or differ from" in out
    assert call("data", "frame", "--data", data).code == 0


def test_unusable_mask_pictures_beside_a_table_are_a_warning(
    audited: Audited, call: Call, data: Path, chests: Chests
) -> None:
    """Mirrors of small pictures have masks as small; the table is the truth."""
    for image_id in chests.train:
        sources.write_png(data / "masks" / f"{image_id}.png", np.zeros((128, 128), np.uint8))
    found = audited()
    (message,) = told(found["errors"], "mask picture").values()
    assert message.startswith("6 mask picture(s) cannot be used: ")
    assert "128 x 128 pixels, not 1024 x 1024" in message
    assert call("folds", "--data", data).code == 1
    sources.write_annotations(data / "train-rle.csv", chests)
    found = audited()
    assert found["errors"] == []
    assert told(found["warnings"], "mask picture") == {"": message}


def test_an_empty_folder_of_masks_beside_a_table_is_a_warning(
    audited: Audited, data: Path, chests: Chests
) -> None:
    for path in (data / "masks").iterdir():
        path.unlink()
    sources.write_annotations(data / "train-rle.csv", chests)
    found = audited()
    assert found["errors"] == []
    assert told(found["warnings"], "mask picture")[""].startswith("no image file (")


def without_pixels(path: Path) -> None:
    """Replace the pixels by noise under a right checksum: only decoding finds it."""
    data = path.read_bytes()
    at = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[at - 4 : at])
    chunk = b"IDAT" + bytes(range(256)) * (length // 256 + 1)
    chunk = chunk[: length + 4]
    rest = data[at + length + 8 :]
    path.write_bytes(data[:at] + chunk + struct.pack(">I", zlib.crc32(chunk)) + rest)


def test_damaged_pictures_do_not_hide_each_other(
    audited: Audited, call: Call, data: Path, chests: Chests
) -> None:
    cut, empty, noise = chests.train[0], chests.train[2], chests.test[1]
    path = data / "train" / f"{cut}.png"
    path.write_bytes(path.read_bytes()[:500])
    (data / "train" / f"{empty}.png").write_bytes(b"")
    without_pixels(data / "test" / f"{noise}.png")
    found = audited()
    assert told(found["errors"], "unreadable").keys() == {cut, empty, noise}
    assert all("\n" not in one for one in told(found["errors"], "unreadable").values())
    assert found["images"] == {"train": 4, "test": 2}
    assert audited("--accept")["accepted"] == sorted([cut, empty, noise])
    frame = call("data", "frame", "--data", data, "--json").json
    assert (frame["train"], frame["test"]) == (4, 1)


def test_one_id_in_two_formats_and_ids_without_a_partner(
    audited: Audited, data: Path, chests: Chests
) -> None:
    twice, lonely = chests.train[0], chests.train[1]
    assert cv2.imwrite(str(data / "train" / f"{twice}.bmp"), chests.pictures[lonely])
    sources.write_png(data / "masks" / "ghost.png", np.zeros((1024, 1024), np.uint8))
    (data / "masks" / f"{lonely}.png").unlink()
    found = audited()
    message = told(found["errors"], "double id")[twice]
    assert message.endswith(
        f"{twice}.png: same image id as {twice}.bmp, other content; keep one of them"
    )
    assert told(found["errors"], "no file") == {"ghost": "annotated, but has no file"}
    assert told(found["warnings"], "unannotated") == {
        lonely: "has no annotation row and is left out"
    }


def test_no_annotations_of_any_kind(refused: Callable[..., str], data: Path) -> None:
    (data / "masks").rename(data.parent / "masks")
    for command in ("audit", "frame"):
        line = refused("data", command, "--data", data)
        assert f"{data} lacks annotations (stage_2_train.csv or " in line
        assert line.endswith("png_masks or masks or mask): point --data at the data folder\n")


def test_a_name_listed_twice(refused: Callable[..., str], chests: Chests, tmp_path: Path) -> None:
    sources.vbookshelf(chests, tmp_path / "renamed")
    (table,) = (tmp_path / "renamed").rglob("stage_1_train_images.csv")
    name, image_id = table.read_text().splitlines()[1].split(",")[:2]
    table.write_text(f"{table.read_text()}{name},another,0\n")
    line = refused("data", "frame", "--data", tmp_path / "renamed")
    assert f"stage_1_train_images.csv: line 8: new_filename {name} is listed again" in line
    table.write_text(table.read_text().replace(f"{name},another", f"other.png,{image_id}"))
    line = refused("data", "frame", "--data", tmp_path / "renamed")
    assert f"line 8: ImageId {image_id} is listed again" in line
