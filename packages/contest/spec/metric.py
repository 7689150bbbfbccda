"""A competition's metric: a function of the intersection over union, checked when it is loaded."""

from collections.abc import Callable
from functools import cache

import numpy as np

from contest._errors import SpecError
from contest.spec.plugin import plugin
from contest.spec.spec import Spec

Metric = Callable[[np.ndarray], np.ndarray]
"""Function of the IoU, float64 of any shape in 0..1, that returns scores; `ensembling.Metric`."""

STEPS = 720_720
"""A multiple of all integers up to 16: metrics often jump at halves, thirds, and so on."""


def metric_of(spec: Spec) -> Metric:
    """Return the competition's metric.

    Raises:
        SpecError: the function is missing or is not a metric of overlap; with all faults.
    """
    return _checked(spec.metric)


@cache
def _checked(reference: str) -> Metric:
    function: Metric = plugin(reference)
    if faults := _faults(function):
        raise SpecError(f"metric {reference!r}", faults, "correct the function")
    return function


def _faults(function: Metric) -> list[str]:
    overlap = np.arange(STEPS + 1) / STEPS
    try:
        with np.errstate(all="ignore"):
            scores = np.asarray(function(overlap.copy()), np.float64)
    except Exception as error:
        return [f"it raises {type(error).__name__} ({' '.join(str(error).split())})"]
    if scores.shape != overlap.shape:
        return [f"it returns shape {scores.shape} for {overlap.shape}: it must be element-wise"]
    if np.isnan(scores).any():
        return [f"it returns NaN for an IoU of {overlap[np.isnan(scores)][0]:.4g}"]
    faults = []
    if scores[0] != 0:
        faults.append(f"an IoU of 0 scores {scores[0]:.6g}, it must be 0")
    if scores[-1] != 1:
        faults.append(f"an IoU of 1 scores {scores[-1]:.6g}, it must be 1")
    falls = np.flatnonzero(np.diff(scores) < 0)
    if len(falls):
        faults.append(f"it falls after an IoU of {overlap[falls[0]]:.4g}: it must not decrease")
    return faults
