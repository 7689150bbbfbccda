"""The grey values of a radiograph, made comparable."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SMALLEST = 32
"""Pixels on a side below which nothing is sought in an image."""


def normalised(image: NDArray[np.uint8], low: float = 0.01, high: float = 0.99) -> Floats:
    """Return float32 `(h, w)`: `image` with its `low` and `high` quantiles moved to 0 and 1.

    Values outside are clipped; a constant image becomes 0. Radiographs of different detectors
    and windows become comparable.
    """
    below = np.cumsum(np.bincount(image.ravel(), minlength=256)) / image.size
    bottom, top = np.searchsorted(below, (low, high))
    table = np.clip((np.arange(256) - bottom) / max(top - bottom, 1), 0, 1)
    return np.asarray(cv2.LUT(image, table.astype(np.float32)), np.float32)


def check_image(image: NDArray[np.uint8]) -> None:
    """Refuse anything but a grey uint8 image.

    Raises:
        ValueError: `image` is not uint8 `(h, w)` or is smaller than `SMALLEST` on a side.
    """
    if image.ndim != 2 or image.dtype != np.uint8 or min(image.shape) < SMALLEST:
        raise ValueError(
            f"an image must be uint8 (h, w) of at least {SMALLEST} x {SMALLEST} pixels, "
            f"not {image.dtype} {image.shape}"
        )
