"""Statistics of a probability map: connected components, agreement of the members."""

from collections.abc import Sequence

import cv2
import numpy as np

from ensembling.maps.averaging import enlarge

LEVEL = 96
"""Level at which components are counted."""

STATISTICS = ("pieces", "largest", "disagreement", "spread")
"""Columns of `statistics`."""


def statistics(
    blended: np.ndarray, maps: Sequence[np.ndarray], spreads: Sequence[float]
) -> np.ndarray:
    """Return four figures of one image, float64 `(4,)`.

    The logarithm of 1 + the number of connected components at `LEVEL`; the share of the largest
    component in their area (0 without any); the mean absolute difference of the members' maps from
    the blended map on the pixels of `LEVEL` or more, 0..1 (0 without any, or for one member); the
    mean of the members' spreads.

    Args:
        blended: uint8 `(s, s)`.
        maps: of the members, uint8 `(t, t)`.
        spreads: of each member, 0..1.
    """
    high = blended >= LEVEL
    spread = float(np.mean(spreads))
    if not high.any():
        return np.array([0, 0, 0, spread])
    _, _, boxes, _ = cv2.connectedComponentsWithStats(high.view(np.uint8), connectivity=8)
    areas = boxes[1:, cv2.CC_STAT_AREA]
    apart = [np.abs(enlarge(one, blended.shape)[high] - blended[high].astype(float)).mean()
             for one in maps]  # fmt: skip
    return np.array([np.log1p(len(areas)), areas.max() / areas.sum(), np.mean(apart) / 255, spread])
