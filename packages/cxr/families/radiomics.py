"""Radiomics of both lungs or of their zones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

import radiomics2d
from cxr.lungs.fields import Mask, fields_of
from cxr.lungs.zones import ZONES, paired, zone_labels
from imagefeatures import normalised

LEAST = 16
"""Least number of pixels of a region; a smaller region is replaced by both lungs."""


@dataclass(frozen=True)
class LungRadiomics:
    """The 93 `radiomics2d` features of each lung or of each of its zones.

    As in `Lines`, the lower and higher value of both lungs and their difference are kept.

    Attributes:
        zones: whether to compute the features of every zone instead of the whole lung.
        bin_width: width of a grey level, on the scale of the normalised image, 0 to 255.
    """

    version: ClassVar[int] = 1

    zones: bool = False
    bin_width: float = 12.0

    @property
    def name(self) -> str:
        """Prefix of the columns, "zones" or "lungs"."""
        return "zones" if self.zones else "lungs"

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are `<feature>_<low|high|apart>_<zone>` with the feature names of `radiomics2d`; the
        zone is "lung" for whole lungs.
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
