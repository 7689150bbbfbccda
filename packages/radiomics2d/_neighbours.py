"""Radiomics of a pixel against its neighbourhood: dependence (GLDM) and difference (NGTDM)."""

import numpy as np
from numpy.typing import NDArray

from radiomics2d._kernels import neighbour_counts
from radiomics2d._levels import Region
from radiomics2d._runs import size_features

COARSEST = 1e6
"""Coarseness of a region without differences."""


def neighbourhood(
    region: Region, offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the dependence matrix for `gldm` and the grey tone differences for `ngtdm`.

    Args:
        offsets: row and column offsets of the neighbours, without opposites, int64 `(angles, 2)`.

    Returns:
        how many pixels of a level have as many equal neighbours, int64 `(n, 2 * angles + 1)`; and
        the sum over the pixels of a level of the absolute difference between the level and the
        mean level of the neighbours in the region, float64 `(n,)`; 0 for a pixel without any.
    """
    both = np.concatenate([offsets, -offsets])
    n = region.levels.size
    ranks, levels = region.ranks, region.ranks
    if region.levels[-1] != n:
        levels = np.concatenate([[0], region.levels]).astype(np.uint16)[ranks]
    equal, apart = neighbour_counts(ranks, levels, both, region.pad, n)
    return equal[1:], (apart[1:, 1:] / np.arange(1, len(both) + 1)).sum(1)


def gldm(equal: NDArray[np.int64], levels: NDArray[np.int64]) -> dict[str, float]:
    """Return the 14 dependence features, for equal levels only (alpha = 0).

    After Sun and Wee (1983) and IBSI section 3.11, as in pyradiomics 3.0.1 (`gldm`): the size of a
    dependence is the number of equal neighbours plus 1.
    """
    sizes = np.arange(1, equal.shape[1] + 1)
    names = "Dependence", "Dependence", "SmallDependence", "LargeDependence"
    features = size_features(equal, levels, sizes, *names)
    # pyradiomics does not define these two.
    del features["DependencePercentage"], features["GrayLevelNonUniformityNormalized"]
    return features


def ngtdm(
    difference: NDArray[np.float64], pixels: NDArray[np.int64], levels: NDArray[np.int64]
) -> dict[str, float]:
    """Return the 5 features of the neighbouring grey tone difference matrix.

    After Amadasun and King (1989) and IBSI section 3.10, as in pyradiomics 3.0.1 (`ngtdm`).
    Without differences Coarseness is 1e6 and the others are 0.

    Args:
        difference: difference of each level from `neighbourhood`, float64 `(n,)`.
        pixels: number of pixels of each level, int64 `(n,)`.
        levels: the grey levels, int64 `(n,)`.
    """
    n, total = int(pixels.sum()), float(difference.sum())
    share = pixels / n
    weighted = share * difference
    coarse = float(weighted.sum())
    gap = np.abs(np.subtract.outer(levels, levels))
    pair = np.add.outer(share, share)
    # In whole numbers, so that equal products are exactly equal.
    apart = int(np.abs(np.subtract.outer(levels * pixels, levels * pixels)).sum())
    variation = float(share @ (gap**2 @ share)) / max(levels.size * (levels.size - 1), 1)
    return {
        "Busyness": coarse * n / apart if apart else 0.0,
        "Coarseness": 1 / coarse if coarse else COARSEST,
        "Complexity": float((gap * np.add.outer(weighted, weighted) / pair).sum()) / n,
        "Contrast": variation * total / n,
        "Strength": float((pair * gap**2).sum()) / total if total else 0.0,
    }
