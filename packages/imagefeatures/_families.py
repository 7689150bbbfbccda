"""Families for any picture: a grid of brightness and texture, radiomics; what families share."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

import radiomics2d

Floats = NDArray[np.float32]
SMALLEST = 32
"""Pixels on a side below which nothing is sought in an image."""

EPSILON = 1e-8
RATIO = 1.6
"""Of the two widths of a difference of Gaussians, after Marr & Hildreth (1980)."""


@dataclass(frozen=True)
class Grid:
    """Mean, spread, gradient and band-pass energy in every cell.

    Attributes:
        side: pixels to which the image is reduced first.
        cells: cells along each side.
        sigmas: widths of the band-pass filters in pixels of a 512-pixel image.
    """

    name: ClassVar[str] = "grid"
    version: ClassVar[int] = 1

    side: int = 512
    cells: int = 8
    sigmas: tuple[float, ...] = (1.0, 4.0)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`, named "<map>_r<row>c<column>"."""
        features: dict[str, float] = {}
        for name, values in self.maps(image).items():
            features |= named_cells(name, values)
        return features

    def maps(self, image: NDArray[np.uint8]) -> dict[str, Floats]:
        """Return float32 `(cells, cells)` maps of `image`, uint8 `(h, w)`.

        mean and spread are of the normalised grey value, gradient of its Sobel magnitude, bandN
        the log energy of the difference of Gaussians of width N.
        """
        grey = normalised(reduced(image, self.side))
        mean = cell_means(grey, self.cells)
        variance = cell_means(grey * grey, self.cells) - mean * mean
        across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
        maps = {
            "mean": mean,
            "spread": np.sqrt(np.maximum(variance, 0)),
            "gradient": cell_means(np.hypot(across, down), self.cells),
        }
        for sigma in self.sigmas:
            width = sigma * grey.shape[0] / 512
            band = cv2.GaussianBlur(grey, (0, 0), width) - cv2.GaussianBlur(
                grey, (0, 0), RATIO * width
            )
            maps[f"band{sigma:g}"] = np.log(cell_means(band * band, self.cells) + EPSILON)
        return maps


@dataclass(frozen=True)
class Radiomics:
    """The 93 features of `radiomics2d` of the whole image.

    Attributes:
        bin_width: of a grey level, in grey values of the image.
    """

    name: ClassVar[str] = "whole"
    version: ClassVar[int] = 1

    bin_width: float = 12.0

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`, named as by `radiomics2d`."""
        return radiomics2d.features(image, bin_width=self.bin_width)


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
