"""Calibration of probabilities by strictly increasing functions."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

EDGE = 1e-6
"""Probabilities are clipped to [EDGE, 1 − EDGE] before the logarithm."""

FLATTEST = 1e-3
"""Minimum slope, so that the calibration is always strictly increasing."""


@dataclass(frozen=True)
class Calibration:
    """A strictly increasing function of probabilities: logistic in their logarithms.

    Attributes:
        method: "none", "platt" or "beta".
        slopes: a and b of ``logit q = a ln p − b ln(1 − p) + c``; equal for "platt".
        shift: c.

    Sources: Platt, Advances in Large Margin Classifiers 1999 (on scores; here on logits);
    beta calibration: Kull, Silva Filho & Flach, AISTATS 2017.
    """

    method: str = "none"
    slopes: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0

    def apply(self, p: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, float64, same shape as `p`."""
        p = np.asarray(p, dtype=np.float64)
        return p if self.method == "none" else _expit(_logs(p) @ self.slopes + self.shift)


def fit_calibration(method: str, p: np.ndarray, labels: np.ndarray) -> Calibration:
    """Fit a calibration by maximum likelihood.

    Args:
        method: "none", "platt" or "beta".
        p: out-of-fold probabilities, `(n,)`.
        labels: 0 or 1, `(n,)`.
    """
    if method == "none":
        return Calibration()
    logs = _logs(np.asarray(p, dtype=np.float64))
    inputs = logs if method == "beta" else logs.sum(axis=1, keepdims=True)
    slopes, shift = _fit(inputs, np.asarray(labels, dtype=np.float64))
    return Calibration(method, (float(slopes[0]), float(slopes[-1])), float(shift))


def _fit(inputs: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Return slopes (at least `FLATTEST`) and shift that minimise the convex log loss."""

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        z = inputs @ values[:-1] + values[-1]
        gap = _expit(z) - truth
        gradient = np.append(gap @ inputs, gap.sum()) / len(truth)
        return float(np.mean(np.logaddexp(0, z) - truth * z)), gradient

    count = inputs.shape[1]
    bounds = [(FLATTEST, None)] * count + [(None, None)]
    start = np.append(np.ones(count), 0.0)
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return found.x[:-1], found.x[-1]


def _logs(p: np.ndarray) -> np.ndarray:
    """Return ln p and −ln(1 − p), `(…, 2)`."""
    p = np.clip(p, EDGE, 1 - EDGE)
    return np.stack([np.log(p), -np.log1p(-p)], axis=-1)


def _expit(z: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -z))
