"""The known layouts of this competition's data: Kaggle's, and those of mirrors."""

from pathlib import Path
from typing import Any

import contest
import jobs

NAMES = ("new_filename", "ImageId")
"""Columns of the tables that map the files of renamed images to image ids."""
SUFFIXES = (".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")


def locate(root: Path, spec: contest.Spec, *, test_only: bool = False) -> contest.Layout:
    """Return where the parts of the data lie at or below `root`.

    The ids of renamed images (``0_train_1_.png``) come from the tables next to them; the label in
    such a name is not used.

    Raises:
        contest.DataError: lists what is missing with the places searched, and what is unusable.
    """
    layout, found = _found(root, spec)
    faults = _unfit(layout, found)
    if faults and not test_only:
        raise contest.DataError(f"{layout.root}: {'; '.join(faults)}")
    contest.check_layout(layout, spec, test_only=test_only)
    return layout


def describe(root: Path, spec: contest.Spec) -> dict[str, Any]:
    """Return the layout of a data folder in words, what it contains, and what it lacks.

    Keys: layout (one line), train_images and test_images (numbers of files), lacks (missing parts,
    with what to do; empty if the data are complete). Nothing is refused.
    """
    layout, found = _found(root, spec)
    parts = {"train images": layout.train, "test images": layout.test}
    files = {name: _files(images) for name, images in parts.items()}
    words = [_root_in_words(root, layout)]
    words += [_shape(name, parts[name], files[name]) for name in parts]
    if layout.annotations is not None:
        stage = 2 if layout.annotations.name.startswith("stage_2") else 1
        words.append(f"annotations of stage {stage}")
    elif layout.masks is not None:
        words.append("mask images as annotations")
    return {
        "layout": ", ".join(word for word in words if word) or "no layout of this competition",
        "train_images": len(files["train images"]),
        "test_images": len(files["test images"]),
        "lacks": _lacks(layout, found, files),
    }


def _found(root: Path, spec: contest.Spec) -> tuple[contest.Layout, dict[str, Path]]:
    root, found = contest.best_root(root, spec)
    train, test = (_images(found, part) for part in ("train", "test"))
    layout = contest.Layout(
        root,
        train=train,
        test=test,
        annotations=found.get("annotations"),
        masks=found.get("masks"),
        sample=found.get("sample_submission"),
        groups=found.get("groups"),
    )
    return layout, found


def _unfit(layout: contest.Layout, found: dict[str, Path]) -> list[str]:
    """Return the faults of files that exist but cannot be used, with what to do."""
    faults = []
    if layout.train is None and "renamed_images" in found:
        faults.append(
            f"{found['renamed_images'].name} contains renamed images: put the tables "
            "stage_1_train_images.csv and stage_1_test_images.csv of that data set next to it"
        )
    if layout.annotations is None and layout.masks is None and "labels" in found:
        faults.append(
            f"{found['labels'].name} contains labels only, no masks: put train-rle.csv of "
            "another mirror next to it"
        )
    return faults


def _images(found: dict[str, Path], part: str) -> contest.Images | None:
    names, renamed = found.get(f"{part}_names"), found.get("renamed_images")
    if names is not None and renamed is not None:
        return contest.Images(renamed, contest.read_names(names, *NAMES))
    folder = found.get(f"{part}_images")
    return None if folder is None else contest.Images(folder)


def _files(images: contest.Images | None) -> list[Path]:
    if images is None:
        return []
    below = [Path(one.name) for one in jobs.files_below(images.folder)]
    return [
        name
        for name in below
        if _is_image(name) and (images.ids is None or name.name in images.ids)
    ]


def _is_image(name: Path) -> bool:
    """Return whether a file can be an image by its name; DICOM files may have no extension."""
    known = name.suffix.lower() in SUFFIXES or not name.suffix[1:].isalpha()
    return known and not name.name.startswith(".")


def _root_in_words(root: Path, layout: contest.Layout) -> str:
    return "" if layout.root == root else f"{layout.root.relative_to(root)}/ as root"


def _shape(part: str, images: contest.Images | None, files: list[Path]) -> str:
    if images is None:
        return ""
    if not files:
        return f"{part} without an image file"
    kinds = sorted({name.suffix[1:].upper() for name in files})
    form = "" if kinds == ["DCM"] else f" as {' and '.join(kinds)}"
    if images.ids is not None:
        return f"{part} renamed{form}"
    flat = all(len(name.parts) == 1 for name in files)
    ids = "stage-2 ids" if files[0].name.startswith("ID_") else "stage-1 ids"
    return f"{part} {'flat' if flat else 'nested by study and series'} with {ids}{form}"


def _lacks(
    layout: contest.Layout, found: dict[str, Path], files: dict[str, list[Path]]
) -> list[str]:
    mirror = "not in every download of the competition, get a mirror with --dataset owner/slug"
    lacks = [f"{part}: {mirror}" for part, images in files.items() if not images]
    if layout.annotations is None and layout.masks is None:
        lacks.append("annotations: get train-rle.csv from a mirror and put it there")
    if layout.sample is None:
        lacks.append("sample submission: without it all test images in sorted order are submitted")
    return [*lacks, *_unfit(layout, found)]
