"""What the matrices of grey level against size share: runs, zones and dependences."""

import numpy as np
from numpy.typing import NDArray

from cxrfeatures._radiomics_firstorder import entropy


def size_features(
    counts: NDArray[np.integer], levels: NDArray[np.int64], sizes: NDArray[np.int64]
) -> dict[str, float]:
    """Return the sixteen statistics of Galloway (1975), Chu et al. (1990), Dasarathy et al. (1991).

    Args:
        counts: how many runs, zones or pixels have a level and a size, `(n, s)`.
        levels: grey level of each row, `(n,)`.
        sizes: size of each column, `(s,)`.
    """
    used = counts.any(0)
    total = int(counts.sum())
    share = counts[:, used] / total
    i2, j2 = levels.astype(np.float64) ** 2, sizes[used].astype(np.float64) ** 2
    by_level, by_size = share.sum(1), share.sum(0)
    small, large = share @ (1 / j2), share @ j2
    return {
        "small": float(small.sum()),
        "large": float(large.sum()),
        "level_nonuniformity": total * float(by_level @ by_level),
        "level_nonuniformity_normalised": float(by_level @ by_level),
        "size_nonuniformity": total * float(by_size @ by_size),
        "size_nonuniformity_normalised": float(by_size @ by_size),
        "percentage": 1 / float(by_size @ sizes[used]),
        "level_variance": _variance(by_level, levels),
        "size_variance": _variance(by_size, sizes[used]),
        "entropy": entropy(share),
        "low": float(by_level @ (1 / i2)),
        "high": float(by_level @ i2),
        "small_low": float(small @ (1 / i2)),
        "small_high": float(small @ i2),
        "large_low": float(large @ (1 / i2)),
        "large_high": float(large @ i2),
    }


def renamed(features: dict[str, float], names: dict[str, str]) -> dict[str, float]:
    """Return the features under the names of a family: name of the family to name from here."""
    return {name: features[ours] for name, ours in names.items()}


def _variance(share: NDArray[np.float64], values: NDArray[np.int64]) -> float:
    shift = values - values[0]
    return float(share @ (shift - share @ shift) ** 2)
