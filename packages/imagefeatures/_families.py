"""Feature families for any image, `Grid` and `Radiomics`, and the functions families share."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

import radiomics2d

Floats = NDArray[np.float32]
"""An array of float32."""
SMALLEST = 32
"""Least height and width of an image, in pixels."""

EPSILON = 1e-8
RATIO = 1.6
"""Ratio of the two widths of a difference of Gaussians, after Marr & Hildreth (1980)."""


@dataclass(frozen=True)
class Grid:
    """Mean, standard deviation, gradient and band-pass energy of every grid cell.

    Attributes:
        side: side in pixels to which a larger image is reduced.
        cells: number of cells along each side.
        sigmas: widths of the band-pass filters, in pixels of a 512-pixel image.
    """

    name: ClassVar[str] = "grid"
    version: ClassVar[int] = 1

    side: int = 512
    cells: int = 8
    sigmas: tuple[float, ...] = (1.0, 4.0)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`, named `<map>_r<row>c<column>`."""
        features: dict[str, float] = {}
        for name, values in self.maps(image).items():
            features |= named_cells(name, values)
        return features

    def maps(self, image: NDArray[np.uint8]) -> dict[str, Floats]:
        """Return float32 `(cells, cells)` maps of `image`, uint8 `(h, w)`.

        "mean" and "spread" are mean and standard deviation of the normalised grey value,
        "gradient" is the mean Sobel magnitude, "band<N>" the log energy of the difference of
        Gaussians of width N.
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
    """The 93 `radiomics2d` features of the whole image.

    Attributes:
        bin_width: width of a grey level, in grey values of the image.
    """

    name: ClassVar[str] = "whole"
    version: ClassVar[int] = 1

    bin_width: float = 12.0

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`, named as in `radiomics2d`."""
        return radiomics2d.features(image, bin_width=self.bin_width)


def check_image(image: NDArray[np.uint8]) -> None:
    """Raise ValueError unless `image` is a grey uint8 image.

    Raises:
        ValueError: `image` is not uint8 `(h, w)` or is smaller than `SMALLEST` on a side.
    """
    if image.ndim != 2 or image.dtype != np.uint8 or min(image.shape) < SMALLEST:
        raise ValueError(
            f"an image must be uint8 (h, w) of at least {SMALLEST} x {SMALLEST} pixels, "
            f"not {image.dtype} {image.shape}"
        )


def normalised(image: NDArray[np.uint8], low: float = 0.01, high: float = 0.99) -> Floats:
    """Return `image` scaled so that its `low` and `high` quantiles are 0 and 1, float32 `(h, w)`.

    Values outside are clipped; a constant image becomes 0. The scaling makes images of different
    detectors and windows comparable.
    """
    below = np.cumsum(np.bincount(image.ravel(), minlength=256)) / image.size
    bottom, top = np.searchsorted(below, (low, high))
    table = np.clip((np.arange(256) - bottom) / max(top - bottom, 1), 0, 1)
    return np.asarray(cv2.LUT(image, table.astype(np.float32)), np.float32)


def reduced(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return `image` reduced to `(side, side)` by area averaging; a smaller image is unchanged."""
    if max(image.shape) <= side:
        return image
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def cell_means(values: Floats, cells: int) -> Floats:
    """Return the mean of `values` `(h, w)` in every grid cell, float32 `(cells, cells)`."""
    return np.asarray(cv2.resize(values, (cells, cells), interpolation=cv2.INTER_AREA), np.float32)


def named_cells(name: str, values: Floats) -> dict[str, float]:
    """Return the values of a map of cells, keyed by `<name>_r<row>c<column>`."""
    return {f"{name}_r{row}c{column}": float(v) for (row, column), v in np.ndenumerate(values)}
