"""What a folder of raw data is, in words: every layout that people have."""

from pathlib import Path

import pytest

import contest
from competitions.siim_acr_pneumothorax.prepare import describe

SPEC = contest.load("siim_acr_pneumothorax")
NESTED = ("dicom-images-train/1.2/1.3/1.4.dcm", "dicom-images-test/2.2/2.3/2.4.dcm")
STAGE_1 = (*NESTED, "train-rle.csv", "sample_submission.csv")
STAGE_2 = (
    NESTED[0], "stage_2_images/ID_0011fe81e.dcm", "stage_2_train.csv",
    "stage_2_sample_submission.csv",
)  # fmt: skip
NAMED = "train images nested by study and series with stage-1 ids"


@pytest.mark.parametrize(
    ("files", "layout"),
    [
        (STAGE_1, f"{NAMED}, {NAMED.replace('train', 'test')}, annotations of stage 1"),
        (
            [f"siim/{name}" for name in STAGE_1],
            f"{NAMED}, {NAMED.replace('train', 'test')}, annotations of stage 1",
        ),
        (STAGE_2, f"{NAMED}, test images flat with stage-2 ids, annotations of stage 2"),
    ],
)
def test_layouts_of_dicom_files(files: tuple[str, ...], layout: str, tmp_path: Path) -> None:
    fill(tmp_path, *files)
    assert describe(tmp_path, SPEC) == {
        "layout": layout, "train_images": 1, "test_images": 1, "lacks": [],
    }  # fmt: skip


def test_pictures_of_several_formats_are_counted_and_named(tmp_path: Path) -> None:
    fill(
        tmp_path, "deep/train/a.png", "deep/train/b.JPG", "deep/train/list.txt", "deep/masks/a.png"
    )
    found = describe(tmp_path, SPEC)
    assert found["layout"] == (
        "deep/ as root, train images flat with stage-1 ids as JPG and PNG, "
        "mask images as annotations"
    )
    assert (found["train_images"], found["test_images"]) == (2, 0)
    assert [text.partition(":")[0] for text in found["lacks"]] == [
        "test images", "sample submission",
    ]  # fmt: skip


def test_a_download_without_pictures_says_where_they_are(tmp_path: Path) -> None:
    fill(tmp_path, "stage_2_train.csv", "stage_2_sample_submission.csv")
    found = describe(tmp_path, SPEC)
    assert found["layout"] == "annotations of stage 2"
    assert len(found["lacks"]) == 2
    assert all("--dataset owner/slug" in text for text in found["lacks"])


def test_anything_else_is_described_too(tmp_path: Path) -> None:
    fill(tmp_path, "notes.txt", "dicom-images-train/readme.txt")
    assert describe(tmp_path, SPEC)["layout"] == "train images without an image file"
    assert describe(tmp_path / "nowhere", SPEC)["layout"] == "no layout of this competition"


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
