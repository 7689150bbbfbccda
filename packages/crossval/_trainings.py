"""A figure over several trainings that differ only in their seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t


@dataclass(frozen=True)
class OverTrainings:
    """A figure of several trainings.

    Attributes:
        mean: over the trainings.
        sd: standard deviation between them.
        interval: over new images only: the mean of the trainings' own intervals.
        interval_new: of one more training on new images.
    """

    mean: float
    sd: float
    interval: tuple[float, float]
    interval_new: tuple[float, float]


def over_trainings(
    values: Sequence[float], intervals: Sequence[tuple[float, float]], *, level: float = 0.95
) -> OverTrainings:
    """Return the mean of a figure over trainings, its spread, and its intervals.

    The interval of each training is over new images with the trained models as they are. The one
    of a new training adds the variance between trainings, sd² (1 + 1/n), with Student's quantile
    for the degrees of freedom of the sum (Satterthwaite, Biometrics Bulletin 2:110-114, 1946), as
    few trainings estimate the spread poorly.

    Args:
        values: the figure of each training, at least two.
        intervals: its interval over new images for each training, of this level.
        level: of the intervals.
    """
    if len(values) < 2:
        raise ValueError(f"a spread needs at least 2 trainings, not {len(values)}")
    count, mean, sd = len(values), float(np.mean(values)), float(np.std(values, ddof=1))
    low, high = (float(end) for end in np.mean(np.asarray(intervals, float), axis=0))
    images = ((high - low) / 2 / norm.ppf((1 + level) / 2)) ** 2
    trainings = sd**2 * (1 + 1 / count)
    if not trainings:
        return OverTrainings(mean, sd, (low, high), (low, high))
    freedom = (images + trainings) ** 2 / (trainings**2 / (count - 1))
    half = float(t.ppf((1 + level) / 2, freedom) * np.sqrt(images + trainings))
    return OverTrainings(mean, sd, (low, high), (mean - half, mean + half))
