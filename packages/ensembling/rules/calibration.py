"""Calibration of the members' probabilities, so that they can be averaged."""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

Calibration = Mapping[str, tuple[float, float]]
"""Slope and intercept on the logit of a member's probability, by member name."""

EDGE = 1e-6
"""Minimum distance of probabilities from 0 and 1 before their logit is computed."""


def logit(p: np.ndarray) -> np.ndarray:
    """Return ln(p / (1 - p)), with p kept within `EDGE` of 0 and 1."""
    kept = np.clip(p, EDGE, 1 - EDGE)
    return np.log(kept / (1 - kept))


def fit_calibration(
    names: Sequence[str], p: np.ndarray, positive: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Fit a logistic calibration of every member (Platt, Advances in Large Margin Classifiers,
    61-74, 1999), with scikit-learn's default ridge on the slope.

    Args:
        p: float64 `(n, m)`.
        positive: bool `(n,)`, with positive and negative images.
    """
    fitted = {}
    for name, column in zip(names, logit(p).T, strict=True):
        model = LogisticRegression().fit(column[:, None], positive)
        fitted[name] = (float(model.coef_[0, 0]), float(model.intercept_[0]))
    return fitted


def blend_probabilities(
    names: Sequence[str], p: np.ndarray, calibration: Calibration, weights: Mapping[str, float]
) -> np.ndarray:
    """Return the weighted mean of the calibrated probabilities, float64 `(n,)`.

    Args:
        p: float64 `(n, m)`.
        weights: by member name, with sum 1.
    """
    total = np.zeros(len(p))
    for name, column in zip(names, logit(p).T, strict=True):
        slope, intercept = calibration[name]
        total += weights[name] / (1 + np.exp(-(slope * column + intercept)))
    return total
