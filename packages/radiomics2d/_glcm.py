"""Radiomics of the grey-level co-occurrence matrix (GLCM)."""

import numpy as np
from numpy.typing import NDArray

from radiomics2d._errors import BadRegion
from radiomics2d._firstorder import EPSILON, entropy, mean_features
from radiomics2d._kernels import pair_counts
from radiomics2d._levels import Region


def glcm(region: Region, offsets: NDArray[np.int64]) -> dict[str, float]:
    """Return the 24 features, the mean over the symmetric matrices of all angles.

    After Haralick et al. (1973) and IBSI section 3.6, as in pyradiomics 3.0.1 (`glcm`). An angle
    at which the region has no pair is omitted. At an angle with one grey level Correlation
    is 1 and both information measures are 0; MCC is 1 where the region has one grey level.

    Args:
        offsets: row and column offsets of the neighbours, without opposites, int64 `(angles, 2)`.

    Raises:
        BadRegion: no two pixels of the region are neighbours.
    """
    found = []
    for down, right in offsets:
        counts = pair_counts(region.ranks, down, right, region.pad, region.levels.size)[1:, 1:]
        if counts.any():
            found.append(_of_angle(counts, region.levels))
    if not found:
        raise BadRegion(
            "no two pixels of the region are neighbours at the given distances: "
            "use a larger mask or other distances"
        )
    return mean_features(found)


def _of_angle(counts: NDArray[np.int32], levels: NDArray[np.int64]) -> dict[str, float]:
    """Return the features of one matrix `(n, n)` of counts, not yet symmetric."""
    joint = (counts + counts.T) / (2 * float(counts.sum()))
    margin = joint.sum(1)
    mean = float(margin @ levels)
    features = _of_sums(joint, levels, mean) | _of_differences(joint, levels)
    tendency, contrast = features["ClusterTendency"], features["Contrast"]
    # By the identities (i + j)^2 - (i - j)^2 = 4ij and (i + j)^2 + (i - j)^2 = 2i^2 + 2j^2.
    spread, common = (tendency + contrast) / 4, (tendency - contrast) / 4
    features |= _of_information(joint, margin) | {
        "Autocorrelation": common + mean**2,
        "Correlation": common / (spread + EPSILON) if spread else 1.0,
        "JointAverage": mean,
        "JointEnergy": float(np.vdot(joint, joint)),
        "MCC": _maximal_correlation(joint, margin),
        "MaximumProbability": float(joint.max()),
        "SumSquares": spread,
    }
    return dict(sorted(features.items()))


def _of_sums(
    joint: NDArray[np.float64], levels: NDArray[np.int64], mean: float
) -> dict[str, float]:
    """Return the features of the distribution of i + j."""
    share = _shares(np.add.outer(levels, levels), joint)
    deviation = np.arange(share.size) - 2 * mean
    return {
        "ClusterProminence": float(share @ deviation**4),
        "ClusterShade": float(share @ deviation**3),
        "ClusterTendency": float(share @ deviation**2),
        "SumAverage": float(share @ np.arange(share.size)),
        "SumEntropy": entropy(share),
    }


def _of_differences(joint: NDArray[np.float64], levels: NDArray[np.int64]) -> dict[str, float]:
    """Return the features of the distribution of |i - j|; `Ng` is the highest level."""
    share = _shares(np.abs(np.subtract.outer(levels, levels)), joint)
    k, highest = np.arange(share.size), float(levels[-1])
    average = float(share @ k)
    return {
        "Contrast": float(share @ k**2),
        "DifferenceAverage": average,
        "DifferenceEntropy": entropy(share),
        "DifferenceVariance": float(share @ (k - average) ** 2),
        "Id": float((share / (1 + k)).sum()),
        "Idm": float((share / (1 + k**2)).sum()),
        "Idmn": float((share / (1 + (k / highest) ** 2)).sum()),
        "Idn": float((share / (1 + k / highest)).sum()),
        "InverseVariance": float((share[1:] / k[1:] ** 2).sum()),
    }


def _shares(keys: NDArray[np.int64], joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of every key from 0, for keys and joint probabilities `(n, n)`."""
    return np.asarray(np.bincount(keys.ravel(), joint.ravel()), np.float64)


def _of_information(joint: NDArray[np.float64], margin: NDArray[np.float64]) -> dict[str, float]:
    """Return the joint entropy and the informational measures of correlation.

    Imc2 is 0 if rounding makes the joint entropy larger than that of independent levels.
    """
    alone, together = entropy(margin), entropy(joint)
    product = np.multiply.outer(margin, margin)
    logarithm = np.log2(product + EPSILON)
    crossed, independent = -float(np.vdot(joint, logarithm)), -float(np.vdot(product, logarithm))
    return {
        "Imc1": (together - crossed) / alone if alone else 0.0,
        "Imc2": float(np.sqrt(-np.expm1(-2 * max(independent - together, 0.0)))),
        "JointEntropy": together,
    }


def _maximal_correlation(joint: NDArray[np.float64], margin: NDArray[np.float64]) -> float:
    """Return the square root of the second largest eigenvalue of Q.

    Q is similar to the square of the symmetric matrix p(i, j) / sqrt(p(i) p(j)), whose
    eigenvalues are real and fast to compute.
    """
    if margin.size == 1:
        return 1.0
    scale = np.zeros_like(margin)
    scale[margin > 0] = 1 / np.sqrt(margin[margin > 0])
    roots = np.abs(np.linalg.eigvalsh(joint * np.multiply.outer(scale, scale)))
    return float(np.sort(roots)[-2])
