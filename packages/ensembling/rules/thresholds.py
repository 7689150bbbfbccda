"""The triplet rule: which images get a mask, and which pixels are in it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import ConfigDict

from ensembling.maps.level_counts import LevelCounts


@dataclass(frozen=True)
class Thresholds:
    """The mask is the pixels of `bottom` or more if more than `min_area` have `top` or more.

    The "triplet" of the winning solution of SIIM-ACR 2019, there (0.75, 2000, 0.3), optionally
    with a gate on the probability of the image.

    Attributes:
        top: level 1..255 of the uint8 map (255 = probability 1).
        min_area: pixels at the size of the submission.
        bottom: level 1..`top`; pixels of this level or more form the mask.
        gate: minimum blended probability of an image with a mask; None for no gate.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")  # when a blend is read

    top: int
    min_area: int
    bottom: int
    gate: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.bottom <= self.top <= 255:
            raise ValueError(f"levels must hold 1 <= bottom <= top <= 255: {self}")
        if self.min_area < 0:
            raise ValueError(f"min_area must be 0 or more, not {self.min_area}")

    def mask(self, prob: np.ndarray) -> np.ndarray | None:
        """Return the bool `(h, w)` mask of a blended map of that size, or None for no mask.

        The gate is not applied.
        """
        if np.count_nonzero(prob >= self.top) <= self.min_area:
            return None
        return prob >= self.bottom


def predicted(area: np.ndarray, thresholds: Thresholds, p: np.ndarray | None = None) -> np.ndarray:
    """Return which images get a mask, bool `(n,)`.

    Args:
        area: `(n, 256)`, see `LevelCounts`.
        p: blended probabilities `(n,)`; needed for a gate.
    """
    passing = area[:, thresholds.top] > thresholds.min_area
    if thresholds.gate is not None:
        assert p is not None, "a gate needs probabilities"
        passing &= p >= thresholds.gate
    return passing


def scores(counts: LevelCounts, thresholds: Thresholds, p: np.ndarray | None) -> np.ndarray:
    """Return the metric of every image under the rule, float64 `(n,)`."""
    passing = predicted(counts.area, thresholds, p)
    return counts.empty + np.where(passing, counts.gain[:, thresholds.bottom], 0.0)
