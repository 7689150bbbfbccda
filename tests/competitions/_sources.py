"""Small trees in every layout in which people have the competition's images."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import cxr.phantom
import dicomio
import rlemask

SIDE, LARGE = 128, 1024
"""Of pictures and of masks, in pixels."""


@dataclass(frozen=True)
class Chests:
    """Synthetic radiographs: their DICOM files, pictures by id, masks by id of the training part.

    Pictures are uint8 `(SIDE, SIDE)`, masks uint8 `(LARGE, LARGE)` of 0 and 1.
    """

    folder: Path
    train: Sequence[str]
    test: Sequence[str]
    pictures: Mapping[str, np.ndarray]
    masks: Mapping[str, np.ndarray]


def draw(folder: Path, *, images: int, test: int, seed: int) -> Chests:
    """Draw radiographs; their DICOM files lie in `folder` afterwards."""
    cxr.phantom.write_dataset(folder, images=images, test=test, size=SIDE, seed=seed, workers=1)
    files = {part: _files(folder / f"dicom-images-{part}") for part in ("train", "test")}
    texts: dict[str, list[str]] = {}
    for line in (folder / "train-rle.csv").read_text().splitlines()[1:]:
        image_id, text = line.split(",")
        texts.setdefault(image_id, []).append(text)
    small = {one: rlemask.decode(texts[one], shape=(SIDE, SIDE)) for one in files["train"]}
    grown = {one: np.kron(mask, np.ones((8, 8), np.uint8)) for one, mask in small.items()}
    both = files["train"] | files["test"]
    pictures = {image_id: dicomio.read_image(path) for image_id, path in both.items()}
    return Chests(folder, [*files["train"]], [*files["test"]], pictures, grown)


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.rglob("*.dcm"), key=lambda one: one.stem)}


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a picture, and the folders around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


def write_rows(path: Path, *rows: str) -> None:
    """Write a table, and the folders around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n")


def write_annotations(path: Path, chests: Chests) -> None:
    """Write the table of masks with the header that Kaggle gave it."""
    rows = [f"{one}, {rlemask.encode(mask)}" for one, mask in chests.masks.items()]
    write_rows(path, "ImageId, EncodedPixels", *rows)


def write_sample(path: Path, ids: Sequence[str]) -> None:
    """Write a sample submission."""
    write_rows(path, "ImageId,EncodedPixels", *(f"{image_id},-1" for image_id in ids))


def nested(chests: Chests, root: Path, *, sample: bool = True) -> None:
    """Make `dicom-images-{train,test}/*/*/*.dcm` and the tables of stage 1."""
    for part in ("train", "test"):
        shutil.copytree(chests.folder / f"dicom-images-{part}", root / f"dicom-images-{part}")
    write_annotations(root / "train-rle.csv", chests)
    if sample:
        write_sample(root / "sample_submission.csv", chests.test)


def stage_2(chests: Chests, root: Path) -> None:
    """Make the files of the competition: flat test images under new names, no training images."""
    names = [f"ID_{number:09x}" for number in range(len(chests.test))]
    (root / "stage_2_images").mkdir(parents=True)
    for path, name in zip(_files(chests.folder / "dicom-images-test").values(), names, strict=True):
        shutil.copy(path, root / "stage_2_images" / f"{name}.dcm")
    write_annotations(root / "stage_2_train.csv", chests)
    write_sample(root / "stage_2_sample_submission.csv", names)


def vbookshelf(
    chests: Chests, root: Path, told: Callable[[bool], bool] = bool, depth: type = np.uint8
) -> None:
    """Make renamed pictures, mask pictures of both parts, and the tables of names.

    Args:
        told: the label that the name of a file tells, by the label that is true.
        depth: numpy type of the mask pictures.
    """
    inside = root / "siim-acr-pneumothorax"
    blank = np.zeros((LARGE, LARGE), depth)
    for part, ids in (("train", chests.train), ("test", chests.test)):
        rows = []
        for number, image_id in enumerate(ids):
            mask = chests.masks.get(image_id, blank).astype(depth) * np.iinfo(depth).max
            label = int(told(bool(mask.any())))
            name = f"{number}_{part}_{label}_.png"
            write_png(inside / "png_images" / name, chests.pictures[image_id])
            write_png(inside / "png_masks" / name, mask)
            rows.append(f"{name},{image_id},{label}")
        write_rows(inside / f"stage_1_{part}_images.csv", "new_filename,ImageId,has_pneumo", *rows)


def pictures(
    chests: Chests,
    root: Path,
    *,
    train: str = "train",
    test: str = "test",
    masks: str = "masks",
    depth: type = np.uint8,
) -> None:
    """Make folders of PNG files named by their ids; `masks` may be ""."""
    for folder, ids in ((train, chests.train), (test, chests.test)):
        for image_id in ids:
            write_png(root / folder / f"{image_id}.png", chests.pictures[image_id])
    for image_id, mask in chests.masks.items() if masks else ():
        write_png(root / masks / f"{image_id}.png", mask.astype(depth) * np.iinfo(depth).max)


def labels_only(chests: Chests, root: Path) -> None:
    """Make the table that says which images are positive and not where."""
    rows = [f"{image_id},{int(mask.any())}" for image_id, mask in chests.masks.items()]
    write_rows(root / "train.csv", "ImageId,target", *rows)
