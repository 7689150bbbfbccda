"""Energies of a wavelet decomposition in the zones of the lungs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pywt
from numpy.typing import NDArray

from cxrfeatures._family import reduced
from cxrfeatures._zonal import fields_of, paired, zone_labels, zone_means
from cxrlungs import Floats, normalised

EPSILONS = 1e-8, 1e-12
"""Added to mean squares and to mean fourth powers before the logarithm."""
DETAILS = ("down", "across", "diagonal")
"""In which direction the grey value changes; the order is that of PyWavelets."""


@dataclass(frozen=True)
class Wavelets:
    """Second and fourth moments of the details of a separable decomposition (Mallat 1989).

    Of both lungs the lower value, the higher one and their difference are kept, as in `Lines`.
    The Haar wavelet gives the mirror image the same features; longer ones do so nearly.

    Attributes:
        side: pixels to which the image is reduced first.
        wavelet: name in PyWavelets.
        levels: of the decomposition; level 1 is the finest.
    """

    name: ClassVar[str] = "wavelets"
    version: ClassVar[int] = 1

    side: int = 512
    wavelet: str = "haar"
    levels: int = 4

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are "<down|across|diagonal><level>_<energy|fourth>_<low|high|apart>_<zone>", in
        natural logarithms.
        """
        fields = fields_of(image)
        features: dict[str, float] = {}
        for name, detail in self.details(normalised(reduced(image, self.side))):
            labels = zone_labels(fields, detail.shape)
            power = np.square(detail)
            moments = (("energy", power), ("fourth", np.square(power)))
            for (kind, moment), epsilon in zip(moments, EPSILONS, strict=True):
                values = np.log(zone_means(moment, labels) + epsilon)
                features |= paired(f"{name}_{kind}", values)
        return features

    def details(self, grey: Floats) -> Iterator[tuple[str, Floats]]:
        """Yield "<direction><level>" and the coefficients, float32, of every level of `grey`."""
        for level in range(1, self.levels + 1):
            grey, details = pywt.dwt2(grey, self.wavelet, mode="symmetric")
            for direction, detail in zip(DETAILS, details, strict=True):
                yield f"{direction}{level}", detail
