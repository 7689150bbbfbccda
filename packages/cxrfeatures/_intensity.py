"""Intensity statistics of the whole image."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

QUANTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
"""In percent."""


@dataclass(frozen=True)
class Intensity:
    """First-order statistics: moments, quantiles, entropy, share of black and white pixels."""

    name: ClassVar[str] = "intensity"
    version: ClassVar[int] = 1

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`.

        Entropy in bits; skew and excess kurtosis by population moments, 0 for a constant image;
        a quantile is the lowest grey level with that share of pixels at or below it.
        """
        share = np.bincount(image.ravel(), minlength=256) / image.size
        levels = np.arange(256)
        mean = float(share @ levels)
        second, third, fourth = (float(share @ (levels - mean) ** k) for k in (2, 3, 4))
        found = share[share > 0]
        features = {
            "mean": mean,
            "std": second**0.5,
            "skew": third / second**1.5 if second else 0.0,
            "kurtosis": fourth / second**2 - 3 if second else 0.0,
            "entropy": float(-(found * np.log2(found)).sum()),
            "black": float(share[0]),
            "white": float(share[255]),
        }
        cuts = np.searchsorted(np.cumsum(share), np.array(QUANTILES) / 100 - 1e-12)
        return features | {f"q{q:02d}": float(cut) for q, cut in zip(QUANTILES, cuts, strict=True)}
