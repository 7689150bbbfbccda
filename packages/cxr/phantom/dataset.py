"""Write a synthetic data set in the layout of the competition's files."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

import jobs
import rlemask
from cxr.phantom.dicom import write_dicom
from cxr.phantom.plan import Plan, make_plans
from cxr.phantom.radiograph import check_size, radiograph

ANNOTATION_HEADER = "ImageId, EncodedPixels"
SAMPLE_HEADER = "ImageId,EncodedPixels"
FOLDERS = {False: "dicom-images-train", True: "dicom-images-test"}


class FolderNotEmpty(jobs.UserError):
    """The output folder is not empty or is a file."""


@dataclass(frozen=True)
class Summary:
    """Path of a written data set and its numbers of images, patients and annotation rows."""

    path: Path
    images: int
    positives: int
    test_images: int
    test_positives: int
    patients: int
    annotation_rows: int


def write_dataset(
    out: str | Path,
    *,
    images: int = 240,
    test: int = 80,
    seed: int = 0,
    size: int = 1024,
    positive_share: float = 0.222,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> Summary:
    """Write a data set in the competition's format and return its summary.

    The folder is written atomically; its bytes depend on all arguments except `workers`. It
    contains ``dicom-images-train/<study>/<series>/<image>.dcm``, ``dicom-images-test`` with the
    same layout, ``train-rle.csv`` (several rows for some images, ``-1`` = no pneumothorax),
    ``sample_submission.csv``, ``patients.csv`` (train and test; no patient is in both) and
    ``test-truth.csv`` (annotations of the test images, in the format of ``train-rle.csv``).

    Args:
        out: output folder, absent or empty.
        images: number of training images.
        test: number of test images.
        size: side of the images in pixels, a multiple of 64; the masks have the same size.
        positive_share: share of images with pneumothorax, exact up to rounding in both parts.
        workers: number of processes; None takes one per core.

    Raises:
        FolderNotEmpty: `out` is not empty or is a file.
    """
    out = Path(out)
    _check(out, images, test, positive_share)
    check_size(size)
    plans = make_plans(images=images, test=test, positive_share=positive_share, seed=seed)
    with jobs.writing_folder(out) as folder:
        write = partial(_write_image, folder=folder.absolute(), seed=seed, size=size)
        found = list(
            jobs.run(write, plans, workers=workers, report=report, label="images", writes=[folder])
        )
        _write_tables(folder, plans, found)
    return _summary(out, plans, found)


def _check(out: Path, images: int, test: int, positive_share: float) -> None:
    if images < 1 or test < 0:
        raise ValueError(f"images must be at least 1 and test at least 0, not {images} and {test}")
    if not 0 <= positive_share <= 1:
        raise ValueError(f"positive_share must lie between 0 and 1, not {positive_share}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        what = "is not empty" if out.is_dir() else "is a file"
        raise FolderNotEmpty(f"{out} {what}: name a new or empty folder, or delete it first")


def _write_image(plan: Plan, *, folder: Path, seed: int, size: int) -> list[str]:
    """Write one image under `folder` and return its annotation rows, run-length encoded."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, plan.number)))
    phantom = radiograph(rng, patient=plan.patient, positive=plan.positive, size=size)
    place = folder / FOLDERS[plan.test] / plan.study / plan.series
    with jobs.writing(place / f"{plan.image_id}.dcm") as path:
        write_dicom(path, plan, phantom.image, view=phantom.view, sex=phantom.sex, age=plan.age)
    return [rlemask.encode(row, dialect="siim") for row in phantom.rows] or ["-1"]


def _write_tables(folder: Path, plans: list[Plan], found: list[list[str]]) -> None:
    rows = list(zip(plans, found, strict=True))
    for name, wanted in (("train-rle.csv", False), ("test-truth.csv", True)):
        part = [(plan, texts) for plan, texts in rows if plan.test == wanted]
        _write_lines(folder / name, ANNOTATION_HEADER, _annotation_lines(part))
    sample = (f"{plan.image_id},-1" for plan in plans if plan.test)
    _write_lines(folder / "sample_submission.csv", SAMPLE_HEADER, sample)
    groups = (f"{plan.image_id},{plan.group}" for plan in plans)
    _write_lines(folder / "patients.csv", "ImageId,PatientGroup", groups)


def _annotation_lines(rows: list[tuple[Plan, list[str]]]) -> Iterable[str]:
    for plan, texts in rows:
        # some copies of the competition's file have a space after every comma, others none
        space = " " if plan.number % 3 == 0 else ""
        for text in texts:
            yield f"{plan.image_id},{space}{text}"


def _write_lines(path: Path, header: str, lines: Iterable[str]) -> None:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="ascii", newline="\n")


def _summary(out: Path, plans: list[Plan], found: list[list[str]]) -> Summary:
    train, tested = (
        [plan.positive for plan in plans if plan.test == kind] for kind in (False, True)
    )
    return Summary(
        path=out,
        images=len(train),
        positives=sum(train),
        test_images=len(tested),
        test_positives=sum(tested),
        patients=len({plan.group for plan in plans}),
        annotation_rows=sum(text != "-1" for texts in found for text in texts),
    )
