"""What a soft map says beside its areas: how many pieces it has, and whether the members agree."""

from collections.abc import Sequence

import cv2
import numpy as np

from ensembling._maps import enlarge

CUT = 96
"""Level at which pieces are counted, between the cuts that the rules choose."""

STATISTICS = ("pieces", "largest", "disagreement")
"""Columns of `statistics`."""


def statistics(blended: np.ndarray, maps: Sequence[np.ndarray]) -> np.ndarray:
    """Return three figures of one image, float64 `(3,)`.

    The logarithm of 1 + the number of connected pieces at `CUT`; the share of the largest piece
    in their area (0 without any); the mean absolute difference of the members' maps from the
    blended one where that reaches `CUT`, 0..1 (0 where it does not, or for one member).

    Args:
        blended: uint8 `(s, s)`.
        maps: of the members, uint8 `(t, t)`.
    """
    high = blended >= CUT
    if not high.any():
        return np.zeros(len(STATISTICS))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(high.view(np.uint8), connectivity=8)
    areas = boxes[1:, cv2.CC_STAT_AREA]
    apart = [np.abs(enlarge(one, blended.shape)[high] - blended[high].astype(float)).mean()
             for one in maps]  # fmt: skip
    return np.array([np.log1p(len(areas)), areas.max() / areas.sum(), np.mean(apart) / 255])
