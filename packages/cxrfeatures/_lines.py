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

from cxrfeatures._family import Floats, cell_means, named_cells, normalised
from cxrfeatures._grid import RATIO

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
        half = self.cells // 2
        for name, values in self.maps(image):
            left, right = values[:, :half], values[:, ::-1][:, :half]
            features |= named_cells(f"{name}_low", np.minimum(left, right))
            features |= named_cells(f"{name}_high", np.maximum(left, right))
            features |= named_cells(f"{name}_apart", np.abs(left - right))
        return features

    def maps(self, image: NDArray[np.uint8]) -> Iterator[tuple[str, Floats]]:
        """Yield name and log fourth moment, float32 `(cells, cells)`, of every band and sign."""
        grey = normalised(image)
        finer = cv2.GaussianBlur(grey, (0, 0), self.sigma)
        for band in range(self.bands):
            wider = cv2.GaussianBlur(grey, (0, 0), self.sigma * RATIO ** (band + 1))
            response = finer - wider
            for name, part in (("bright", response), ("dark", -response)):
                power = np.square(np.square(np.maximum(part, 0)))
                yield f"{name}{band}", np.log(cell_means(power, self.cells) + EPSILON)
            finer = wider
