"""Crop boxes of images, found by a function of the caller.

A cropped image resolves its content finer at the same number of pixels.
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
"""Box coordinates are multiples of the image side divided by this."""

Crop = Callable[[np.ndarray, float], tuple[int, int, int, int]]
"""Function of an image, uint8 ``(h, w)``, and a margin that returns the crop box: left, top,
right, bottom in 256ths of the side, right and bottom exclusive. It returns the whole image if it
finds nothing."""


class Box(NamedTuple):
    """A rectangle of an image, in 256ths of its side; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def inside(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Return the box's rows and columns in an image of height and width `shape`."""
        height, width = shape
        return (
            slice(self.top * height // UNITS, -(-self.bottom * height // UNITS)),
            slice(self.left * width // UNITS, -(-self.right * width // UNITS)),
        )

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the part of `image`, ``(h, w)``, inside the box."""
        return image[self.inside(image.shape)]


WHOLE = Box(0, 0, UNITS, UNITS)


class ImageStack(Protocol):
    """Images by id, all of the same size."""

    ids: list[str]

    @property
    def pixels(self) -> np.ndarray:
        """All images, uint8 ``(n, size, size)``."""
        ...

    def take(self, ids: Sequence[str]) -> np.ndarray:
        """Return the images with these ids, uint8 ``(k, size, size)``."""
        ...


class Crops:
    """Crop boxes of images by id; each box is computed once."""

    def __init__(self, crop: Crop, margin: float) -> None:
        """Create an empty cache of boxes.

        Args:
            crop: returns the box of an image.
            margin: passed to `crop`.
        """
        self.crop, self.margin = crop, margin
        self._known: dict[str, Box] = {}

    def of(
        self, stack: ImageStack, ids: Sequence[str], report: jobs.Report = jobs.silent
    ) -> Mapping[str, Box]:
        """Return all known boxes by id, including those of `ids`, which are computed if needed.

        Raises:
            BadCrop: the crop returned an invalid box.
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
                f"in 0..{UNITS}, with left < right and top < bottom"
            )
        return box


def crops_of(crop: Crop | None, margin: float) -> Crops | None:
    """Return the crop boxes for `margin`, or None if `margin` is 0.

    Raises:
        BadCrop: `margin` is not 0 and `crop` is None.
    """
    if not margin:
        return None
    if crop is None:
        raise BadCrop(
            f"crop_margin={margin} needs a crop function, and there is none: give the experiment "
            "a crop, or set crop_margin=0"
        )
    return Crops(crop, margin)


def placed(maps: np.ndarray, boxes: Sequence[Box], size: int) -> np.ndarray:
    """Return maps of cropped images pasted into maps of the whole images, 0 outside the boxes.

    Args:
        maps: float32 ``(n, h, w)``.
        boxes: box of each map.
        size: side of the returned maps, in pixels.

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
