"""The competition's metric: the mean Dice coefficient over images."""

import numpy as np
import pandas as pd

import contest
import rlemask


def score(truth: pd.Series, prediction: pd.Series, spec: contest.Spec) -> contest.Score:
    """Return the mean over images of 2 |X and Y| / (|X| + |Y|), 1 where both are empty.

    Source: the competition's evaluation page, see `spec.metric_reference`. The rows of one true
    image are united. Computed on the runs, no mask is drawn.

    Args:
        truth: lists of RLE texts, indexed by image id.
        prediction: RLE texts, with the same index.
    """
    dice = rlemask.dice_column(truth, prediction, spec.shape, spec.dialect)
    positive = rlemask.area_column(truth, spec.shape, spec.dialect) > 0
    return contest.Score.of(pd.Series(dice, index=truth.index, name="dice"), np.asarray(positive))
