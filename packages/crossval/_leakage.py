"""How much the folds give away: what the other images of a patient tell about a held-out one."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from crossval._errors import FoldError
from crossval._judge import area_under_roc


class Leakage(NamedTuple):
    """What patients in several folds give away.

    Attributes:
        share: of the images whose patient has an image in another fold, 0..1.
        auc: area under the ROC curve of the mean label of those other images; 0.5 tells
            nothing, NaN where all labels are alike.
    """

    share: float
    auc: float


def patient_leakage(folds: pd.Series, labels: pd.Series, patients: pd.Series) -> Leakage:
    """Return how well the labels of a patient's images in other folds predict the held-out ones.

    A learner that recognises the patient knows these labels from its training. The score of an
    image is their mean; an image without them gets the share of positives among all images.
    Folds that keep patients together have share 0 and AUC 0.5.

    The effect of records of one subject on both sides of a split: Saeb et al., "The need to
    approximate the use-case in clinical machine learning", GigaScience 6 (2017).

    Args:
        folds: indexed by image id, as from `make_folds`.
        labels: indexed by image id; an image is positive where it is more than 0.
        patients: indexed by image id. Both must hold every image of `folds`; others are ignored.

    Raises:
        FoldError: images without a label or a patient.
    """
    labels, patients = labels.reindex(folds.index), patients.reindex(folds.index)
    for what, column in (("label", labels), ("patient", patients)):
        if column.isna().any():
            first = folds.index[column.isna()][0]
            raise FoldError(f"{column.isna().sum()} images have no {what}, first {first}")
    positive = (labels > 0).to_numpy(np.int64)
    patient = pd.factorize(patients)[0]
    here = pd.MultiIndex.from_arrays([patient, folds.to_numpy()]).factorize()[0]
    others = _per_group(patient) - _per_group(here)
    positives = _per_group(patient, positive) - _per_group(here, positive)
    base = positive.mean() if len(positive) else 0.0
    score = np.where(others > 0, positives / np.maximum(others, 1), base)
    share = float((others > 0).mean()) if len(others) else 0.0
    return Leakage(share, area_under_roc(positive, score))


def _per_group(group: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return for every row the sum over its group, float64 ``(n,)``."""
    return np.bincount(group, weights).astype(np.float64)[group]
