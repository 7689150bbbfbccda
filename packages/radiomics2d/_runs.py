"""Radiomics of runs along lines (GLRLM) and of connected zones (GLSZM) of one grey level.

The statistics of a grey level by size matrix are shared with the dependence matrix (GLDM).
"""

import numpy as np
from numpy.typing import NDArray

from radiomics2d._errors import BadRegion
from radiomics2d._firstorder import entropy, mean_features
from radiomics2d._kernels import run_positions, zone_counts
from radiomics2d._levels import Region


def glrlm(region: Region) -> dict[str, float]:
    """Return the 16 run-length features, the mean over four angles.

    After Galloway (1975) and IBSI section 3.7, as in pyradiomics 3.0.1 (`glrlm`). A run ends at
    the region's edge. An angle without a line of two or more pixels of the region is omitted.

    Raises:
        BadRegion: no line in any of the four angles holds two pixels of the region.
    """
    positions = run_positions(region.ranks, region.pad, region.levels.size)[:, 1:, 1:]
    runs = positions[..., :-1] - positions[..., 1:]
    sizes = np.arange(1, runs.shape[2] + 1)
    lined = _has_lines(region)
    if not any(lined):
        raise BadRegion("no two pixels of the region lie on one line: use a larger mask")
    return mean_features(
        [
            size_features(matrix, region.levels, sizes, "Run", "RunLength", "ShortRun", "LongRun")
            for matrix, kept in zip(runs, lined, strict=True)
            if kept
        ]
    )


def _has_lines(region: Region) -> list[bool]:
    """Return for each angle whether some line of it holds two pixels of the region."""
    height, width = region.shape
    if region.sizes.sum() >= height + width:  # more pixels than lines at any angle
        return [True] * 4
    y, x = np.nonzero(region.ranks)
    return [np.unique(line).size < line.size for line in (y, x, y - x, y + x)]


def glszm(region: Region) -> dict[str, float]:
    """Return the 16 size-zone features; pixels that touch at a corner are in one zone.

    After Thibault et al. (2009) and IBSI section 3.8, as in pyradiomics 3.0.1 (`glszm`).
    """
    counts, sizes = zone_counts(region.ranks, region.pad, region.levels.size)
    names = "Zone", "SizeZone", "SmallArea", "LargeArea"
    return size_features(counts[1:], region.levels, sizes, *names)


def size_features(
    counts: NDArray[np.integer],
    levels: NDArray[np.int64],
    sizes: NDArray[np.int64],
    what: str,
    size: str,
    small: str,
    large: str,
) -> dict[str, float]:
    """Return the sixteen statistics of Galloway (1975), Chu et al. (1990), Dasarathy et al. (1991).

    Args:
        counts: number of runs, zones or pixels by level and size, `(n, s)`.
        levels: grey level of each row, `(n,)`.
        sizes: size of each column, `(s,)`.
        what, size, small, large: what is counted, its size and its extremes in pyradiomics' names.
    """
    used = counts.any(0)
    total = int(counts.sum())
    share = counts[:, used] / total
    i2, j2 = levels.astype(np.float64) ** 2, sizes[used].astype(np.float64) ** 2
    by_level, by_size = share.sum(1), share.sum(0)
    level_uniformity, size_uniformity = float(by_level @ by_level), float(by_size @ by_size)
    of_small, of_large = share @ (1 / j2), share @ j2
    emphasised = "" if what == "Dependence" else what
    features = {
        "GrayLevelNonUniformity": total * level_uniformity,
        "GrayLevelNonUniformityNormalized": level_uniformity,
        "GrayLevelVariance": _variance(by_level, levels),
        f"HighGrayLevel{emphasised}Emphasis": float(by_level @ i2),
        f"LowGrayLevel{emphasised}Emphasis": float(by_level @ (1 / i2)),
        f"{what}Entropy": entropy(share),
        f"{what}Percentage": 1 / float(by_size @ sizes[used]),
        f"{what}Variance": _variance(by_size, sizes[used]),
        f"{size}NonUniformity": total * size_uniformity,
        f"{size}NonUniformityNormalized": size_uniformity,
    }
    for name, part in ((small, of_small), (large, of_large)):
        features |= {
            f"{name}Emphasis": float(part.sum()),
            f"{name}HighGrayLevelEmphasis": float(part @ i2),
            f"{name}LowGrayLevelEmphasis": float(part @ (1 / i2)),
        }
    return dict(sorted(features.items()))


def _variance(share: NDArray[np.float64], values: NDArray[np.int64]) -> float:
    shift = values - values[0]
    return float(share @ (shift - share @ shift) ** 2)
