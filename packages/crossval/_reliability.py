"""Whether probabilities mean what they say."""

import numpy as np

BINS = 10
FLOOR = 1e-15
"""Probabilities are kept this far from 0 and 1 in logarithms, as float64 allows."""


def reliability(labels: np.ndarray, p: np.ndarray, bins: int = BINS) -> dict[str, float]:
    """Return figures of how far probabilities are from the truth.

    The calibration error is the mean over images of |share of positives − mean probability| in
    the image's bin, with `bins` bins of equal width in 0..1 (Naeini et al., AAAI 2015). Few
    images per bin raise it even where the probabilities are right.

    Args:
        labels: bool or 0/1 `(n,)`.
        p: probabilities `(n,)`.
        bins: how many.

    Returns:
        brier: mean squared error (Brier 1950); log_loss: mean negative log-likelihood in nats;
        calibration_error. All 0 for perfect certainty.
    """
    truth, p = np.asarray(labels, dtype=np.float64), np.asarray(p, dtype=np.float64)
    likelihood = np.clip(np.where(truth == 1, p, 1 - p), FLOOR, 1)
    return {
        "brier": float(np.mean((truth - p) ** 2)),
        "log_loss": float(-np.log(likelihood).mean()),
        "calibration_error": _calibration_error(truth, p, bins),
    }


def _calibration_error(truth: np.ndarray, p: np.ndarray, bins: int) -> float:
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(place, weights=truth - p, minlength=bins)
    return float(np.abs(gaps).sum() / len(p))
