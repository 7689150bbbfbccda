"""How well image-level probabilities rank the images, with an interval."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata


def area_under_roc(labels: np.ndarray, p: np.ndarray) -> float:
    """Return the area under the ROC curve.

    The Mann-Whitney form: the share of (positive, negative) pairs that are ordered rightly, ties
    counting half (Hanley & McNeil, Radiology 143:29-36, 1982).

    Args:
        labels: bool or 0/1 `(n,)`.
        p: any score that grows with the evidence, `(n,)`.

    Returns:
        0..1; NaN if one of the classes is missing.
    """
    labels = np.asarray(labels, dtype=bool)
    positive, negative = int(labels.sum()), int((~labels).sum())
    if not positive or not negative:
        return float("nan")
    rank_sum = rankdata(p)[labels].sum()
    return float((rank_sum - positive * (positive + 1) / 2) / (positive * negative))


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

    Whole groups (patients) are drawn with replacement where `groups` is given, since images of
    one patient are not independent (Field & Welsh, JRSS B 69:369-390, 2007); else images.
    """
    index = labels.index
    units = np.arange(len(index)) if groups is None else pd.factorize(groups.loc[index])[0]
    members = pd.Series(np.arange(len(index))).groupby(units).apply(np.asarray).to_list()
    truth, score = labels.to_numpy(bool), p.loc[index].to_numpy(float)
    rng = np.random.default_rng(seed)
    values = np.empty(resamples)
    for draw in range(resamples):
        chosen = rng.integers(len(members), size=len(members))
        rows = np.concatenate([members[unit] for unit in chosen])
        values[draw] = area_under_roc(truth[rows], score[rows])
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
