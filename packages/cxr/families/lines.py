"""Sharp thin structures, side against side: pleural lines, tubes, wires, clips.

They are one to three pixels wide at 1024 pixels and vanish when the image is reduced, so this
family looks at the image as it is given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrfeatures._family import cell_means, mirrored_cells
from cxrfeatures._grid import RATIO
from cxrlungs import Floats, normalised

EPSILON = 1e-12


@dataclass(frozen=True)
class Lines:
    """Fourth moment of bright and of dark band-pass responses in mirrored grid cells.

    The fourth power makes a few strong pixels outweigh the texture of the whole cell. Of every
    pair of mirrored cells the lower value, the higher one and their difference are kept, so the
    features of a mirrored image are the same and a classifier need not learn each side.

    Attributes:
        cells: cells along each side, even.
        sigma: width of the finest band-pass filter, in pixels of the image as given.
        bands: number of filters, each 1.6 times as wide as the one before.
    """

    name: ClassVar[str] = "lines"
    version: ClassVar[int] = 1

    cells: int = 8
    sigma: float = 0.5
    bands: int = 4

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are "<bright|dark><band>_<low|high|apart>_r<row>c<column>", in natural logarithms.
        """
        features: dict[str, float] = {}
        for name, values in self.maps(image):
            features |= mirrored_cells(name, values)
        return features

    def maps(self, image: NDArray[np.uint8]) -> Iterator[tuple[str, Floats]]:
        """Yield name and log fourth moment, float32 `(cells, cells)`, of every band and sign."""
        for name, part in band_pass(normalised(image), self.sigma, self.bands):
            power = np.square(np.square(part))
            yield name, np.log(cell_means(power, self.cells) + EPSILON)


def band_pass(grey: Floats, sigma: float, bands: int) -> Iterator[tuple[str, Floats]]:
    """Yield "<bright|dark><band>" and the response of that sign, float32 `(h, w)`, at least 0.

    Differences of Gaussians, the finest `sigma` pixels wide, each 1.6 times the one before.
    """
    finer = cv2.GaussianBlur(grey, (0, 0), sigma)
    for band in range(bands):
        wider = cv2.GaussianBlur(grey, (0, 0), sigma * RATIO ** (band + 1))
        response = finer - wider
        for name, part in (("bright", response), ("dark", -response)):
            yield f"{name}{band}", np.maximum(part, 0)
        finer = wider
