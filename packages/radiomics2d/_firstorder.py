"""First-order radiomics: statistics of the pixel values of a region."""

import numpy as np
from numpy.typing import NDArray

from radiomics2d._levels import Region

EPSILON = float(np.spacing(1))
"""Constant added to a probability before the logarithm, as in pyradiomics."""


def firstorder(region: Region) -> dict[str, float]:
    """Return the 18 features, after IBSI 3.3 and 3.4 as in pyradiomics 3.0.1 (`firstorder`).

    Entropy (bits) and uniformity are of the grey levels, all others of the pixel values.
    Kurtosis is not in excess of 3; variance is divided by n; the pixel has an area of 1, so
    TotalEnergy equals Energy. A constant region has skewness and kurtosis 0. If no
    pixel lies between the 10th and 90th percentile, RobustMeanAbsoluteDeviation is 0.
    """
    values, counts = region.values, region.counts
    n = int(counts.sum())
    share = counts / n
    # Relative to the lowest value, so that a constant region has deviations of exactly 0.
    shift = values - values[0]
    deviation = shift - share @ shift
    variance = float(share @ deviation**2)
    scaled = deviation / np.sqrt(variance) if variance else np.zeros_like(deviation)
    energy = float(counts @ values**2)
    p10, p25, p50, p75, p90 = _percentiles(values, counts, (10, 25, 50, 75, 90))
    level_share = region.sizes / n
    return {
        "10Percentile": p10,
        "90Percentile": p90,
        "Energy": energy,
        "Entropy": entropy(level_share),
        "InterquartileRange": p75 - p25,
        "Kurtosis": float(share @ scaled**4),
        "Maximum": float(values[-1]),
        "MeanAbsoluteDeviation": float(share @ np.abs(deviation)),
        "Mean": float(values[0] + share @ shift),
        "Median": p50,
        "Minimum": float(values[0]),
        "Range": float(values[-1] - values[0]),
        "RobustMeanAbsoluteDeviation": _robust_deviation(values, counts, p10, p90),
        "RootMeanSquared": float(np.sqrt(energy / n)),
        "Skewness": float(share @ scaled**3),
        "TotalEnergy": energy,
        "Uniformity": float(level_share @ level_share),
        "Variance": variance,
    }


def entropy(share: NDArray[np.float64]) -> float:
    """Return the entropy in bits of probabilities of any shape, as pyradiomics computes it."""
    found = share[share > 0]
    return float(-(found @ np.log2(found + EPSILON)))


def mean_features(found: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of every feature over angles."""
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def _percentiles(
    values: NDArray[np.float64], counts: NDArray[np.int64], percents: tuple[int, ...]
) -> list[float]:
    """Return percentiles with linear interpolation, as `numpy.percentile` of all pixels."""
    reached = np.cumsum(counts)
    place = np.array(percents) / 100 * (reached[-1] - 1)
    lower = np.floor(place)
    low = values[np.searchsorted(reached, lower, side="right")]
    high = values[np.searchsorted(reached, np.ceil(place), side="right")]
    return (low + (high - low) * (place - lower)).tolist()


def _robust_deviation(
    values: NDArray[np.float64], counts: NDArray[np.int64], low: float, high: float
) -> float:
    """Return the mean absolute deviation of the pixels from `low` to `high`."""
    within = (values >= low) & (values <= high)
    if not within.any():
        return 0.0
    share = counts[within] / counts[within].sum()
    shift = values[within] - values[within][0]
    return float(share @ np.abs(shift - share @ shift))
