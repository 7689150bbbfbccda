"""The competition's metric: the mean Dice coefficient over images."""

import numpy as np


def dice(iou: np.ndarray) -> np.ndarray:
    """Return the Dice coefficient 2 |X and Y| / (|X| + |Y|) of an intersection over union.

    Source: the competition's evaluation page, see `Spec.metric_reference`.
    """
    return 2 * iou / (1 + iou)
