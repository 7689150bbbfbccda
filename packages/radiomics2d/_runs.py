"""Radiomics of runs along lines (GLRLM) and of connected zones (GLSZM) of one grey level.

Both are statistics of a matrix of grey level against size, and so is the dependence matrix (GLDM).
"""

import numpy as np
from numpy.typing import NDArray

from radiomics2d._errors import BadRegion
from radiomics2d._firstorder import entropy
from radiomics2d._kernels import run_positions, zone_counts
from radiomics2d._levels import Region

RUN_NAMES = {
    "GrayLevelNonUniformity": "level_nonuniformity",
    "GrayLevelNonUniformityNormalized": "level_nonuniformity_normalised",
    "GrayLevelVariance": "level_variance",
    "HighGrayLevelRunEmphasis": "high",
    "LongRunEmphasis": "large",
    "LongRunHighGrayLevelEmphasis": "large_high",
    "LongRunLowGrayLevelEmphasis": "large_low",
    "LowGrayLevelRunEmphasis": "low",
    "RunEntropy": "entropy",
    "RunLengthNonUniformity": "size_nonuniformity",
    "RunLengthNonUniformityNormalized": "size_nonuniformity_normalised",
    "RunPercentage": "percentage",
    "RunVariance": "size_variance",
    "ShortRunEmphasis": "small",
    "ShortRunHighGrayLevelEmphasis": "small_high",
    "ShortRunLowGrayLevelEmphasis": "small_low",
}

ZONE_NAMES = {
    "GrayLevelNonUniformity": "level_nonuniformity",
    "GrayLevelNonUniformityNormalized": "level_nonuniformity_normalised",
    "GrayLevelVariance": "level_variance",
    "HighGrayLevelZoneEmphasis": "high",
    "LargeAreaEmphasis": "large",
    "LargeAreaHighGrayLevelEmphasis": "large_high",
    "LargeAreaLowGrayLevelEmphasis": "large_low",
    "LowGrayLevelZoneEmphasis": "low",
    "SizeZoneNonUniformity": "size_nonuniformity",
    "SizeZoneNonUniformityNormalized": "size_nonuniformity_normalised",
    "SmallAreaEmphasis": "small",
    "SmallAreaHighGrayLevelEmphasis": "small_high",
    "SmallAreaLowGrayLevelEmphasis": "small_low",
    "ZoneEntropy": "entropy",
    "ZonePercentage": "percentage",
    "ZoneVariance": "size_variance",
}


def glrlm(region: Region) -> dict[str, float]:
    """Return the 16 run-length features, the mean over four angles.

    After Galloway (1975) and IBSI section 3.7, as pyradiomics 3.0.1 (`glrlm`) has them. A run ends
    at the region's edge. An angle of which no line holds two pixels of the region is left out.

    Raises:
        BadRegion: no line in any of the four angles holds two pixels of the region.
    """
    positions = run_positions(region.ranks, region.pad, region.levels.size)[:, 1:, 1:]
    runs = positions[..., :-1] - positions[..., 1:]
    sizes = np.arange(1, runs.shape[2] + 1)
    lined = _has_lines(region)
    if not any(lined):
        raise BadRegion("no two pixels of the region lie on one line: use a larger mask")
    found = [
        size_features(matrix, region.levels, sizes)
        for matrix, kept in zip(runs, lined, strict=True)
        if kept
    ]
    mean = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    return renamed(mean, RUN_NAMES)


def _has_lines(region: Region) -> list[bool]:
    """Return for each angle whether some line of it holds two pixels of the region."""
    height, width = region.shape
    if region.sizes.sum() >= height + width:  # more pixels than lines at any angle
        return [True] * 4
    y, x = np.nonzero(region.ranks)
    return [np.unique(line).size < line.size for line in (y, x, y - x, y + x)]


def glszm(region: Region) -> dict[str, float]:
    """Return the 16 size-zone features; pixels that touch at a corner are in one zone.

    After Thibault et al. (2009) and IBSI section 3.8, as pyradiomics 3.0.1 (`glszm`) has them.
    """
    counts, sizes = zone_counts(region.ranks, region.pad, region.levels.size)
    return renamed(size_features(counts[1:], region.levels, sizes), ZONE_NAMES)


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
