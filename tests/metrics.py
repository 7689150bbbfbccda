"""Metrics of several competitions, for tests of what takes any."""

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st

Metric = Callable[[np.ndarray], np.ndarray]

THRESHOLDS = np.array([0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95])
"""Of the TGS Salt Identification Challenge."""


def dice(iou: np.ndarray) -> np.ndarray:
    """Return the Dice coefficient."""
    return 2 * iou / (1 + iou)


def tgs(iou: np.ndarray) -> np.ndarray:
    """Return the share of `THRESHOLDS` below the intersection over union."""
    return np.mean(iou[..., None] > THRESHOLDS, axis=-1)


def stairs(jumps: Sequence[float]) -> Metric:
    """Return the function that grows by 1 / len(jumps) at each of `jumps`, in (0, 1]."""
    ordered = np.sort(jumps)
    return lambda iou: np.searchsorted(ordered, iou, side="right") / len(ordered)


METRICS = {"dice": dice, "tgs": tgs}

_ratios = st.integers(1, 16).flatmap(lambda b: st.integers(1, b).map(lambda a: a / b))
_jumps = _ratios | st.floats(0, 1, exclude_min=True, allow_subnormal=False)

STRATEGIES: dict[str, st.SearchStrategy[Metric]] = {
    "dice": st.just(dice),
    "tgs": st.just(tgs),
    "stairs": st.lists(_jumps, min_size=1, max_size=8).map(stairs),
}
"""The same and any monotone step function, for hypothesis."""
