"""The images of an audit: unusable files, copies, look-alikes, odd headers."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.pipeline.findings import Findings
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

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


def read_images(place: Workplace, found: dict[str, Path], log: Findings) -> Images:
    """Read all headers; files that cannot be used are errors."""
    import pandas as pd

    train, train_files = _part(place, found["train_images"], log)
    test, test_files = _part(place, found["test_images"], log)
    both = pd.concat([train, test])
    left = ~both.index.duplicated() & ~both.index.isin(list(place.accepted()))
    return Images(train, test, train_files, test_files, both[left])


def _part(place: Workplace, folder: Path, log: Findings) -> tuple["pd.DataFrame", frozenset[str]]:
    """Return the frame of a folder and the ids that have a file."""
    import contest

    prepare = contest.module_of(place.spec.prepare)
    frame, faults = prepare.cached_frame(folder, place.paths.cache, place.report)
    for fault in faults:
        kind = "double id" if fault["kind"] == "DuplicateId" else "unreadable"
        log.error(kind, fault["id"], fault["message"])
    files = frozenset([*frame.index, *(fault["id"] for fault in faults)])
    return frame.assign(file=f"{folder.relative_to(place.folder)}/" + frame["file"]), files


def look_at_images(
    place: Workplace, images: Images, patients: "pd.Series | None", log: Findings
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
    _look_alike(place, images, log)
    for odd in dicomio.header_oddities(images.pictures, patients):
        log.warn("header", odd.image_id, f"{odd.column}: {odd.message}")


def _look_alike(place: Workplace, images: Images, log: Findings) -> None:
    """Decode one of all copies of a file; find what cannot be decoded, and what looks alike."""
    import imagestack

    pictures = images.pictures
    unique = pictures[~pictures["digest"].duplicated()]
    stack, faults = _thumbnails(place, unique)
    for fault in faults:
        for image_id in pictures.index[pictures["digest"] == pictures["digest"][fault.path]]:
            log.error("unreadable", image_id, fault.message)
    for first, second, distance in imagestack.near_duplicates(stack) if stack is not None else ():
        message = f"looks like {_named(images, second, first)} ({distance:.1%} apart)"
        log.warn("near-duplicate", first, message)


def _thumbnails(
    place: Workplace, frame: "pd.DataFrame"
) -> tuple["imagestack.PixelCache | None", list["imagestack.Fault"]]:
    """Return the small pictures of all images that can be decoded, and the faults of the others."""
    import imagestack

    faults: list[imagestack.Fault] = []
    while len(frame):
        try:
            cache = imagestack.build_cache(
                frame, place.folder, THUMBNAIL, place.paths.cache, report=place.report
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
