"""Leakage between folds through images of one group, such as a patient."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from crossval._errors import FoldError
from crossval._ranking_metrics import area_under_roc


class Leakage(NamedTuple):
    """Leakage through groups that are in several folds.

    Attributes:
        share: share of the images whose group has an image in another fold, 0..1.
        auc: area under the ROC curve of the score of `group_leakage`; 0.5 without leakage, NaN if
            all labels are equal.
    """

    share: float
    auc: float


def group_leakage(folds: pd.Series, labels: pd.Series, groups: pd.Series) -> Leakage:
    """Return the leakage through groups with images in several folds.

    The score of an image is the mean label of its group's images in other folds, which a learner
    that recognises the group knows from training. An image without such images gets the share of
    positives among all images. Folds that keep groups together have share 0 and AUC 0.5.

    On records of one subject in both training and test set see Saeb et al., "The need to
    approximate the use-case in clinical machine learning", GigaScience 6 (2017).

    Args:
        folds: indexed by image id, as from `make_folds`.
        labels: indexed by image id; an image is positive where it is more than 0.
        groups: indexed by image id. Both must contain all images of `folds`; others are ignored.

    Raises:
        FoldError: images without a label or a group.
    """
    labels, groups = labels.reindex(folds.index), groups.reindex(folds.index)
    for what, column in (("label", labels), ("group", groups)):
        if column.isna().any():
            first = folds.index[column.isna()][0]
            raise FoldError(f"{column.isna().sum()} images have no {what}, first {first}")
    positive = (labels > 0).to_numpy(np.int64)
    group = pd.factorize(groups)[0]
    here = pd.MultiIndex.from_arrays([group, folds.to_numpy()]).factorize()[0]
    others = _per_group(group) - _per_group(here)
    positives = _per_group(group, positive) - _per_group(here, positive)
    base = positive.mean() if len(positive) else 0.0
    score = np.where(others > 0, positives / np.maximum(others, 1), base)
    share = float((others > 0).mean()) if len(others) else 0.0
    return Leakage(share, area_under_roc(positive, score))


def _per_group(group: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the sum over the group of every row, float64 ``(n,)``."""
    return np.bincount(group, weights).astype(np.float64)[group]
