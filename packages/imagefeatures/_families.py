"""Families for any picture: brightness and texture on a grid, radiomics of the whole image."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

import radiomics2d
from imagefeatures._grey import Floats, cell_means, named_cells, normalised, reduced

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
