"""Exact search for the best thresholds over all triplets.

For a fixed top, the rule depends on min_area only through the images above it: the first k in
descending order of their area at top. Cumulative sums in this order of the gains over an empty
mask, for all bottoms at once, cover all triplets in O(levels^2 x images) additions.
"""

from dataclasses import replace

import numpy as np

import jobs
from ensembling.rules.thresholds import Thresholds

GATES = 16
"""Number of quantiles of the probability for the first, coarse search for a gate."""

STARTS = 3
"""Number of the best of these gates from which the exact search starts."""

COARSE = np.append(0, np.arange(4, 256, 8))
"""Levels of the coarse search, a 64th of all pairs; entry 0 is not a threshold."""

ROUNDS = 8
"""Maximum number of alternations between gate and triplet from each start."""


def best_triplet(area: np.ndarray, gain: np.ndarray, pixels: int) -> tuple[float, Thresholds]:
    """Return the largest total gain over empty masks, and its thresholds.

    All triplets with bottom <= top are compared. min_area is the midpoint between the areas of the
    last image with a mask and the first without.

    Args:
        area: int32 `(n, 256)`, pixels at every level.
        gain: float64 `(n, 256)`, score at every level minus that of the empty mask.
        pixels: number of pixels of an image, the min_area of thresholds without any mask.
    """
    value, top, low, high, bottom = scan_triplets(area, gain)
    if value <= 0:
        return 0.0, Thresholds(255, pixels, 255)
    return float(value), Thresholds(int(top), int((low + high) // 2), int(bottom))


def best_gated(
    area: np.ndarray, gain: np.ndarray, p: np.ndarray, pixels: int
) -> tuple[float, Thresholds]:
    """Return the largest gain found with a gate on `p` `(n,)`, and its thresholds.

    From the best gates of a coarse search, gate and triplet are optimised in turn, each exactly
    given the other, until there is no improvement. The result is at least as good as that of
    `best_triplet`, which is one of the starts, but need not be the global optimum.
    """
    gates = np.unique(np.quantile(p, np.arange(GATES) / GATES))
    coarse_area, coarse_gain = area[:, COARSE], gain[:, COARSE]
    looks = [scan_triplets(coarse_area[p >= gate], coarse_gain[p >= gate])[0] for gate in gates]
    starts = [0.0, *gates[np.argsort(looks)[::-1][:STARTS]].tolist()]
    climbs = [_climb(area, gain, p, gate, pixels) for gate in starts]
    return max(climbs, key=lambda found: found[0])


def best_threshold(gain: np.ndarray, p: np.ndarray, pixels: int) -> tuple[float, Thresholds]:
    """Return the largest total gain of a gate on `p` `(n,)` and one threshold, and both.

    Exact: all pairs of gate and level are compared. With two parameters instead of three or four
    the rule overfits less.
    """
    order = np.argsort(-p, kind="stable")
    sums = gain[order].cumsum(axis=0)
    below = np.append(p[order][1:], -1.0)
    sums[below >= p[order]] = -np.inf  # ties are on one side of the gate
    sums[:, 0] = -np.inf  # level 0 is the whole image
    bottom = int(sums.max(axis=0).argmax())
    value, gate = best_gate(gain[:, bottom], p)
    if value <= 0:
        return 0.0, Thresholds(255, pixels, 255, 0.0)
    return value, Thresholds(bottom, 0, bottom, gate)


def _climb(
    area: np.ndarray, gain: np.ndarray, p: np.ndarray, gate: float, pixels: int
) -> tuple[float, Thresholds]:
    best = 0.0, Thresholds(255, pixels, 255, gate)
    for _ in range(ROUNDS):
        rows = p >= gate
        _, triplet = best_triplet(area[rows], gain[rows], pixels)
        passing = area[:, triplet.top] > triplet.min_area
        better, gate = best_gate(gain[passing, triplet.bottom], p[passing])
        if better <= best[0]:
            break
        best = better, replace(triplet, gate=gate)
    return best


def best_gate(gain: np.ndarray, p: np.ndarray) -> tuple[float, float]:
    """Return the largest total of `gain` `(n,)` over images with p >= gate, and that gate.

    Exact; the gate is the midpoint to the next lower probability, or 0.
    """
    if not len(p):
        return 0.0, 1.0
    order = np.argsort(-p, kind="stable")
    sums, sorted_p = gain[order].cumsum(), p[order]
    below = np.append(sorted_p[1:], -1.0)
    ends = np.flatnonzero(below < sorted_p)  # ties are on one side of the gate
    last = ends[np.argmax(sums[ends])]
    if below[last] < 0:
        return float(sums[last]), 0.0
    middle = float((sorted_p[last] + below[last]) / 2)
    # There is no float between two adjacent ones.
    return float(sums[last]), middle if middle > below[last] else float(sorted_p[last])


@jobs.compiled
def scan_triplets(area: np.ndarray, gain: np.ndarray) -> tuple[float, int, int, int, int]:
    """Return the best (gain, top, area below, area above, bottom); gain 0 if nothing helps.

    Top and bottom are columns of `area` and `gain`, both `(n, columns)`; column 0 is ignored.
    """
    best, best_top, best_low, best_high, best_bottom = 0.0, 0, 0, 0, 0
    sums = np.empty(gain.shape[1])
    for top in range(1, gain.shape[1]):
        rows = np.flatnonzero(area[:, top] > 0)
        order = rows[np.argsort(-area[rows, top])]
        sums[:] = 0.0
        for k in range(order.size):
            row = gain[order[k]]
            for bottom in range(1, top + 1):
                sums[bottom] += row[bottom]
            high = area[order[k], top]
            low = area[order[k + 1], top] if k + 1 < order.size else 0
            if low == high:  # images of equal area are on one side
                continue
            for bottom in range(1, top + 1):
                if sums[bottom] > best:
                    best, best_bottom = sums[bottom], bottom
                    best_top, best_low, best_high = top, low, high
    return best, best_top, best_low, best_high, best_bottom
