"""Area and overlap with the truth of the mask at each of the 256 levels of a probability map.

A histogram of all pixels and one of the true pixels give both exactly, for every threshold. These
counts, about 3 kB per image, are sufficient to fit and score any rule without the maps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import jobs
import rlemask
from ensembling._metric import Metric, iou, scores_of
from ensembling.maps.averaging import average, enlarge, read_maps, spreads_of
from ensembling.maps.map_statistics import STATISTICS, statistics
from ensembling.maps.member import Member, Weights
from ensembling.maps.reading import ReadOptions, read_each

LEVELS = 256


@dataclass(frozen=True)
class LevelCounts:
    """The data that rules are fitted on, one row per image.

    Attributes:
        area: int32 `(n, 256)`, pixels of level c or more.
        gain: float64 `(n, 256)`, score of the mask of level c or more, minus that of the empty
            mask.
        shapes: float64 `(n, k)`, see `statistics`.
        positive: bool `(n,)`, whether the truth is not empty.
        p: float64 `(n, m)`, the members' probabilities.
        fold: int64 `(n,)`.
        group: int64 `(n,)`, number of the group; without groups a different one for each image.
    """

    area: np.ndarray
    gain: np.ndarray
    statistics: np.ndarray
    positive: np.ndarray
    p: np.ndarray
    fold: np.ndarray
    group: np.ndarray

    @property
    def empty(self) -> np.ndarray:
        """Score of the empty mask, float64 `(n,)`: 1 if the truth is empty, else 0."""
        return (~self.positive).astype(np.float64)


def gather(
    members: Sequence[Member],
    weightings: Sequence[Weights],
    truth: Mapping[str, rlemask.Runs],
    folds: pd.Series,
    groups: pd.Series | None,
    metric: Metric,
    how: ReadOptions,
) -> list[LevelCounts]:
    """Read every map once and return the counts of each weighting, rows in the order of `folds`.

    Args:
        weightings: of the members' maps in their order, each with sum 1, or all 0 for no maps.

    Raises:
        InputError: with all unusable maps.
    """
    ids = list(folds.index)
    read = [k for k in range(len(members)) if any(w[k] > 0 for w in weightings)]
    used = [members[k] for k in read]
    kept = [tuple(w[k] for k in read) for w in weightings]

    def row(image_id: str) -> tuple[int, list[tuple[np.ndarray, np.ndarray, np.ndarray]]]:
        true = truth[image_id]
        if not used:
            return true.area, [_nothing(true)] * len(weightings)
        maps, spreads = read_maps(used, image_id), spreads_of(used, image_id)
        return true.area, [_row_of(maps, spreads, weights, true) for weights in kept]

    n, k = len(ids), len(weightings)
    area, gain = np.empty((k, n, LEVELS), np.int32), np.empty((k, n, LEVELS))
    statistics, positive = np.empty((k, n, len(STATISTICS))), np.empty(n, bool)
    passed = read_each(ids, row, how, label="probability maps")
    for number, (pixels, rows) in enumerate(passed):
        positive[number] = pixels > 0
        for which, (areas, overlap, figures) in enumerate(rows):
            area[which, number], statistics[which, number] = areas, figures
            gain[which, number] = scores_of(metric, overlap) - (pixels == 0)
    units = pd.factorize(np.arange(n) if groups is None else groups.loc[ids])[0]
    p = np.column_stack([member.p.loc[ids].to_numpy(np.float64) for member in members])
    fold = pd.factorize(folds, sort=True)[0]
    return [
        LevelCounts(area[w], gain[w], statistics[w], positive, p, fold, units) for w in range(k)
    ]


def _row_of(
    maps: Sequence[np.ndarray],
    spreads: Sequence[float],
    weights: Weights,
    true: rlemask.Runs,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    blended = average(maps, weights)
    area, shared = count(enlarge(blended, true.shape), true)
    used = [k for k, weight in enumerate(weights) if weight > 0]
    figures = statistics(blended, [maps[k] for k in used], [spreads[k] for k in used])
    return area, iou(area, shared, true.area), figures


def _nothing(true: rlemask.Runs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    nothing = np.zeros(LEVELS, np.int64)
    return nothing, iou(nothing, nothing, true.area), np.zeros(len(STATISTICS))


def count(prob: np.ndarray, true: rlemask.Runs) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of level c or more in all of `prob`, and inside the true runs.

    Args:
        prob: uint8 `(h, w)`, C-contiguous.
        true: the truth as runs.

    Returns:
        Two int64 `(256,)`; entry 0 of the second is the area of the truth.
    """
    whole, inside = _histograms(prob, true.toggles, true.columns)
    return whole[::-1].cumsum()[::-1], inside[::-1].cumsum()[::-1]


@jobs.compiled
def _histograms(
    prob: np.ndarray, toggles: np.ndarray, columns: bool
) -> tuple[np.ndarray, np.ndarray]:
    h = prob.shape[0]
    flat = prob.reshape(-1)
    # Four tables in turn: increments of one entry by equal neighbours would wait for each other.
    tables = np.zeros((4, 256), np.int64)
    for i in range(0, flat.size - 3, 4):
        tables[0, flat[i]] += 1
        tables[1, flat[i + 1]] += 1
        tables[2, flat[i + 2]] += 1
        tables[3, flat[i + 3]] += 1
    for i in range(flat.size - flat.size % 4, flat.size):
        tables[0, flat[i]] += 1
    inside = np.zeros(256, np.int64)
    for run in range(0, toggles.size, 2):
        for position in range(toggles[run], toggles[run + 1]):
            if columns:
                inside[prob[position % h, position // h]] += 1
            else:
                inside[flat[position]] += 1
    return tables.sum(axis=0), inside
