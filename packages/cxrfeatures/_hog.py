"""Histograms of oriented gradients."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import hog

from cxrlungs import normalised


@dataclass(frozen=True)
class Hog:
    """Oriented gradient histograms (Dalal & Triggs 2005) by scikit-image, cells normalised alone.

    Attributes:
        side: pixels to which the image is resized first.
        cells: cells along each side.
        orientations: unsigned directions per cell.
    """

    name: ClassVar[str] = "hog"
    version: ClassVar[int] = 1

    side: int = 128
    cells: int = 8
    orientations: int = 8

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`, named "r<row>c<column>o<direction>"."""
        small = np.asarray(
            cv2.resize(image, (self.side, self.side), interpolation=cv2.INTER_AREA), np.uint8
        )
        cell = (self.side // self.cells,) * 2
        blocks = hog(
            normalised(small), self.orientations, cell, (1, 1), "L2-Hys", feature_vector=False
        )
        values = blocks.reshape(self.cells, self.cells, self.orientations)
        return {f"r{r}c{c}o{o}": float(value) for (r, c, o), value in np.ndenumerate(values)}
