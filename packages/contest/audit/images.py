"""The images of an audit: unusable files, copies, look-alikes, odd headers."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.usecases.findings import Findings
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import contest
    import imagestack

THUMBNAIL = 64
"""Side in pixels at which every image is decoded once, and look-alikes are found."""


@dataclass(frozen=True)
class Images:
    """The images of both parts.

    Attributes:
        train, test: header frames of the usable files.
        train_files, test_files: ids that have a file, usable or not.
        pictures: one frame of both parts without the images that are left out; `file` is
            relative to the data folder.
    """

    train: "pd.DataFrame"
    test: "pd.DataFrame"
    train_files: frozenset[str]
    test_files: frozenset[str]
    pictures: "pd.DataFrame"

    def part(self, image_id: str) -> str:
        """Return "train" or "test"."""
        return "train" if image_id in self.train.index else "test"


def read_images(place: Workplace, layout: "contest.Layout", log: Findings) -> Images:
    """Read all headers; files that cannot be used are errors."""
    import pandas as pd

    train, train_files = _part(place, layout, layout.train, log)
    test, test_files = _part(place, layout, layout.test, log)
    both = pd.concat([train, test])
    left = ~both.index.duplicated() & ~both.index.isin(list(place.accepted()))
    return Images(train, test, train_files, test_files, both[left])


def _part(
    place: Workplace, layout: "contest.Layout", part: "contest.Images | None", log: Findings
) -> tuple["pd.DataFrame", frozenset[str]]:
    """Return the table of the images of a part and the ids that have a file."""
    import contest

    assert part is not None, "locate has refused it"
    table, faults = contest.images_of(layout.root, part, place.paths.cache, place.report)
    for image_id, kind, message in faults:
        log.error("double id" if kind == "DuplicateId" else "unreadable", image_id, message)
    return table, frozenset([*table.index, *(image_id for image_id, _, _ in faults)])


def look_at_images(
    place: Workplace,
    layout: "contest.Layout",
    images: Images,
    groups: "pd.Series | None",
    log: Findings,
) -> None:
    """Decode every picture once; find copies, look-alikes and odd headers."""
    import dicomio
    import imagestack

    for image_id in images.test.index.intersection(images.train.index):
        log.warn("leak", image_id, "is in train and in test")
    for first, *others in imagestack.exact_duplicates(images.pictures):
        for other in others:
            message = f"the same file content as {_named(images, first, other)}"
            log.warn("duplicate", other, message)
    _look_alike(place, layout.root, images, log)
    with_header = images.pictures[images.pictures["format"] == "dicom"]
    if len(with_header):
        for odd in dicomio.header_oddities(with_header, groups):
            log.warn("header", odd.image_id, f"{odd.column}: {odd.message}")


def _look_alike(place: Workplace, root: Path, images: Images, log: Findings) -> None:
    """Decode one of all copies of a file; find what cannot be decoded, and what looks alike."""
    import imagestack

    pictures = images.pictures
    unique = pictures[~pictures["digest"].duplicated()]
    stack, faults = _thumbnails(place, root, unique)
    for fault in faults:
        for image_id in pictures.index[pictures["digest"] == pictures["digest"][fault.path]]:
            log.error("unreadable", image_id, fault.message)
    for first, second, distance in imagestack.near_duplicates(stack) if stack is not None else ():
        message = f"looks like {_named(images, second, first)} ({distance:.1%} apart)"
        log.warn("near-duplicate", first, message)


def _thumbnails(
    place: Workplace, root: Path, frame: "pd.DataFrame"
) -> tuple["imagestack.PixelCache | None", list["imagestack.Fault"]]:
    """Return the small pictures of all images that can be decoded, and the faults of the others."""
    import imagestack

    faults: list[imagestack.Fault] = []
    while len(frame):
        try:
            cache = imagestack.build_cache(
                frame, root, THUMBNAIL, place.paths.cache, report=place.report
            )
            return cache, faults
        except imagestack.CacheError as error:
            if not error.faults:
                raise
            faults += error.faults
            frame = frame.drop(index=[fault.path for fault in error.faults])
    return None, faults


def _named(images: Images, image_id: str, beside: str) -> str:
    """Return an id, and its part where that is not the part of the other image."""
    part = images.part(image_id)
    return image_id if part == images.part(beside) else f"{image_id} in {part}"
