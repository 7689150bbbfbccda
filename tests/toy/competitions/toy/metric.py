"""The metric of the TGS Salt Identification Challenge."""

import numpy as np

THRESHOLDS = np.arange(10, 20) / 20


def share_of_thresholds(iou: np.ndarray) -> np.ndarray:
    """Return the share of the thresholds 0.50, 0.55, … 0.95 that an IoU exceeds."""
    return (iou[..., None] > THRESHOLDS).mean(axis=-1)
