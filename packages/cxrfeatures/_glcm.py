"""Texture by grey-level co-occurrence."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from skimage.feature import graycomatrix, graycoprops

from cxrfeatures._family import reduced
from cxrlungs import normalised

PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "ASM", "correlation", "entropy")


@dataclass(frozen=True)
class Glcm:
    """Features of the normalised image after Haralick et al. (1973), by scikit-image.

    Attributes:
        side: pixels to which the image is reduced first.
        levels: grey levels.
        distances: in pixels of the reduced image; four angles each, given as mean and range.
    """

    name: ClassVar[str] = "glcm"
    version: ClassVar[int] = 1

    side: int = 256
    levels: int = 32
    distances: tuple[int, ...] = (1, 3, 7)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`."""
        small = normalised(reduced(image, self.side))
        grey = np.minimum(small * self.levels, self.levels - 1).astype(np.uint8)
        angles = np.arange(4) * np.pi / 4
        matrix = graycomatrix(
            grey, self.distances, angles, levels=self.levels, symmetric=True, normed=True
        )
        features = {}
        for prop in PROPERTIES:
            for distance, values in zip(self.distances, graycoprops(matrix, prop), strict=True):
                features[f"{prop.lower()}_d{distance}"] = float(values.mean())
                features[f"{prop.lower()}_d{distance}_range"] = float(np.ptp(values))
        return features
