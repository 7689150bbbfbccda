"""Radiomics of every zone of the lungs."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cxrfeatures._family import reduced
from cxrfeatures._radiomics import radiomics
from cxrfeatures._zonal import fields_of, paired, zone_labels
from cxrlungs import SIDE, ZONES, normalised

CHOSEN = (
    "firstorder_Mean",
    "firstorder_10Percentile",
    "firstorder_90Percentile",
    "firstorder_InterquartileRange",
    "firstorder_Skewness",
    "firstorder_Kurtosis",
    "firstorder_Entropy",
    "glcm_Contrast",
    "glcm_Correlation",
    "glcm_DifferenceEntropy",
    "glcm_Id",
    "glcm_Imc1",
    "glcm_JointEntropy",
    "glcm_ClusterShade",
    "glrlm_RunPercentage",
    "glrlm_ShortRunEmphasis",
    "glszm_ZonePercentage",
    "gldm_SmallDependenceEmphasis",
    "ngtdm_Coarseness",
    "ngtdm_Busyness",
)
"""Measures of grey and of fine and coarse texture, most of them means over a zone."""
LEAST = 16
"""Pixels of a zone below which it takes the pixels of all zones."""
CEILING = 1e3
"""What a constant region has for Coarseness is 1e6; values are cut at this size."""


@dataclass(frozen=True)
class ZoneRadiomics:
    """Twenty features of `radiomics` in every zone of the image reduced to 256 pixels.

    Of both lungs the lower value, the higher one and their difference are kept, as in `Lines`. The
    features are of sections 3.3, 3.4, 3.6 to 3.8, 3.10 and 3.11 of the IBSI reference manual
    (arXiv:1612.07003), as `radiomics` has them.

    Attributes:
        bin_width: of a grey level, on the scale of 0 to 255 between the quantiles of the image.
    """

    name: ClassVar[str] = "zones"
    version: ClassVar[int] = 1

    bin_width: float = 12.0

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are "<feature>_<low|high|apart>_<zone>", features named as by `radiomics`.
        """
        small = reduced(image, SIDE)
        grey = np.round(255 * normalised(small)).astype(np.uint8)
        labels = zone_labels(fields_of(image), grey.shape)
        found = [self._zone(grey, labels, k) for k in range(1, 2 * len(ZONES) + 1)]
        features: dict[str, float] = {}
        for name in CHOSEN:
            values = np.clip([one[name] for one in found], -CEILING, CEILING)
            features |= paired(name, values.reshape(2, len(ZONES)))
        return features

    def _zone(
        self, grey: NDArray[np.uint8], labels: NDArray[np.uint8], number: int
    ) -> dict[str, float]:
        mask = labels == number
        if mask.sum() < LEAST:
            mask = labels > 0
        return radiomics(grey, mask, bin_width=self.bin_width)
