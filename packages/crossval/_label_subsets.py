"""Nested subsets of the annotated images, to see how a score depends on their number."""

from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd

import jobs
from crossval._cross_validation import Learner, WriteMap


def label_subset(
    labels: pd.Series,
    folds: pd.Series,
    groups: pd.Series | None = None,
    *,
    share: float,
    seed: int = 0,
) -> pd.Index:
    """Return the images of a share of the groups, the same share in every fold.

    Of every fold, that share (rounded up) of the groups with a positive image is drawn, and of
    those without one. A group is drawn with all its images. Subsets are nested: with the same seed
    a smaller share is a part of a larger one.

    Args:
        labels: indexed by image id; 0 for a negative image.
        folds: image id -> fold.
        groups: group of every image in `folds`; None: each image is one.
        share: above 0, at most 1.
        seed: of the order in which groups are drawn.

    Returns:
        Image ids in the order of `folds`.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie above 0 and be at most 1, not {share}")
    units = folds.index.to_series() if groups is None else groups.loc[folds.index]
    frame = pd.DataFrame({"unit": units, "fold": folds, "positive": labels.loc[folds.index] > 0})
    kinds = frame.groupby("unit").agg(fold=("fold", "first"), positive=("positive", "any"))
    drawn: list[str] = []
    for fold in sorted(kinds["fold"].unique().tolist()):
        for positive in (False, True):
            chosen = kinds.index[(kinds["fold"] == fold) & (kinds["positive"] == positive)]
            order = np.random.default_rng((seed, fold, positive)).permutation(len(chosen))
            drawn += list(chosen[order[: ceil(share * len(chosen))]])
    return folds.index[units.isin(drawn).to_numpy()]


class PartLearner:
    """A learner that is trained on the images of a part only, and predicts all; see `Learner`."""

    def __init__(self, learner: Learner, part: Iterable[str]) -> None:
        self.learner, self.part = learner, frozenset(part)
        self.mask_size = learner.mask_size

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        """Train on the images of `train` that are in the part."""
        known = [image_id for image_id in train if image_id in self.part]
        return self.learner.fit(known, folder, seed=seed, report=report)

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: WriteMap | None,
        report: jobs.Report,
    ) -> np.ndarray:
        """Return what the learner predicts."""
        return self.learner.predict(ids, folders, write_map=write_map, report=report)
