"""Local binary patterns in the zones of the lungs."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from skimage.feature import local_binary_pattern

from cxrfeatures._family import reduced
from cxrfeatures._zonal import Doubles, Labels, around_lungs, fields_of, paired, zone_labels
from cxrlungs import ZONES


@dataclass(frozen=True)
class Lbp:
    """Shares of the uniform local binary patterns (Ojala et al. 2002) by scikit-image.

    A pattern says how many of the points around a pixel are at least as bright as it; the last
    one stands for all that change more than twice around the circle. Of both lungs the lower
    share, the higher one and their difference are kept, as in `Lines`; the mirror image has the
    same but for ties between the points, which scikit-image rounds either way.

    Attributes:
        side: pixels to which the image is reduced first.
        points: on each circle.
        radii: of the circles, in pixels of the reduced image.
    """

    name: ClassVar[str] = "lbp"
    version: ClassVar[int] = 1

    side: int = 512
    points: int = 8
    radii: tuple[float, ...] = (1.0, 3.0)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are "radius<radius>_pattern<n>_<low|high|apart>_<zone>".
        """
        grey = reduced(image, self.side)
        labels = zone_labels(fields_of(image), grey.shape)
        near = around_lungs(labels, int(max(self.radii)) + 2)
        features: dict[str, float] = {}
        for radius in self.radii:
            patterns = local_binary_pattern(grey[near], self.points, radius, "uniform")
            shares = self._shares(patterns.astype(np.int64), labels[near])
            for pattern in range(self.points + 2):
                features |= paired(f"radius{radius:g}_pattern{pattern}", shares[..., pattern])
        return features

    def _shares(self, patterns: NDArray[np.int64], labels: Labels) -> Doubles:
        """Return float64 `(2, 5, points + 2)`: the share of every pattern in every zone.

        A zone without a pixel takes the shares of all zones.
        """
        kinds = self.points + 2
        cells = (2 * len(ZONES) + 1) * kinds
        counts = np.bincount((labels.astype(np.int64) * kinds + patterns).ravel(), minlength=cells)
        counts = counts.reshape(-1, kinds)[1:]
        counts = np.where(counts.sum(1, keepdims=True) > 0, counts, counts.sum(0))
        return (counts / np.maximum(counts.sum(1, keepdims=True), 1)).reshape(2, -1, kinds)
