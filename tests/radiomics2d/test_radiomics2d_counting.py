"""Radiomics against plain counting: matrices by loops over pixels, features by their formulas."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from radiomics2d import features

RING = [(0, 1), (1, -1), (1, 0), (1, 1)]

HARALICK = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 2, 2, 2], [2, 2, 3, 3]])
"""The example of Haralick et al. (1973), figure 3."""


Levels = dict[tuple[int, int], int]


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def bits(shares: Counter) -> float:
    return -sum(p * np.log2(p) for p in shares.values())


def plain_glcm(levels: Levels, offsets: list[tuple[int, int]]) -> dict[str, float]:
    angles = []
    for dy, dx in offsets:
        pairs = [
            (i, levels[y + dy, x + dx])
            for (y, x), i in levels.items()
            if (y + dy, x + dx) in levels
        ]
        if pairs:
            angles.append(plain_pairs(pairs + [(j, i) for i, j in pairs], levels))
    return mean_of(angles)


def plain_pairs(pairs: list[tuple[int, int]], levels: Levels) -> dict[str, float]:
    """Every feature as an expectation over the pairs."""
    highest, present = max(levels.values()), sorted(set(levels.values()))
    joint, single, added, gaps = Counter(), Counter(), Counter(), Counter()
    for i, j in pairs:
        for shares, key in ((joint, (i, j)), (single, i), (added, i + j), (gaps, abs(i - j))):
            shares[key] += 1 / len(pairs)
    i, j = np.array(pairs, float).T
    k, mean = np.abs(i - j), i.mean()
    crossed = -sum(p * np.log2(single[a] * single[b]) for (a, b), p in joint.items())
    variance = ((i - mean) ** 2).mean()
    q = np.array(
        [
            [
                sum(joint[a, c] * joint[b, c] / (single[a] * single[c]) for c in single)
                if single[a]
                else 0.0
                for b in present
            ]
            for a in present
        ]
    )
    roots = np.sort(np.abs(np.linalg.eigvals(q)))
    return {
        "Autocorrelation": (i * j).mean(),
        "ClusterProminence": ((i + j - 2 * mean) ** 4).mean(),
        "ClusterShade": ((i + j - 2 * mean) ** 3).mean(),
        "ClusterTendency": ((i + j - 2 * mean) ** 2).mean(),
        "Contrast": (k**2).mean(),
        "Correlation": ((i - mean) * (j - mean)).mean() / variance if variance else 1.0,
        "DifferenceAverage": k.mean(),
        "DifferenceEntropy": bits(gaps),
        "DifferenceVariance": k.var(),
        "Id": (1 / (1 + k)).mean(),
        "Idm": (1 / (1 + k**2)).mean(),
        "Idmn": (1 / (1 + k**2 / highest**2)).mean(),
        "Idn": (1 / (1 + k / highest)).mean(),
        "Imc1": (bits(joint) - crossed) / bits(single) if len(single) > 1 else 0.0,
        "Imc2": np.sqrt(max(0.0, 1 - np.exp(-2 * (2 * bits(single) - bits(joint))))),
        "InverseVariance": sum(p / gap**2 for gap, p in gaps.items() if gap),
        "JointAverage": mean,
        "JointEnergy": sum(p**2 for p in joint.values()),
        "JointEntropy": bits(joint),
        "MCC": np.sqrt(roots[-2]) if len(present) > 1 else 1.0,
        "MaximumProbability": max(joint.values()),
        "SumAverage": (i + j).mean(),
        "SumEntropy": bits(added),
        "SumSquares": variance,
    }


def plain_sizes(events: list[tuple[int, int]]) -> dict[str, float]:
    """Every feature of (level, size) events, under the names of the run-length matrix."""
    n = len(events)
    i, j = np.array(events, float).T
    by_level, by_size = Counter(i), Counter(j)
    return {
        "GrayLevelNonUniformity": sum(c**2 for c in by_level.values()) / n,
        "GrayLevelNonUniformityNormalized": sum(c**2 for c in by_level.values()) / n**2,
        "GrayLevelVariance": i.var(),
        "HighGrayLevelRunEmphasis": (i**2).mean(),
        "LongRunEmphasis": (j**2).mean(),
        "LongRunHighGrayLevelEmphasis": (i**2 * j**2).mean(),
        "LongRunLowGrayLevelEmphasis": (j**2 / i**2).mean(),
        "LowGrayLevelRunEmphasis": (1 / i**2).mean(),
        "RunEntropy": bits(Counter({key: c / n for key, c in Counter(events).items()})),
        "RunLengthNonUniformity": sum(c**2 for c in by_size.values()) / n,
        "RunLengthNonUniformityNormalized": sum(c**2 for c in by_size.values()) / n**2,
        "RunPercentage": n / j.sum(),
        "RunVariance": j.var(),
        "ShortRunEmphasis": (1 / j**2).mean(),
        "ShortRunHighGrayLevelEmphasis": (i**2 / j**2).mean(),
        "ShortRunLowGrayLevelEmphasis": (1 / (i**2 * j**2)).mean(),
    }


def plain_glrlm(levels: Levels) -> dict[str, float]:
    angles = []
    for dy, dx in RING:
        lines = Counter(y * dx - x * dy for y, x in levels)
        if max(lines.values()) == 1:
            continue
        runs = []
        for (y, x), level in levels.items():
            if levels.get((y - dy, x - dx)) != level:
                length = 1
                while levels.get((y + length * dy, x + length * dx)) == level:
                    length += 1
                runs.append((level, length))
        angles.append(plain_sizes(runs))
    return mean_of(angles)


def plain_glszm(levels: Levels) -> dict[str, float]:
    left, zones = dict(levels), []
    while left:
        place, level = left.popitem()
        heap, size = [place], 0
        while heap:
            y, x = heap.pop()
            size += 1
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    if left.get((y + dy, x + dx)) == level:
                        del left[y + dy, x + dx]
                        heap.append((y + dy, x + dx))
        zones.append((level, size))
    names = {
        "LongRun": "LargeArea", "ShortRun": "SmallArea", "RunLength": "SizeZone", "Run": "Zone",
    }  # fmt: skip
    return translated(plain_sizes(zones), names)


def plain_gldm(levels: Levels, offsets: list[tuple[int, int]]) -> dict[str, float]:
    both = offsets + [(-dy, -dx) for dy, dx in offsets]
    events = [
        (level, 1 + sum(levels.get((y + dy, x + dx)) == level for dy, dx in both))
        for (y, x), level in levels.items()
    ]
    names = {
        "LongRun": "LargeDependence", "ShortRun": "SmallDependence", "LevelRun": "Level",
        "RunLength": "Dependence", "RunVariance": "DependenceVariance", "RunE": "DependenceE",
    }  # fmt: skip
    found = translated(plain_sizes(events), names)
    del found["RunPercentage"], found["GrayLevelNonUniformityNormalized"]
    return found


def translated(features: dict[str, float], names: dict[str, str]) -> dict[str, float]:
    for old, new in names.items():
        features = {name.replace(old, new): value for name, value in features.items()}
    return features


def plain_ngtdm(levels: Levels, offsets: list[tuple[int, int]]) -> dict[str, float]:
    both = offsets + [(-dy, -dx) for dy, dx in offsets]
    s, p = Counter(), Counter()
    for (y, x), level in levels.items():
        near = [levels[y + dy, x + dx] for dy, dx in both if (y + dy, x + dx) in levels]
        s[level] += abs(level - np.mean(near)) if near else 0
        p[level] += 1 / len(levels)
    n, total = len(levels), sum(s.values())
    coarse = sum(p[i] * s[i] for i in p)
    pairs = [(i, j) for i in p for j in p]
    apart = sum(abs(i * p[i] - j * p[j]) for i, j in pairs)
    spread = sum(p[i] * p[j] * (i - j) ** 2 for i, j in pairs)
    complexity = sum(abs(i - j) * (p[i] * s[i] + p[j] * s[j]) / (p[i] + p[j]) for i, j in pairs)
    return {
        "Busyness": coarse / apart if apart > 1e-12 else 0,
        "Coarseness": 1 / coarse if coarse else 1e6,
        "Complexity": complexity / n,
        "Contrast": spread / (len(p) * (len(p) - 1)) * total / n if len(p) > 1 else 0,
        "Strength": sum((p[i] + p[j]) * (i - j) ** 2 for i, j in pairs) / total if total else 0,
    }


def plain_texture(image: np.ndarray, mask: np.ndarray, distances: tuple[int, ...] = (1,)) -> dict:
    """All texture features, of an image whose values are the levels; the lowest must be 1."""
    levels = {(int(y), int(x)): int(image[y, x]) for y, x in np.argwhere(mask)}
    reach = range(-max(distances), max(distances) + 1)
    offsets = [
        (dy, dx) for dy in reach for dx in reach
        if (dy, dx) > (0, 0) and max(abs(dy), abs(dx)) in distances
    ]  # fmt: skip
    families = {
        "glcm": plain_glcm(levels, offsets),
        "glrlm": plain_glrlm(levels),
        "glszm": plain_glszm(levels),
        "gldm": plain_gldm(levels, offsets),
        "ngtdm": plain_ngtdm(levels, offsets),
    }
    return {
        f"{family}_{name}": v for family, found in families.items() for name, v in found.items()
    }


def assert_plain(image: np.ndarray, mask: np.ndarray, distances: tuple[int, ...] = (1,)) -> None:
    found = features(image, mask, bin_width=1, distances=distances)
    for name, value in plain_texture(image, mask, distances).items():
        # A rounding error of 1e-16 in an entropy is one of 1e-8 in Imc2, in a root of Q as well.
        loose = 1e-6 if name in ("glcm_Imc2", "glcm_MCC") else 1e-10
        assert found[name] == pytest.approx(value, rel=1e-9, abs=loose), name


@pytest.mark.parametrize("distances", [(1,), (2,), (1, 2)])
def test_a_4x4_image_is_counted_as_by_hand(distances: tuple[int, ...]) -> None:
    assert_plain(HARALICK + 1, np.ones((4, 4)), distances)


@settings(max_examples=60, deadline=None)
@given(
    image=hnp.arrays(np.uint8, (6, 7), elements=st.integers(1, 4)),
    mask=hnp.arrays(np.bool_, (6, 7)),
    distances=st.sampled_from([(1,), (2,), (1, 2), (1, 9)]),
)
def test_any_small_region_is_counted_as_by_hand(
    image: np.ndarray, mask: np.ndarray, distances: tuple[int, ...]
) -> None:
    mask[2:4, 2:5] = True
    image[2, 2] = 1
    assert_plain(image, mask, distances)
