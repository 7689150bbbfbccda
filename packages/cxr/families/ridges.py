"""Strength and direction of thin bright ridges, and the brightness around them, on a grid.

The visceral pleura in a pneumothorax is a thin bright curve, darker on the side of the chest
wall; direction and position distinguish it from ribs, tubes and skin folds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from imagefeatures import Floats, cell_means, named_cells

FINE = 32
"""Number of fine cells along each side, averaged to the cells of the features."""
JET_SIDE = 128
JETS = {"x": (1, 0), "y": (0, 1), "xx": (2, 0), "yy": (0, 2), "xy": (1, 1)}
"""Derivatives of the local jet: orders along x and y."""
WIDTHS = (1.0, 2.0, 4.0, 8.0)
"""Sigmas of the Gaussians of the jets, in pixels of a 128-pixel image."""


@dataclass(frozen=True)
class Ridges:
    """Moments and direction of Hessian ridges and the local jet of the brightness.

    The strength of a ridge is the negated smaller eigenvalue of the Hessian, where positive (after
    Lindeberg 1998); the local jet follows Koenderink & van Doorn (1987). The features distinguish
    left from right; `by_side` arranges them for a classifier of single sides.

    Attributes:
        side: side in pixels to which a larger image is reduced.
        cells: number of cells along each side, an even divisor of 32.
        sigma: width of the finest ridge filter in pixels.
        bands: number of ridge filters, each 2.56 times as wide as the previous one, on an image
            of half the size.
    """

    name: ClassVar[str] = "ridges"
    version: ClassVar[int] = 2

    side: int = 1024
    cells: int = 8
    sigma: float = 1.28
    bands: int = 3

    @property
    def maps(self) -> dict[str, int]:
        """Sign of every map in the mirrored image: -1 if mirroring changes the sign, else 1."""
        names = ("fourth", "across", "slant", "mean", "peak")
        ridges = {
            f"{name}{n}": 1 - 2 * (name == "slant") for n in range(self.bands) for name in names
        }
        odd = {name for name, (across, _) in JETS.items() if across % 2}
        jets = {f"jet{n}{name}": 1 - 2 * (name in odd) for n in range(len(WIDTHS)) for name in JETS}
        return ridges | jets | {f"jet{n}": 1 for n in range(len(WIDTHS))}

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`, named `<map>_r<row>c<column>`.

        Ridge maps are the log fourth moment, its direction (cosine and sine of the doubled angle),
        log mean and peak of every cell. Brightness is standardised to mean 0 and standard
        deviation 1 over the image.
        """
        grey = _standardised(_square(image, self.side))
        found = dict(self._ridges(grey)) | dict(_jets(grey))
        features: dict[str, float] = {}
        for name in self.maps:
            features |= named_cells(name, cell_means(found[name], self.cells))
        return features

    def _ridges(self, grey: Floats) -> Iterator[tuple[str, Floats]]:
        blurred, width = grey, 0.0
        for band in range(self.bands):
            wanted = self.sigma * 2.56**band
            scale = 0.5**band
            blurred = _blur(blurred, scale * (wanted**2 - width**2) ** 0.5)
            for name, values in _ridge_maps(blurred):
                yield f"{name}{band}", values
            blurred, width = cell_means(blurred, len(blurred) // 2), wanted


def _ridge_maps(blurred: Floats) -> Iterator[tuple[str, Floats]]:
    across, down, slant = (
        _derivative(blurred, *orders, 0.25) for orders in ((2, 0), (0, 2), (1, 1))
    )
    apart, slant = across - down, 2 * slant
    # the last bit of cv2.magnitude would depend on the memory alignment of the arrays
    length = np.sqrt(np.square(apart) + np.square(slant))
    strength = np.maximum(0.5 * (length - across - down), 0)
    fourth = np.square(np.square(strength))
    directed = fourth / (length + 1e-6)
    total = cell_means(fourth, FINE)
    yield "fourth", np.log(total + 1e-10)
    yield "across", cell_means(directed * apart, FINE) / (total + 1e-12)
    yield "slant", cell_means(directed * slant, FINE) / (total + 1e-12)
    yield "mean", np.log(cell_means(strength, FINE) + 1e-6)
    pixels = len(strength) // FINE
    yield "peak", strength.reshape(FINE, pixels, FINE, pixels).max((1, 3))


def _jets(grey: Floats) -> Iterator[tuple[str, Floats]]:
    small = cv2.resize(grey, (JET_SIDE, JET_SIDE), interpolation=cv2.INTER_AREA)
    for number, width in enumerate(WIDTHS):
        smooth = _blur(np.asarray(small, np.float32), width)
        yield f"jet{number}", smooth
        for name, orders in JETS.items():
            yield f"jet{number}{name}", _derivative(smooth, *orders, width ** sum(orders))


def _square(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return `image` resized to a square with a side divisible by 4 * `FINE`."""
    unit = 4 * FINE
    wanted = min(side, max(min(image.shape) // unit, 1) * unit)
    if image.shape == (wanted, wanted):
        return image
    larger = min(image.shape) < wanted
    method = cv2.INTER_LINEAR if larger else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, (wanted, wanted), interpolation=method), np.uint8)


def _standardised(image: NDArray[np.uint8]) -> Floats:
    mean, spread = cv2.meanStdDev(image)
    table = (np.arange(256) - mean.item()) / (spread.item() + 1e-3)
    return np.asarray(cv2.LUT(image, table.astype(np.float32)), np.float32)


def _blur(values: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def _derivative(values: Floats, across: int, down: int, scale: float) -> Floats:
    return np.asarray(cv2.Sobel(values, cv2.CV_32F, across, down, scale=scale), np.float32)
