"""Families of texture: energies of filters, local orientation, and local binary patterns.

Values of grid cells are given in place and in rank order. The rank order does not depend on where
in the image a texture lies, so fewer images suffice to learn from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import local_binary_pattern

from imagefeatures._families import RATIO, Floats, cell_means, named_cells

LEAST_ENERGY = 1e-3
"""Added to energies in squared grey values before their logarithm; a constant cell has about -7."""

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)

NEIGHBOURS = 8
PATTERNS = NEIGHBOURS * (NEIGHBOURS - 1) + 3
"""Number of uniform patterns, and one class for all others (Ojala et al. 2002)."""


@dataclass(frozen=True)
class Energies:
    """Grey value, gradient, Laplacian and band-pass energies of grid cells, in place and sorted.

    Unlike in `Grid`, grey values are not normalised, for images of one scanner or one survey.

    Attributes:
        cells: numbers of cells along each side.
        sigmas: widths of the differences of Gaussians, in pixels.
    """

    name: ClassVar[str] = "energies"
    version: ClassVar[int] = 1

    cells: tuple[int, ...] = (4, 8)
    sigmas: tuple[float, ...] = (0.7, 1.4, 2.8, 5.6)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        "mean", "gradient" (Sobel), "laplacian" (absolute) and "band<N>" (log energy of the
        difference of Gaussians of width N) of the cells, percentiles of the grey values, their
        standard deviation and that of the mean rows and columns, and the mean absolute difference
        of neighbours.
        """
        grey = image.astype(np.float32)
        across, down = _gradients(grey)
        planes = {
            "mean": grey,
            "gradient": np.hypot(across, down),
            "laplacian": np.abs(cv2.Laplacian(grey, cv2.CV_32F)),
        }
        energies = {f"band{sigma:g}": _band(grey, sigma) ** 2 for sigma in self.sigmas}
        features = _whole(grey)
        for cells in self.cells:
            maps = {name: cell_means(plane, cells) for name, plane in planes.items()}
            for name, plane in energies.items():
                maps[name] = np.log(cell_means(plane, cells) + LEAST_ENERGY)
            features |= _ranked(maps, cells)
        return features


@dataclass(frozen=True)
class Orientation:
    """Coherence and angle of the structure tensor of grid cells, in place and sorted.

    Source: Bigün & Granlund 1987; the mean over a cell takes the place of the Gaussian window.

    Attributes:
        cells: numbers of cells along each side.
        sigmas: widths of the Gaussian before the gradient, in pixels.
    """

    name: ClassVar[str] = "orientation"
    version: ClassVar[int] = 2

    cells: tuple[int, ...] = (4, 8)
    sigmas: tuple[float, ...] = (1.0, 2.0)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        "coherence<N>" is 1 for parallel stripes and 0 without a preferred direction, "angle<N>"
        the absolute angle of the gradient in radians: 0 across columns, pi/2 down the rows; 0 in
        constant cells.
        """
        grey, features = image.astype(np.float32), dict[str, float]()
        for cells in self.cells:
            maps = dict[str, Floats]()
            for sigma in self.sigmas:
                coherence, angle = _structure(_blurred(grey, sigma), cells)
                maps |= {f"coherence{sigma:g}": coherence, f"angle{sigma:g}": angle}
            features |= _ranked(maps, cells)
        return features


@dataclass(frozen=True)
class LocalPatterns:
    """Histograms of the uniform local binary patterns of scikit-image (Ojala et al. 2002).

    Attributes:
        radii: of the circles of 8 neighbours, in pixels.
    """

    name: ClassVar[str] = "patterns"
    version: ClassVar[int] = 1

    radii: tuple[int, ...] = (1, 2, 4)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the shares of the pixels of `image`, uint8 `(h, w)`, with each pattern."""
        features = {}
        for radius in self.radii:
            codes = local_binary_pattern(image, NEIGHBOURS, radius, method="nri_uniform")
            counts = np.bincount(codes.astype(np.int64).ravel(), minlength=PATTERNS)
            for code, share in enumerate(counts / codes.size):
                features[f"r{radius}_{code}"] = float(share)
        return features


def _whole(grey: Floats) -> dict[str, float]:
    values = np.percentile(grey, PERCENTILES)
    down, across = np.diff(grey, axis=0), np.diff(grey, axis=1)
    return {f"p{rank}": float(value) for rank, value in zip(PERCENTILES, values, strict=True)} | {
        "spread": float(grey.std()),
        "rows": float(grey.mean(axis=1).std()),
        "row_steps": float(down.mean(axis=1).std()),
        "columns": float(grey.mean(axis=0).std()),
        "down": float(np.abs(down).mean()),
        "across": float(np.abs(across).mean()),
    }


def _ranked(maps: Mapping[str, Floats], cells: int) -> dict[str, float]:
    """Return the values of maps of cells in place and in rank order."""
    features: dict[str, float] = {}
    for name, values in maps.items():
        features |= named_cells(f"{name}_{cells}", values)
        for rank, value in enumerate(np.sort(values, axis=None)):
            features[f"{name}_{cells}_rank{rank}"] = float(value)
    return features


def _structure(grey: Floats, cells: int) -> Sequence[Floats]:
    """Return coherence and absolute angle of the structure tensor of each cell."""
    across, down = _gradients(grey)
    xx, yy, xy = (cell_means(one, cells) for one in (across * across, down * down, across * down))
    apart = np.hypot(xx - yy, 2 * xy)
    # in double precision, as processors differ in the last digit of arctan2; without LEAST_ENERGY,
    # constant cells would have the angle of rounding errors
    angle = np.arctan2(2 * xy, xx - yy + LEAST_ENERGY, dtype=np.float64).astype(np.float32)
    return apart / (xx + yy + LEAST_ENERGY), np.abs(angle) / 2


def _gradients(grey: Floats) -> Sequence[Floats]:
    return [np.asarray(cv2.Sobel(grey, cv2.CV_32F, *order)) for order in ((1, 0), (0, 1))]


def _band(grey: Floats, sigma: float) -> Floats:
    return _blurred(grey, sigma) - _blurred(grey, RATIO * sigma)


def _blurred(grey: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)
