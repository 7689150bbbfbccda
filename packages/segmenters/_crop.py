"""The part of a radiograph that networks see: the lungs and a margin around them.

What lies outside is arms, abdomen and air. Without it the same number of pixels shows the lungs
finer.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import torch

import jobs
from cxrlungs import SIDE, lung_fields

LEAST = 96
"""Least width and height of both lungs, in units of a frame; what is less is no pair of lungs."""

FLATTEST = 0.8
"""Least height of the lungs as a share of their width. A base that is white ends a field too early:
the frame goes on to where it should be."""


class Frame(NamedTuple):
    """A rectangle of the image, in 256ths of its side; right and bottom are the first outside."""

    left: int
    top: int
    right: int
    bottom: int

    def inside(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Return its rows and columns in an image of height and width `shape`."""
        height, width = shape
        return (
            slice(self.top * height // SIDE, -(-self.bottom * height // SIDE)),
            slice(self.left * width // SIDE, -(-self.right * width // SIDE)),
        )

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the part of `image`, ``(h, w)``, that lies in it."""
        return image[self.inside(image.shape)]


WHOLE = Frame(0, 0, SIDE, SIDE)


def frame_of(image: np.ndarray, margin: float) -> Frame:
    """Return the rectangle around both lungs, `WHOLE` where none is found.

    Args:
        image: uint8 ``(h, w)``.
        margin: at each side, as a share of the rectangle's own width and height.
    """
    fields = lung_fields(image)
    if not fields.quality:
        return WHOLE
    lungs = fields.left | fields.right
    left, right = _ends(np.asarray(lungs.any(axis=0)))
    top, bottom = _ends(np.asarray(lungs.any(axis=1)))
    bottom = max(bottom, min(SIDE, top + round(FLATTEST * (right - left))))
    if min(right - left, bottom - top) < LEAST:
        return WHOLE
    beside, above = round(margin * (right - left)), round(margin * (bottom - top))
    return Frame(
        max(0, left - beside),
        max(0, top - above),
        min(SIDE, right + beside),
        min(SIDE, bottom + above),
    )


def _ends(line: np.ndarray) -> tuple[int, int]:
    """Return the first place that is true, and the one after the last."""
    places = np.flatnonzero(line)
    return int(places[0]), int(places[-1]) + 1


class Stack(Protocol):
    """Images by id."""

    def take(self, ids: Sequence[str]) -> np.ndarray:
        """Return the images with these ids, uint8 ``(k, size, size)``."""
        ...


class Frames:
    """The frames of images by id; each is found once."""

    def __init__(self, margin: float) -> None:
        """Know none yet; for `margin` see `frame_of`."""
        self.margin = margin
        self._known: dict[str, Frame] = {}

    def of(
        self, stack: Stack, ids: Sequence[str], report: jobs.Report = jobs.silent
    ) -> Mapping[str, Frame]:
        """Return the frames of `ids`, and find those that are not known yet."""
        missing = [image_id for image_id in dict.fromkeys(ids) if image_id not in self._known]
        with ThreadPoolExecutor(torch.get_num_threads(), "frames") as pool:
            found = pool.map(lambda i: frame_of(stack.take([i])[0], self.margin), missing)
            for number, (image_id, frame) in enumerate(zip(missing, found, strict=True)):
                self._known[image_id] = frame
                report("frames", number + 1, len(missing), {})
        return self._known


def placed(maps: np.ndarray, frames: Sequence[Frame], size: int) -> np.ndarray:
    """Return maps of frames where they lie in whole images; outside they are 0.

    Args:
        maps: float32 ``(n, h, w)``.
        frames: of each.
        size: side of what is returned.

    Returns:
        float32 ``(n, size, size)``.
    """
    whole = np.zeros((len(maps), size, size), np.float32)
    for one, map_, frame in zip(whole, maps, frames, strict=True):
        place = one[frame.inside(one.shape)]
        grows = min(place.shape) >= max(map_.shape)
        how = cv2.INTER_LINEAR if grows else cv2.INTER_AREA
        place[:] = cv2.resize(map_, place.shape[::-1], interpolation=how)
    return whole
