"""Left-right differences: a pneumothorax is almost always on one side."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cxrfeatures._family import named_cells
from cxrfeatures._grid import Grid


@dataclass(frozen=True)
class Asymmetry:
    """Differences of mirrored cells of `Grid`, left minus right of the image, and their size.

    Attributes:
        side: as in `Grid`.
        cells: cells along each side, even.
        sigmas: as in `Grid`.
    """

    name: ClassVar[str] = "asymmetry"
    version: ClassVar[int] = 1

    side: int = 512
    cells: int = 8
    sigmas: tuple[float, ...] = (1.0, 4.0)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        "<map>_r<row>c<column>" is signed, "<map>_abs_..." its size, "<map>_total" the mean size.
        """
        features: dict[str, float] = {}
        grid = Grid(self.side, self.cells, self.sigmas)
        for name, values in grid.maps(image).items():
            difference = (values - values[:, ::-1])[:, : self.cells // 2]
            features[f"{name}_total"] = float(np.abs(difference).mean())
            features |= named_cells(name, difference)
            features |= named_cells(f"{name}_abs", np.abs(difference))
        return features
