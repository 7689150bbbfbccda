"""Oriented structures in the zones of the lungs, by a bank of Gabor filters."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cxrfeatures._family import reduced
from cxrfeatures._zonal import around_lungs, fields_of, paired, zone_labels, zone_means
from cxrlungs import Floats, normalised

EPSILONS = 1e-8, 1e-10
"""Added to mean squares and to mean fourth powers before the logarithm."""
SIGMA = 0.45
"""Width of the envelope in wavelengths: about one octave."""
ASPECT = 0.5
"""The envelope is twice as long along the stripes as across."""


@dataclass(frozen=True)
class Gabor:
    """Energy and fourth moment of bright responses of even Gabor filters (Daugman 1985).

    Directions are seen from the middle of the chest, so that those of the right lung are
    mirrored; of both lungs the lower value, the higher one and their difference are kept.

    Attributes:
        side: pixels to which the image is reduced first.
        orientations: of the filters, evenly over half a turn.
        wavelengths: in pixels of the reduced image; a bright line half as wide answers most.
    """

    name: ClassVar[str] = "gabor"
    version: ClassVar[int] = 1

    side: int = 512
    orientations: int = 4
    wavelengths: tuple[float, ...] = (5.0, 10.0)

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Names are "wave<wavelength>_o<n>_<energy|bright>_<low|high|apart>_<zone>", in natural
        logarithms. o0 are upright lines; each next one is turned by a step towards the middle at
        its upper end.
        """
        grey = normalised(reduced(image, self.side))
        labels = zone_labels(fields_of(image), grey.shape)
        near = around_lungs(labels, gabor_kernel(max(self.wavelengths), 0.0).shape[0] // 2)
        grey, labels = grey[near], labels[near]
        features: dict[str, float] = {}
        for wave in self.wavelengths:
            moments = [self._moments(grey, labels, wave, k) for k in range(self.orientations)]
            for k in range(self.orientations):
                mirrored = moments[-k % self.orientations]
                for kind, left, right in zip(
                    ("energy", "bright"), moments[k], mirrored, strict=True
                ):
                    values = np.stack([left[0], right[1]])
                    features |= paired(f"wave{wave:g}_o{k}_{kind}", values)
        return features

    def _moments(
        self, grey: Floats, labels: NDArray[np.uint8], wave: float, k: int
    ) -> list[NDArray[np.float64]]:
        kernel = gabor_kernel(wave, np.pi * k / self.orientations)
        response = cv2.filter2D(grey, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT)
        powers = np.square(response), np.square(np.square(np.maximum(response, 0)))
        return [
            np.log(zone_means(power, labels) + epsilon)
            for power, epsilon in zip(powers, EPSILONS, strict=True)
        ]


def gabor_kernel(wavelength: float, turn: float) -> Floats:
    """Return an even kernel for lines turned clockwise by `turn` from upright, float32 `(n, n)`.

    Its sum is 0 and the sum of its sizes 1: an even grey gives nothing.
    """
    sigma = SIGMA * wavelength
    reach = int(np.ceil(2 * sigma / ASPECT))
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    over = across * np.cos(turn) + down * np.sin(turn)
    along = down * np.cos(turn) - across * np.sin(turn)
    envelope = np.exp(-(over**2 + (ASPECT * along) ** 2) / (2 * sigma**2))
    kernel = envelope * np.cos(2 * np.pi * over / wavelength)
    kernel -= envelope * (kernel.sum() / envelope.sum())
    return np.asarray(kernel / np.abs(kernel).sum(), np.float32)
