"""What a set of images says about every possible cut: areas and overlaps at all 255 levels.

A soft map holds 256 levels, so a histogram over all pixels and one over the true pixels give the
exact area and the exact overlap with the truth at every cut. About 3 kB an image replace the
maps, and any rule can then be fitted and judged without reading a map again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

import jobs
import rlemask
from ensembling._maps import MapFault, blended
from ensembling._member import Member
from ensembling._passes import over

LEVELS = 256


@dataclass(frozen=True)
class Evidence:
    """Everything the rules are fitted on, one row per image.

    Attributes:
        area: int32 `(n, 256)`, pixels of level c or more.
        dice: float64 `(n, 256)`, Dice of the mask cut at level c.
        positive: bool `(n,)`, whether the truth holds a lesion.
        p: float64 `(n, m)`, the members' probabilities.
        fold: int64 `(n,)`.
        group: int64 `(n,)`, patient number, or a number of its own for every image.
    """

    area: np.ndarray
    dice: np.ndarray
    positive: np.ndarray
    p: np.ndarray
    fold: np.ndarray
    group: np.ndarray

    @property
    def empty(self) -> np.ndarray:
        """Score of the empty mask, float64 `(n,)`: 1 where the truth is empty, else 0."""
        return (~self.positive).astype(np.float64)


def gather(
    members: Sequence[Member],
    weights: Mapping[str, float],
    truth: Mapping[str, Sequence[str]],
    folds: pd.Series,
    groups: pd.Series | None,
    *,
    shape: tuple[int, int],
    dialect: str,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> Evidence:
    """Read every map once and return the evidence, rows in the order of `folds`.

    Raises:
        InputError: with all unusable maps and unreadable truths.
    """
    ids = list(folds.index)
    mapped = any(weight > 0 for weight in weights.values())

    def row(image_id: str) -> tuple[np.ndarray, np.ndarray]:
        true = _runs(truth, image_id, shape, dialect)
        if not mapped:
            return np.zeros(LEVELS, np.int64), _only_truth(true)
        return count(blended(members, weights, image_id, shape), true)

    area = np.empty((len(ids), LEVELS), np.int32)
    dice = np.empty((len(ids), LEVELS), np.float64)
    pixels_true = np.empty(len(ids), np.int64)
    passed = over(ids, row, label="soft maps", workers=workers, report=report)
    for number, (pixels, shared) in enumerate(passed):
        pixels_true[number] = shared[0]
        area[number] = pixels
        dice[number] = dice_at(pixels, shared)
    units = pd.factorize(np.arange(len(ids)) if groups is None else groups.loc[ids])[0]
    return Evidence(
        area=area,
        dice=dice,
        positive=pixels_true > 0,
        p=np.column_stack([member.p.loc[ids].to_numpy(np.float64) for member in members]),
        fold=pd.factorize(folds, sort=True)[0],
        group=units,
    )


def count(soft: np.ndarray, true: rlemask.Runs) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of level c or more in all of `soft`, and inside the true runs.

    Args:
        soft: uint8 `(h, w)`, C-contiguous.
        true: runs of the truth.

    Returns:
        Two int64 `(256,)`; entry 0 of the second is the area of the truth.
    """
    whole, inside = _histograms(soft, true.toggles, true.columns)
    return whole[::-1].cumsum()[::-1], inside[::-1].cumsum()[::-1]


def dice_at(area: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """Return the Dice at every level, float64 `(256,)`; 1 where truth and mask are empty."""
    total = area + shared[0]
    return np.divide(2.0 * shared, total, out=np.ones(LEVELS), where=total > 0)


def _runs(
    truth: Mapping[str, Sequence[str]], image_id: str, shape: tuple[int, int], dialect: str
) -> rlemask.Runs:
    try:
        return rlemask.parse(list(truth[image_id]), shape, dialect)
    except rlemask.RLEError as error:
        raise MapFault(f"the truth of {image_id}: {error}") from None


def _only_truth(true: rlemask.Runs) -> np.ndarray:
    shared = np.zeros(LEVELS, np.int64)
    shared[0] = true.area
    return shared


@jobs.compiled
def _histograms(
    soft: np.ndarray, toggles: np.ndarray, columns: bool
) -> tuple[np.ndarray, np.ndarray]:
    h = soft.shape[0]
    flat = soft.reshape(-1)
    # Four tables in turn: neighbours often share a level, and one table would wait for itself.
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
                inside[soft[position % h, position // h]] += 1
            else:
                inside[flat[position]] += 1
    return tables.sum(axis=0), inside
