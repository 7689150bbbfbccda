"""The part of an image that networks see, where the caller says how to find it.

Without what lies outside, the same number of pixels shows the inside finer.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import torch

import jobs
from segmenters._errors import BadCrop

UNITS = 256
"""In which a box is told: so many are the side of the image."""

Crop = Callable[[np.ndarray, float], tuple[int, int, int, int]]
"""From an image, uint8 ``(h, w)``, and a margin to the box that networks see: left, top, right,
bottom in 256ths of the side, right and bottom the first outside. All of it where nothing is
found."""


class Box(NamedTuple):
    """A rectangle of the image, in 256ths of its side; right and bottom are the first outside."""

    left: int
    top: int
    right: int
    bottom: int

    def inside(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Return its rows and columns in an image of height and width `shape`."""
        height, width = shape
        return (
            slice(self.top * height // UNITS, -(-self.bottom * height // UNITS)),
            slice(self.left * width // UNITS, -(-self.right * width // UNITS)),
        )

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the part of `image`, ``(h, w)``, that lies in it."""
        return image[self.inside(image.shape)]


WHOLE = Box(0, 0, UNITS, UNITS)


class ImageStack(Protocol):
    """Images by id, all of one size."""

    ids: list[str]

    @property
    def pixels(self) -> np.ndarray:
        """All images, uint8 ``(n, size, size)``."""
        ...

    def take(self, ids: Sequence[str]) -> np.ndarray:
        """Return the images with these ids, uint8 ``(k, size, size)``."""
        ...


class Crops:
    """The boxes of images by id; each is found once."""

    def __init__(self, crop: Crop, margin: float) -> None:
        """Know none yet.

        Args:
            crop: finds the box of an image.
            margin: handed to it.
        """
        self.crop, self.margin = crop, margin
        self._known: dict[str, Box] = {}

    def of(
        self, stack: ImageStack, ids: Sequence[str], report: jobs.Report = jobs.silent
    ) -> Mapping[str, Box]:
        """Return the boxes of `ids`, and find those that are not known yet.

        Raises:
            BadCrop: what the crop returned is no box.
        """
        missing = [image_id for image_id in dict.fromkeys(ids) if image_id not in self._known]
        with ThreadPoolExecutor(torch.get_num_threads(), "crops") as pool:
            found = pool.map(lambda i: self._box(i, stack.take([i])[0]), missing)
            for number, (image_id, box) in enumerate(zip(missing, found, strict=True)):
                self._known[image_id] = box
                report("crops", number + 1, len(missing), {})
        return self._known

    def _box(self, image_id: str, image: np.ndarray) -> Box:
        found = self.crop(image, self.margin)
        if len(found) != len(Box._fields):
            raise BadCrop(f"the crop of image {image_id} is {found}, not left, top, right, bottom")
        box = Box(*found)
        if not (0 <= box.left < box.right <= UNITS and 0 <= box.top < box.bottom <= UNITS):
            raise BadCrop(
                f"the crop of image {image_id} is {tuple(box)}: left, top, right, bottom must be "
                f"in 0..{UNITS} and hold something"
            )
        return box


def crops_of(crop: Crop | None, margin: float) -> Crops | None:
    """Return the crops of `margin`, None where 0 leaves images whole.

    Raises:
        BadCrop: a margin without a crop.
    """
    if not margin:
        return None
    if crop is None:
        raise BadCrop(
            f"crop_margin={margin} is the margin of a crop, and there is none: give the experiment "
            "a crop, or set crop_margin=0"
        )
    return Crops(crop, margin)


def placed(maps: np.ndarray, boxes: Sequence[Box], size: int) -> np.ndarray:
    """Return maps of boxes where they lie in whole images; outside they are 0.

    Args:
        maps: float32 ``(n, h, w)``.
        boxes: of each.
        size: side of what is returned.

    Returns:
        float32 ``(n, size, size)``.
    """
    whole = np.zeros((len(maps), size, size), np.float32)
    for one, map_, box in zip(whole, maps, boxes, strict=True):
        place = one[box.inside(one.shape)]
        grows = min(place.shape) >= max(map_.shape)
        how = cv2.INTER_LINEAR if grows else cv2.INTER_AREA
        place[:] = cv2.resize(map_, place.shape[::-1], interpolation=how)
    return whole
