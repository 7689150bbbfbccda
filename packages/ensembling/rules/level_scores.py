"""Area and score of one probability map at every threshold."""

from collections.abc import Sequence

import numpy as np

import rlemask
from ensembling._metric import Metric, iou, scores_of
from ensembling.maps.averaging import enlarge
from ensembling.maps.level_counts import count
from ensembling.rules.triplet_search import best_triplet


def levels(prob: np.ndarray, truth: rlemask.Runs, metric: Metric) -> tuple[np.ndarray, np.ndarray]:
    """Return area and score of the mask at each of the 256 levels.

    Args:
        prob: uint8 `(s, s)`; it is enlarged to the size of the truth first, as in a blend.
        truth: mask of the image.

    Returns:
        area: int64 `(256,)`, pixels of level c or more.
        score: float64 `(256,)`, metric of these pixels as mask.
    """
    area, shared = count(np.ascontiguousarray(enlarge(prob, truth.shape)), truth)
    return area, scores_of(metric, iou(area, shared, truth.area))


def best_score(prob: Sequence[np.ndarray], truth: Sequence[rlemask.Runs], metric: Metric) -> float:
    """Return the mean score of the best triplet, fitted and scored on these images.

    For comparing networks on the same images; as an estimate for other images it is too high.

    Args:
        prob: maps, uint8 `(s, s)`.
        truth: mask of each, all of one shape.
    """
    looked = [levels(one, true, metric) for one, true in zip(prob, truth, strict=True)]
    area = np.array([area for area, _ in looked], np.int32)
    empty = np.array([not true.area for true in truth])
    gain = np.array([score for _, score in looked]) - empty[:, None]
    value, _ = best_triplet(area, gain, truth[0].size)
    return float(empty.mean() + value / len(empty))
