"""Ranking metrics of image-level probabilities, with intervals over groups."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

CHUNK = 2_000_000
"""Number of bootstrap weights in memory at a time."""

Floats = NDArray[np.float64]
Weighted = Callable[[Floats, Floats], Floats]
"""Function of positive and negative weights, `(r, u)` by ascending distinct score, to `(r,)`."""


def area_under_roc(labels: np.ndarray, p: np.ndarray) -> float:
    """Return the area under the ROC curve.

    The Mann-Whitney form: the share of (positive, negative) pairs in the right order, ties
    counting half (Hanley & McNeil, Radiology 143:29-36, 1982).

    Args:
        labels: bool or 0/1 `(n,)`.
        p: any score that is higher for positives, `(n,)`.

    Returns:
        0..1; NaN if one of the classes is missing.
    """
    labels = np.asarray(labels, dtype=bool)
    positive, negative = int(labels.sum()), int((~labels).sum())
    if not positive or not negative:
        return float("nan")
    rank_sum = rankdata(p)[labels].sum()
    return float((rank_sum - positive * (positive + 1) / 2) / (positive * negative))


def average_precision(labels: np.ndarray, p: np.ndarray) -> float:
    """Return the average precision: precision at every threshold, weighted by the recall it adds.

    No interpolation; images of equal score are counted together (scikit-learn's definition). The
    value of a random score is about the share of positives.

    Args:
        labels: bool or 0/1 `(n,)`.
        p: any score that is higher for positives, `(n,)`.

    Returns:
        0..1; NaN if one of the classes is missing.
    """
    labels = np.asarray(labels, dtype=bool)
    if labels.all() or not labels.any():
        return float("nan")
    return float(average_precision_score(labels, p))


def auc_interval(
    labels: pd.Series,
    p: pd.Series,
    groups: pd.Series | None = None,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a bootstrap percentile interval of the AUC.

    With `groups`, whole groups (patients) are drawn with replacement, as images of one group are
    not independent (Field & Welsh, JRSS B 69:369-390, 2007); otherwise images are drawn.

    Args:
        labels: bool or 0/1, indexed by image id.
        p: scores with at least the ids of `labels`.
        groups: of images, such as patients, with at least these ids; None: one group per image.
        level: share of the resamples inside the interval.

    Returns:
        (low, high); NaN if no resample has both classes.
    """
    return _interval(_weighted_area, labels, p, groups, level, resamples, seed)


def average_precision_interval(
    labels: pd.Series,
    p: pd.Series,
    groups: pd.Series | None = None,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a bootstrap percentile interval of the average precision, as `auc_interval` does."""
    return _interval(_weighted_precision, labels, p, groups, level, resamples, seed)


def _interval(
    measure: Weighted,
    labels: pd.Series,
    p: pd.Series,
    groups: pd.Series | None,
    level: float,
    resamples: int,
    seed: int,
) -> tuple[float, float]:
    truth, score = labels.to_numpy(bool), p.loc[labels.index].to_numpy(float)
    drawn = resampled(labels.index, groups, resamples, seed)
    values = np.concatenate([_measured(measure, truth, score, weights) for weights in drawn])
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resampled(
    ids: pd.Index, groups: pd.Series | None, resamples: int, seed: int
) -> Iterator[Floats]:
    """Yield how often each image is drawn, `(r, n)`, in total `resamples` rows."""
    units = np.arange(len(ids)) if groups is None else pd.factorize(groups.loc[ids])[0]
    rng = np.random.default_rng(seed)
    count = int(units.max()) + 1
    step = max(1, CHUNK // len(units))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        chosen = rng.integers(count, size=(rows, count)) + count * np.arange(rows)[:, None]
        times = np.bincount(chosen.ravel(), minlength=rows * count).reshape(rows, count)
        yield times[:, units].astype(np.float64)


def _measured(measure: Weighted, truth: np.ndarray, score: Floats, weights: Floats) -> Floats:
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    ordered, positive = weights[:, order], truth[order]
    gains = np.add.reduceat(ordered * positive, starts, axis=1)
    losses = np.add.reduceat(ordered * ~positive, starts, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = measure(gains, losses)
    values[(gains.sum(axis=1) == 0) | (losses.sum(axis=1) == 0)] = np.nan
    return values


def _weighted_area(gains: Floats, losses: Floats) -> Floats:
    below = np.cumsum(losses, axis=1) - losses / 2
    return (gains * below).sum(axis=1) / (gains.sum(axis=1) * losses.sum(axis=1))


def _weighted_precision(gains: Floats, losses: Floats) -> Floats:
    found = np.cumsum(gains[:, ::-1], axis=1)
    called = found + np.cumsum(losses[:, ::-1], axis=1)
    precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
    return (gains[:, ::-1] * precision).sum(axis=1) / gains.sum(axis=1)
