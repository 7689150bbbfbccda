"""Grey values made comparable, and means over the cells of a grid: what families share."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SMALLEST = 32
"""Pixels on a side below which nothing is sought in an image."""


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


def normalised(image: NDArray[np.uint8], low: float = 0.01, high: float = 0.99) -> Floats:
    """Return float32 `(h, w)`: `image` with its `low` and `high` quantiles moved to 0 and 1.

    Values outside are clipped; a constant image becomes 0. Images of different detectors and
    windows become comparable.
    """
    below = np.cumsum(np.bincount(image.ravel(), minlength=256)) / image.size
    bottom, top = np.searchsorted(below, (low, high))
    table = np.clip((np.arange(256) - bottom) / max(top - bottom, 1), 0, 1)
    return np.asarray(cv2.LUT(image, table.astype(np.float32)), np.float32)


def reduced(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return `image` at `(side, side)` by area averaging; a smaller image stays as it is."""
    if max(image.shape) <= side:
        return image
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def cell_means(values: Floats, cells: int) -> Floats:
    """Return float32 `(cells, cells)`: the mean of `values` `(h, w)` in every grid cell."""
    return np.asarray(cv2.resize(values, (cells, cells), interpolation=cv2.INTER_AREA), np.float32)


def named_cells(name: str, values: Floats) -> dict[str, float]:
    """Return "<name>_r<row>c<column>" -> value for a map of cells."""
    return {f"{name}_r{row}c{column}": float(v) for (row, column), v in np.ndenumerate(values)}
