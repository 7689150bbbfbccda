"""Checks of images: unusable, contradictory and blank ones, duplicates and near-duplicates."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import imagestack
import jobs
from contest.audit.findings import Findings
from contest.data.layout import Images as Part
from contest.data.layout import Layout
from contest.data.prepare import images_of

THUMBNAIL = 64
"""Side in pixels of the images that are compared with each other."""
FLAT = 4
"""Largest difference of grey levels of an image that shows nothing; lossy JPEG changes a few."""


@dataclass(frozen=True)
class Images:
    """The images of both parts.

    Attributes:
        train, test: tables of the usable files, indexed by image id.
        train_files, test_files: ids that have a file, usable or not.
        used: one table of both parts without the images that are left out; `file` is relative
            to the data folder.
        accepted: the table of the usable files that are left out.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    train_files: frozenset[str]
    test_files: frozenset[str]
    used: pd.DataFrame
    accepted: pd.DataFrame

    def part(self, image_id: str) -> str:
        """Return "train" or "test"."""
        return "train" if image_id in self.train.index else "test"


def read_images(
    layout: Layout, cache: Path, accepted: Collection[str], log: Findings, report: jobs.Report
) -> Images:
    """Return the tables of the images; files that cannot be used are errors."""
    train, train_files = _part(layout.root, layout.train, cache, log, report)
    test, test_files = _part(layout.root, layout.test, cache, log, report)
    both = pd.concat([train, test])
    both = both[~both.index.duplicated()]
    out = both.index.isin(list(accepted))
    return Images(train, test, train_files, test_files, both[~out], both[out])


def _part(
    root: Path, part: Part | None, cache: Path, log: Findings, report: jobs.Report
) -> tuple[pd.DataFrame, frozenset[str]]:
    """Return the table of the images of a part and the ids that have a file."""
    assert part is not None, "refused by locate"
    table, faults = images_of(root, part, cache, report)
    for image_id, kind, message in faults:
        log.error("double id" if kind == "DuplicateId" else "unreadable", image_id, message)
    return table, frozenset([*table.index, *(image_id for image_id, _, _ in faults)])


def check_images(
    root: Path, images: Images, cache: Path, log: Findings, report: jobs.Report
) -> None:
    """Decode every image once; find damaged and constant images, duplicates, near-duplicates."""
    for image_id in images.test.index.intersection(images.train.index):
        log.warn("leak", image_id, "is in train and in test")
    for first, *others in imagestack.exact_duplicates(images.used):
        for other in others:
            message = f"the same file content as {_named(images, first, other)}"
            log.warn("duplicate", other, message)
    # Of identical files only one is decoded.
    unique = images.used[~images.used["digest"].duplicated()]
    stack, faults = _thumbnails(root, unique, cache, report)
    digests = images.used["digest"]
    for fault in faults:
        for image_id in digests.index[digests == digests[fault.path]]:
            log.error("unreadable", image_id, fault.message)
    _check_remarks(images.used, log)
    _check_constant(root, images.used, stack, log)
    _check_accepted(root, images.accepted, cache, log, report)
    for first, second, distance in imagestack.near_duplicates(stack) if stack is not None else ():
        message = f"looks like {_named(images, second, first)} ({distance:.1%} apart)"
        log.warn("near-duplicate", first, message)


def _check_remarks(table: pd.DataFrame, log: Findings) -> None:
    """Warn of files whose content, header and name disagree; once of what most of them share."""
    remarks = table["remarks"].dropna().str.split("\n").explode()
    counts = remarks.value_counts()
    usual = counts[(counts > 1) & (2 * counts > len(table))]
    for remark, count in usual.items():
        first = remarks.index[remarks == remark][0]
        log.warn("file", "", f"{remark}, in {count} of {len(table)} images, first {first}")
    for image_id, remark in remarks[~remarks.isin(usual.index)].items():
        log.warn("file", str(image_id), remark)


def _check_accepted(
    root: Path, table: pd.DataFrame, cache: Path, log: Findings, report: jobs.Report
) -> None:
    """Warn of images that are left out, but can be decoded."""
    _, faults = _thumbnails(root, table, cache, report)
    for image_id in table.index.difference([fault.path for fault in faults]):
        log.warn("accepted", image_id, "is left out, but its file can be used again")


def _check_constant(
    root: Path, table: pd.DataFrame, stack: imagestack.PixelCache | None, log: Findings
) -> None:
    """Warn of images of one grey level or nearly so, in the order of the table.

    Raises:
        imagestack.CacheError: the cached pixels are damaged.
    """
    if stack is None:
        return
    stack.verify()
    low, high = stack.pixels.min(axis=(1, 2)), stack.pixels.max(axis=(1, 2))
    messages = {}
    for image_id in np.array(stack.ids)[high - low <= FLAT].tolist():
        # A small image may have lost what the file shows.
        pixels = imagestack.read_image(root / str(table.at[image_id, "file"]))
        least, most = int(pixels.min()), int(pixels.max())
        if most - least <= FLAT:
            text = f"is {least}" if least == most else f"is between {least} and {most}"
            messages[table.at[image_id, "digest"]] = f"every pixel {text}"
    for one, digest in table["digest"].items():
        if digest in messages:
            log.warn("constant", str(one), messages[digest])


def _thumbnails(
    root: Path, table: pd.DataFrame, cache: Path, report: jobs.Report
) -> tuple[imagestack.PixelCache | None, list[imagestack.Fault]]:
    """Return small images of all files that can be decoded, and the faults of the others."""
    faults: list[imagestack.Fault] = []
    while len(table):
        try:
            stack = imagestack.build_cache(table, root, THUMBNAIL, cache, report=report)
            return stack, faults
        except imagestack.CacheError as error:
            if not error.faults:
                raise
            faults += error.faults
            table = table.drop(index=[fault.path for fault in error.faults])
    return None, faults


def _named(images: Images, image_id: str, beside: str) -> str:
    """Return an id, with its part if that differs from the part of the other image."""
    part = images.part(image_id)
    return image_id if part == images.part(beside) else f"{image_id} in {part}"
