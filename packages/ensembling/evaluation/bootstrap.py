"""Errors and intervals of a mean over images in independent groups."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def group_numbers(ids: Sequence[str], groups: pd.Series | None) -> np.ndarray:
    """Return the number of the group of each image, int64 `(n,)`; without groups all differ."""
    return np.arange(len(ids)) if groups is None else pd.factorize(groups.loc[list(ids)])[0]


def standard_error(values: np.ndarray, group: np.ndarray) -> float:
    """Return the cluster-robust standard error of the mean of `values` `(n,)`.

    That is, sqrt(sum over groups of (sum of deviations)^2) / n (Liang & Zeger,
    Biometrika 73:13-22, 1986).
    """
    sums = np.bincount(group, values - values.mean())
    return float(np.sqrt((sums**2).sum()) / len(values))


def jackknife_error(scores: np.ndarray) -> float:
    """Return the standard error of a score due to the images that a rule is fitted on.

    The jackknife over folds (Shao & Wu, A general theory for jackknife variance estimation,
    Annals of Statistics 1989). With few folds it is rather too large, as fitted thresholds jump.

    Args:
        scores: of all images by the rule of each left-out fold, `(folds, n)`.
    """
    means = scores.mean(axis=1)
    return float(np.sqrt((len(means) - 1) * means.var()))


def bootstrap_interval(
    values: np.ndarray,
    group: np.ndarray,
    *,
    level: float,
    resamples: int,
    seed: int,
    fit_error: float = 0.0,
) -> tuple[float, float]:
    """Return a bootstrap percentile interval of the mean of `values` `(n,)` over whole groups.

    Images of one group are not independent (Field & Welsh, JRSS B 69:369-390, 2007). A normal
    error of standard deviation `fit_error` is added to each resample: the variation of the fit
    with its images, which resampling fixed values ignores.
    """
    means = resampled_means(values, group, resamples=resamples, seed=seed)
    means += np.random.default_rng((seed, resamples)).normal(0.0, fit_error, resamples)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resampled_means(
    values: np.ndarray, group: np.ndarray, *, resamples: int, seed: int
) -> np.ndarray:
    """Return the mean of `values` in each resample of whole groups, float64 `(resamples,)`."""
    _, group = np.unique(group, return_inverse=True)
    sums, sizes = np.bincount(group, values), np.bincount(group)
    rng, count = np.random.default_rng(seed), len(sums)
    means = np.empty(resamples)
    block = max(1, 2_000_000 // count)  # 16 MB of counts at a time
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=size)
        means[start : start + size] = (drawn @ sums) / (drawn @ sizes)
    return means
