"""How peaked the sharp structures are: lines and dots against even texture and noise."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cxrfeatures._family import cell_means
from cxrfeatures._lines import Lines, band_pass
from cxrlungs import Floats, normalised

SMALLEST = np.array(1e-9, np.float32), np.array(1e-15, np.float32)
"""Added to the mean square and to the mean fourth power: quiet cells are not peaked."""


@dataclass(frozen=True)
class Spikes(Lines):
    """Fourth moment over squared second moment of the responses of `Lines`, in mirrored cells.

    The strength of the noise, which differs between detectors, cancels: a cell of mere noise has
    one value however loud it is, and a single line across it has a larger one. Parameters and
    names are those of `Lines`.
    """

    name: ClassVar[str] = "spikes"
    version: ClassVar[int] = 1

    def maps(self, image: NDArray[np.uint8]) -> Iterator[tuple[str, Floats]]:
        """Yield name and log ratio, float32 `(cells, cells)`, of every band and sign."""
        for name, part in band_pass(normalised(image), self.sigma, self.bands):
            square = np.square(part)
            second = cell_means(square, self.cells) + SMALLEST[0]
            fourth = cell_means(np.square(square), self.cells) + SMALLEST[1]
            yield name, np.log(fourth) - 2 * np.log(second)
