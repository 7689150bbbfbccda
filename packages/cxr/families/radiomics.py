"""Radiomics of both lungs and of their zones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

import radiomics2d
from cxr.lungs.fields import Mask, fields_of
from cxr.lungs.zones import ZONES, paired, zone_labels
from imagefeatures import normalised

LEAST = 16
"""Pixels of a region below which it takes the pixels of both lungs."""


@dataclass(frozen=True)
class LungRadiomics:
    """The 93 features of `radiomics2d` of each lung, or of each of its zones.

    Of both lungs the lower value, the higher one and their difference are kept, as in `Lines`.

    Attributes:
        zones: of every zone, not of the lung as a whole.
        bin_width: of a grey level, on the scale of 0 to 255 between the quantiles of the image.
    """

    version: ClassVar[int] = 1

    zones: bool = False
    bin_width: float = 12.0

    @property
    def name(self) -> str:
        """The prefix of the columns: "zones", or "lungs"."""
        return "zones" if self.zones else "lungs"

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are "<feature>_<low|high|apart>_<zone>", features named as by `radiomics2d`; "lung"
        stands for the zone where a lung is taken as a whole.
        """
        grey = np.round(255 * normalised(image)).astype(np.uint8)
        labels = zone_labels(fields_of(image), grey.shape)
        numbers = np.arange(1, 2 * len(ZONES) + 1).reshape(2, len(ZONES))
        parts = ZONES if self.zones else ("lung",)
        regions = [np.isin(labels, part) for part in numbers.reshape(2 * len(parts), -1)]
        found = [self._region(grey, region, labels > 0) for region in regions]
        features: dict[str, float] = {}
        for name in found[0]:
            values = np.array([one[name] for one in found])
            features |= paired(name, values.reshape(2, len(parts)), parts)
        return features

    def _region(self, grey: NDArray[np.uint8], region: Mask, lungs: Mask) -> dict[str, float]:
        mask = region if region.sum() >= LEAST else lungs
        return radiomics2d.features(grey, mask, bin_width=self.bin_width)
