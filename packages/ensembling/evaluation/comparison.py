"""Paired comparison of two blends on the same images."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ensembling._errors import InputError
from ensembling.evaluation.bootstrap import group_numbers, resampled_means, standard_error

LEVEL = 0.95


@dataclass(frozen=True)
class Comparison:
    """Comparison of a blend A with a blend B, image by image.

    Attributes:
        difference: mean score of A minus that of B.
        interval: of the difference, 95 % over groups.
        error: cluster-robust standard error of the difference.
        a_wins: share of the resamples in which A scores higher; ties count half.
        images: number of images.
        better: number of images on which A scores higher; worse: lower.
        drawn_by_a: number of images with a mask only by A; drawn_by_b: only by B.
    """

    difference: float
    interval: tuple[float, float]
    error: float
    a_wins: float
    images: int
    better: int
    worse: int
    drawn_by_a: int
    drawn_by_b: int


def compare(
    a: pd.DataFrame,
    b: pd.DataFrame,
    groups: pd.Series | None = None,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare the honest scores of two blends by a paired bootstrap over groups.

    Both are scored on the same resampled groups, so the common difficulty of an image cancels
    (Efron & Tibshirani, An Introduction to the Bootstrap, 1993).

    Args:
        a: table of `fit`: score and predicted, indexed by image id.
        b: the same of the other blend, for the same images.
        groups: group of each image; None for an interval over single images.

    Raises:
        InputError: the two were scored on different images.
    """
    if set(a.index) != set(b.index):
        raise InputError(
            [
                f"the blends were scored on different images ({len(a)} and {len(b)}, "
                f"{len(set(a.index) & set(b.index))} in common)"
            ]
        )
    b = b.loc[a.index]
    gained = a["score"].to_numpy() - b["score"].to_numpy()
    unit = group_numbers(list(a.index), groups)
    means = resampled_means(gained, unit, resamples=resamples, seed=seed)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    drawn = a["predicted"].to_numpy(bool), b["predicted"].to_numpy(bool)
    return Comparison(
        difference=float(gained.mean()),
        interval=(float(low), float(high)),
        error=standard_error(gained, unit),
        a_wins=float((means > 0).mean() + (means == 0).mean() / 2),
        images=len(a),
        better=int((gained > 0).sum()),
        worse=int((gained < 0).sum()),
        drawn_by_a=int((drawn[0] & ~drawn[1]).sum()),
        drawn_by_b=int((drawn[1] & ~drawn[0]).sum()),
    )
