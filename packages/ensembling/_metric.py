"""The competition's metric: a function of how much two masks overlap."""

from collections.abc import Callable

import numpy as np

Metric = Callable[[np.ndarray], np.ndarray]
"""From the intersection over union of truth and mask, float64 of any shape in 0..1, to the score
of each image. It grows with the overlap; 0 where exactly one of the masks is empty or they share
no pixel, 1 where they are equal (two empty masks are). Dice is ``2 * u / (1 + u)``."""

GRAIN = 2.0**40
"""Scores are whole multiples of 1 / GRAIN: then the sums over up to 8,000 images are exact, in any
order and on any processor, and rules that are equally good are so to the last bit."""


def iou(area: np.ndarray, shared: np.ndarray, truth: np.ndarray | float) -> np.ndarray:
    """Return the intersection over union, float64; 1 where truth and mask are both empty.

    Args:
        area: pixels of the mask.
        shared: of them those in the truth.
        truth: pixels of the truth.
    """
    union = area + truth - shared
    return np.divide(shared, union, out=np.ones(np.shape(union)), where=union > 0)


def scores_of(metric: Metric, overlap: np.ndarray) -> np.ndarray:
    """Return `metric` of `overlap` as multiples of 1 / `GRAIN`."""
    return np.rint(np.asarray(metric(overlap), np.float64) * GRAIN) / GRAIN
