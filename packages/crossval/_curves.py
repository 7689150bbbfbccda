"""ROC and precision-recall curves with confidence bands; calibration of probabilities."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss

from crossval._ranking_metrics import Floats, resampled

POINTS = 101
"""Number of points of a curve."""
BINS = 10
"""Number of bins of the probability for the calibration error."""
ROUNDING = 1e-9
"""Tolerance for equal rates."""


@dataclass(frozen=True)
class Curve:
    """A curve on a grid, float64 `(101,)` each; NaN where undefined.

    Attributes:
        x: the false positive rate (ROC), or the recall (precision-recall); 0..1.
        y: the true positive rate, or the precision.
        low, high: pointwise percentile band of the bootstrap.
    """

    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    high: np.ndarray


def ranking_curves(
    labels: pd.Series,
    p: pd.Series,
    groups: pd.Series | None = None,
    *,
    level: float = 0.95,
    resamples: int = 200,
    seed: int = 0,
) -> tuple[Curve, Curve]:
    """Return the ROC and the precision-recall curve.

    The true positive rate at a false positive rate is that of the lowest threshold that does not
    exceed it; the precision at a recall is that of the highest threshold that reaches it. The
    bands are a bootstrap over whole groups (patients), as in `auc_interval`.

    Args:
        labels: bool or 0/1, indexed by image id.
        p: scores with at least these ids.
        groups: of images, such as patients, with at least these ids; None: one group per image.
        level: share of the resamples inside the band at each point.
    """
    truth, score = labels.to_numpy(bool), p.loc[labels.index].to_numpy(float)
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
    own = _both(np.ones((1, len(truth))), truth, order, last)[0]
    drawn = resampled(labels.index, groups, resamples, seed)
    rows = np.concatenate([_both(weights, truth, order, last) for weights in drawn])
    known = ~np.isnan(rows).all(axis=0)
    band = np.full((2, *own.shape), np.nan)
    band[:, known] = np.nanquantile(rows[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    x = np.linspace(0, 1, POINTS)
    roc, precision = (Curve(x, own[k], band[0, k], band[1, k]) for k in (0, 1))
    return roc, precision


def _both(weights: Floats, truth: np.ndarray, order: np.ndarray, last: np.ndarray) -> Floats:
    """Return both curves of every row of weights, `(r, 2, 101)`."""
    ordered = weights[:, order]
    found = np.cumsum(ordered * truth[order], axis=1)[:, last]
    wrong = np.cumsum(ordered * ~truth[order], axis=1)[:, last]
    grid = np.linspace(0, 1, POINTS)
    curves = np.full((len(weights), 2, POINTS), np.nan)
    for row, hits, alarms in zip(curves, found, wrong, strict=True):
        if hits[-1] == 0 or alarms[-1] == 0:
            continue
        kept = np.searchsorted(alarms / alarms[-1], grid + ROUNDING, side="right")
        row[0] = np.r_[0.0, hits / hits[-1]][kept]
        reached = np.searchsorted(hits / hits[-1], np.maximum(grid - ROUNDING, ROUNDING))
        row[1] = (hits / np.maximum(hits + alarms, 1e-300))[reached]
    return curves


def reliability(labels: np.ndarray, p: np.ndarray, bins: int = BINS) -> dict[str, float]:
    """Return metrics of the calibration of probabilities.

    The calibration error is the mean over images of |share of positives − mean probability| in
    the image's bin, with `bins` bins of equal width in 0..1 (Naeini et al., AAAI 2015). Few
    images per bin increase it even for calibrated probabilities.

    Args:
        labels: bool or 0/1 `(n,)`.
        p: probabilities `(n,)`.

    Returns:
        brier: mean squared error (Brier 1950); log_loss: mean negative log-likelihood in nats;
        calibration_error. All 0 for perfect certainty.
    """
    truth, p = np.asarray(labels, dtype=np.float64), np.asarray(p, dtype=np.float64)
    return {
        "brier": float(brier_score_loss(truth, p)),
        "log_loss": float(log_loss(truth, p, labels=[0, 1])),
        "calibration_error": _calibration_error(truth, p, bins),
    }


def _calibration_error(truth: np.ndarray, p: np.ndarray, bins: int) -> float:
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(place, weights=truth - p, minlength=bins)
    return float(np.abs(gaps).sum() / len(p))
