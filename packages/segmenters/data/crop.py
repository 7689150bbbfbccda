"""Windows: the part of each image that networks see, and the place of its map in the image.

A crop box, found by a function of the caller, resolves its content finer at the same number of
pixels. Padding keeps every pixel of images whose side is not a multiple of the encoder's stride.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import torch

import jobs
from segmenters._errors import BadCrop
from segmenters.config.groups import Network

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

    def paste(self, map_: np.ndarray, whole: np.ndarray) -> None:
        """Write the map of the box to its place in the map of the whole image."""
        place = whole[self.inside(whole.shape)]
        grows = min(place.shape) >= max(map_.shape)
        how = cv2.INTER_LINEAR if grows else cv2.INTER_AREA
        place[:] = cv2.resize(map_, place.shape[::-1], interpolation=how)


class Padding(NamedTuple):
    """A border of reflected pixels around a square image; `side` includes it, in pixels."""

    held: int
    side: int

    @property
    def before(self) -> int:
        """Pixels above and to the left; with an odd number of pixels one more lies behind."""
        return (self.side - self.held) // 2

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return `image`, ``(h, w)`` of any size, with a border of the same share of its sides."""
        widths = [self._border(length) for length in image.shape]
        return np.pad(image, widths, mode="reflect")

    def _border(self, length: int) -> tuple[int, int]:
        before = round(self.before * length / self.held)
        return before, round(self.side * length / self.held) - length - before

    def paste(self, map_: np.ndarray, whole: np.ndarray) -> None:
        """Write the map without its border to the map of the whole image."""
        inner = _resized(map_, self.side)[self._inner, self._inner]
        whole[:] = _resized(inner, len(whole))

    @property
    def _inner(self) -> slice:
        return slice(self.before, self.before + self.held)


def _resized(map_: np.ndarray, side: int) -> np.ndarray:
    if len(map_) == side:
        return map_
    how = cv2.INTER_LINEAR if side >= len(map_) else cv2.INTER_AREA
    return cv2.resize(map_, (side, side), interpolation=how)


Window = Box | Padding

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
        self._known: dict[str, Window] = {}

    def of(
        self, stack: ImageStack, ids: Sequence[str], report: jobs.Report = jobs.silent
    ) -> Mapping[str, Window]:
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


class Paddings:
    """The same padding of all images."""

    def __init__(self, side: int) -> None:
        """Pad to `side` pixels."""
        self.side = side

    def of(
        self, stack: ImageStack, ids: Sequence[str], _: jobs.Report = jobs.silent
    ) -> Mapping[str, Window]:
        """Return the padding of the images `ids`.

        Raises:
            BadCrop: the images are larger than padded ones, or less than half as large.
        """
        held = stack.pixels.shape[-1]
        if not held <= self.side < 2 * held:
            raise BadCrop(
                f"images of {held} pixels cannot be padded to {self.side}: set pad_to to "
                f"{held}..{2 * held - 1}, or 0"
            )
        return dict.fromkeys(ids, Padding(held, self.side))


def windows_of(crop: Crop | None, network: Network) -> Crops | Paddings | None:
    """Return the crops or paddings of a configuration, or None if networks see whole images.

    Raises:
        BadCrop: `network.crop_margin` is not 0 and `crop` is None.
    """
    if network.pad_to:
        return Paddings(network.pad_to)
    if not network.crop_margin:
        return None
    if crop is None:
        raise BadCrop(
            f"crop_margin={network.crop_margin} needs a crop function, and there is none: give "
            "the experiment a crop, or set crop_margin=0"
        )
    return Crops(crop, network.crop_margin)


def placed(maps: np.ndarray, windows: Sequence[Window], size: int) -> np.ndarray:
    """Return maps of windows as maps of the whole images, 0 outside crop boxes.

    Args:
        maps: float32 ``(n, h, w)``.
        windows: window of each map.
        size: side of the returned maps, in pixels.

    Returns:
        float32 ``(n, size, size)``.
    """
    whole = np.zeros((len(maps), size, size), np.float32)
    for one, map_, window in zip(whole, maps, windows, strict=True):
        window.paste(map_, one)
    return whole
