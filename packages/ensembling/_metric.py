"""The competition's metric: a function of the overlap of two masks."""

from collections.abc import Callable

import numpy as np

Metric = Callable[[np.ndarray], np.ndarray]
"""Function of the intersection over union of truth and mask, float64 of any shape in 0..1, that
returns the score of each image. Non-decreasing; 0 if the masks share no pixel or exactly one is
empty, 1 if they are equal, also if both are empty. Dice is ``2 * u / (1 + u)``."""

GRAIN = 2.0**40
"""Scores are integer multiples of 1 / GRAIN, so that sums over up to 8,000 images are exact in any
order and on any processor, and rules of equal quality have exactly equal scores."""


def iou(area: np.ndarray, shared: np.ndarray, truth: np.ndarray | float) -> np.ndarray:
    """Return the intersection over union, float64; 1 where truth and mask are both empty.

    Args:
        area: pixels of the mask.
        shared: pixels of the mask in the truth.
        truth: pixels of the truth.
    """
    union = area + truth - shared
    return np.divide(shared, union, out=np.ones(np.shape(union)), where=union > 0)


def scores_of(metric: Metric, overlap: np.ndarray) -> np.ndarray:
    """Return `metric` of `overlap` as multiples of 1 / `GRAIN`."""
    return np.rint(np.asarray(metric(overlap), np.float64) * GRAIN) / GRAIN
