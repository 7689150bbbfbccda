"""The score of a blend that is fitted with the annotations of a part of the images only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

import jobs
import rlemask
from ensembling._apply import apply
from ensembling._errors import InputError
from ensembling._fit import LEVEL, fit
from ensembling._metric import Metric, scores_of
from ensembling.evaluation.bootstrap import bootstrap_interval, group_numbers, jackknife_error
from ensembling.maps.member import Member


@dataclass(frozen=True)
class PartScore:
    """The score of blends that were fitted on a part of the images.

    Attributes:
        score: mean of the metric over all images.
        interval: 95 % bootstrap interval over groups, including the error of the fit.
        score_empty: of empty masks.
        positive_score: mean over the positive images; None if there are none.
        rules: rule of the blend for each fold.
    """

    score: float
    interval: tuple[float, float]
    score_empty: float
    positive_score: float | None
    rules: tuple[str, ...]


def score_of_part(
    members: Sequence[Member],
    truth: Mapping[str, rlemask.Runs],
    folds: pd.Series,
    part: Iterable[str],
    groups: pd.Series | None = None,
    *,
    metric: Metric,
    seed: int = 0,
    resamples: int = 2000,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> tuple[PartScore, pd.DataFrame]:
    """Score every image with a blend fitted on the images of `part` in the other folds.

    What one has who owns only these annotations: the rule is chosen and fitted on the out-of-fold
    predictions of `part` without a fold, and scored on all images of that fold. There is no
    correction as in `fit`. The interval includes the jackknife error of the fits, see
    `NestedCV.fit_error`.

    Args:
        members: out-of-fold predictions of all images, by models trained on `part` only.
        truth: mask of every image, all of one shape.
        folds: image id -> fold, the images to score on; at least 3 folds.
        part: the images whose annotations may be used.
        groups: image id -> group; None for an interval over single images.

    Returns:
        The score, and a table indexed by image id, columns fold, score and predicted, as of `fit`.

    Raises:
        InputError: all faults of the input; fewer than 3 folds.
    """
    if folds.nunique() < 3:
        raise InputError(["the folds: a part of the annotations needs at least 3 folds"])
    ids, names, inside = list(folds.index), sorted(folds.unique()), folds.index.isin(list(part))
    fitted = partial(
        fit, members, truth, groups=groups, metric=metric, seed=seed, workers=workers, report=report
    )
    blends = [fitted(folds=folds[inside & (folds != fold).to_numpy()])[0] for fold in names]
    drawn = partial(
        apply, members=members, ids=ids, shape=truth[ids[0]].shape, workers=workers, report=report
    )
    overlap, mask = _on_all(map(drawn, blends), truth, ids)
    score = scores_of(metric, overlap)
    own = np.searchsorted(names, folds.to_numpy()), np.arange(len(ids))
    columns = {"fold": folds.to_numpy(), "score": score[own], "predicted": mask[own]}
    unit = group_numbers(ids, groups)
    error = jackknife_error(score)
    positive = np.array([bool(len(truth[image_id])) for image_id in ids])
    found = PartScore(
        score=float(score[own].mean()),
        interval=bootstrap_interval(
            score[own], unit, level=LEVEL, resamples=resamples, seed=seed, fit_error=error
        ),
        score_empty=float((~positive).mean()),
        positive_score=float(score[own][positive].mean()) if positive.any() else None,
        rules=tuple(blend.rule for blend in blends),
    )
    return found, pd.DataFrame(columns, index=pd.Index(ids, name="image_id"))


def _on_all(
    masks: Iterable[Mapping[str, rlemask.Runs]], truth: Mapping[str, rlemask.Runs], ids: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the overlap of the masks of each blend with the truth, and which are not empty."""
    every = list(masks)
    overlap = [[truth[image_id].iou(one[image_id]) for image_id in ids] for one in every]
    return np.array(overlap), np.array([[bool(len(one[i])) for i in ids] for one in every])
