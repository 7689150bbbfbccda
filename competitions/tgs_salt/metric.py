"""The competition's metric: the mean precision at ten thresholds of the intersection over union."""

import numpy as np

THRESHOLDS = np.arange(10, 20) / 20


def mean_precision(iou: np.ndarray) -> np.ndarray:
    """Return the share of the thresholds 0.50, 0.55, … 0.95 that an IoU exceeds.

    An image has one mask at most, so its precision at a threshold is 1 or 0. Source: the
    competition's evaluation page, see `Spec.metric_reference`.
    """
    return (iou[..., None] > THRESHOLDS).mean(axis=-1)
