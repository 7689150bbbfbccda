"""Which columns alone tell positive from negative images."""

import numpy as np
from scipy.stats import rankdata


def best_columns(table: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Choose the columns that alone rank the images best.

    A column's worth is |AUC − ½|, the Mann-Whitney statistic; unknown values count as the
    column's middle rank, so that they say nothing. Equal worth: the first column.

    Args:
        table: `(n, k)`, NaN = unknown.
        labels: 0 or 1, `(n,)`, both present.
        count: columns wanted; all where there are fewer.

    Returns:
        bool `(k,)`, True = chosen.
    """
    ranks = rankdata(table, axis=0, nan_policy="omit")
    known = (~np.isnan(table)).sum(axis=0)
    ranks = np.where(np.isnan(ranks), (known + 1) / 2, ranks)
    positive = labels == 1
    above = ranks[positive].mean(axis=0) - ranks[~positive].mean(axis=0)
    worth = np.abs(above) / np.maximum(known, 1)
    chosen = np.zeros(table.shape[1], dtype=bool)
    chosen[np.argsort(-worth, kind="stable")[:count]] = True
    return chosen
