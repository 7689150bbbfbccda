"""Pseudo-labels: masks of the test images from the models of a blend that have not seen a fold."""

from collections.abc import Sequence

import pandas as pd

import crossval
import ensembling
import jobs
import rlemask
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.runs import prediction, run_figures

INNER = 5
"""Folds of the images of a training by which its rule is chosen."""


class NoSuchFold(jobs.UserError):
    """The blend has no fold whose models were trained on the given images."""


def pseudo_masks(place: Workplace, name: str, train: Sequence[str]) -> dict[str, rlemask.Runs]:
    """Return masks of the test images from what a blend has learned of the images `train` alone.

    The test images are predicted by the models for which the other images were held out, and the
    rule is fitted again to the out-of-fold predictions of `train`. Nothing depends on annotations
    of the other images, except that the models of these predictions have been trained on some of
    them, as in every nested cross-validation of predictions. Repeated calls read the stored
    predictions.

    Raises:
        NoSuchFold: the blend has other folds.
    """
    blend = place.open_blend(name)
    runs = blending.open_runs(place, blend.runs)
    blending.check_data(place, runs)
    folds = runs[0].folds
    fold = _held_out(folds, train, blend.name)
    place.say(f"blend {blend.name} labels the test images for fold {fold}")
    inner = crossval.make_folds(place.dataset.areas[list(train)], place.dataset.groups, INNER)
    rule, _ = run_figures.fit(place, list(map(blending.oof_member, runs)), inner)
    return ensembling.apply(
        rule,
        [_member(place, crossval.FoldRun.of(run, fold)) for run in runs],
        list(place.dataset.test.index),
        shape=place.spec.shape,
        report=place.report,
    )


def _held_out(folds: pd.Series, train: Sequence[str], name: str) -> int:
    """Return the fold of which no image is in `train`, while all others are."""
    left = folds.index.difference(pd.Index(train))
    held_out = sorted(folds[left].unique())
    if len(held_out) == 1 and len(left) == (folds == held_out[0]).sum():
        return int(held_out[0])
    raise NoSuchFold(
        f"blend {name} has other folds, so its pseudo-labels would know the annotations they are "
        "scored on: blend runs with the same --folds and --fold-seed"
    )


def _member(place: Workplace, run: crossval.FoldRun) -> ensembling.Member:
    return run_figures.member(run, prediction.predictions(place, run), "test")
