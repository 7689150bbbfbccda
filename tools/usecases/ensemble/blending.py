"""`tools blend`: a blend of runs with its honest score, and its masks."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import crossval
import ensembling
import jobs
import rlemask
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blend_picture
from tools.usecases.runs import prediction, run_figures


class OtherData(jobs.UserError):
    """The runs were made with different data."""


@dataclass(frozen=True)
class SavedBlend(Html):
    """A blend and the file of its charts."""

    not_shown = (
        "calibration", "candidates", "candidates_in_sample", "competition", "curves", "data_digest",
        "expected", "folds_digest", "subgroups", "weights_path",
    )  # fmt: skip

    blend: ensembling.Blend
    picture: Path

    def as_dict(self) -> dict[str, Any]:
        return {**self.blend.as_dict(), "picture": self.picture}


@dataclass(frozen=True)
class BlendComparison(Html):
    """Blend `a` compared with blend `b`, and their honest scores."""

    a: ensembling.Blend
    b: ensembling.Blend
    found: ensembling.Comparison

    def as_dict(self) -> dict[str, Any]:
        found = asdict(self.found)
        return {
            "a": self.a.name,
            "b": self.b.name,
            "score_a": self.a.score_honest,
            "score_b": self.b.score_honest,
            "difference": found.pop("difference"),
            "difference_interval": found.pop("interval"),
            **found,
        }


def blend(place: Workplace, names: Sequence[str], name: str) -> SavedBlend:
    """Fit a blend of runs (all complete ones if none is given), and save it and its charts."""
    place.blends.check_name(name)
    runs = open_runs(place, dict.fromkeys(names))
    fitted, images = fit_runs(place, runs or _all_runs(place), name)
    picture = place.blends.own / f"{name}.png"
    blend_picture.draw(fitted, picture)
    place.blends.save(fitted, images)
    return SavedBlend(fitted, picture)


def fit_runs(
    place: Workplace, runs: Sequence[crossval.Run], name: str
) -> tuple[ensembling.Blend, pd.DataFrame]:
    """Return a blend of runs and the out-of-fold score of each image; writes nothing."""
    check_data(place, runs)
    members = list(map(oof_member, runs))
    fitted, images = run_figures.fit(place, members, runs[0].folds)
    p = ensembling.probabilities(fitted, members, list(images.index))
    labels = place.dataset.labels[images.index]
    areas, kinds = place.dataset.areas, run_figures.kinds(place, images.index)
    fitted = replace(
        fitted,
        name=name,
        runs=tuple(run.name for run in runs),
        competition=place.spec.name,
        folds_digest=runs[0].folds_digest,
        data_digest=runs[0].config["data_digest"],
        notes=(*fitted.notes, *_pseudo_notes(runs), *_label_notes(runs)),
        subgroups=tuple(crossval.score_table(areas[images.index], images, kinds)),
        auc=crossval.area_under_roc(labels.to_numpy(), p.to_numpy()),
    )
    return fitted, images


def compare(place: Workplace, a: str, b: str) -> BlendComparison:
    """Compare blend `a` with blend `b` on the images that both were scored on."""
    first, second = place.open_blend(a), place.open_blend(b)
    found = place.blends.compare(first, second, place.groups)
    return BlendComparison(first, second, found)


def test_masks(place: Workplace, blend: ensembling.Blend) -> dict[str, rlemask.Runs]:
    """Return the predicted mask of every image of the sample submission, in its order.

    Test images that the audit accepted as unreadable get the empty mask.
    """
    dataset = place.dataset
    predicted = ensembling.apply(
        blend,
        [test_member(place, run) for run in open_runs(place, blend.runs)],
        list(dataset.test.index),
        shape=place.spec.shape,
        report=place.report,
    )
    empty = rlemask.empty(place.spec.shape)
    return {image_id: predicted.get(image_id, empty) for image_id in dataset.sample_ids}


def oof_masks(place: Workplace, blend: ensembling.Blend) -> dict[str, rlemask.Runs]:
    """Return the mask of each training image, predicted from out-of-fold maps."""
    return ensembling.apply(
        blend,
        [oof_member(run) for run in open_runs(place, blend.runs)],
        list(place.dataset.train.index),
        shape=place.spec.shape,
        report=place.report,
    )


def open_runs(place: Workplace, names: Iterable[str]) -> list[crossval.Run]:
    """Return the runs of these names."""
    return [place.open_run(name) for name in names]


def oof_member(run: crossval.Run) -> ensembling.Member:
    """Return the out-of-fold predictions of a run as a member of a blend."""
    return run_figures.member(run, run.oof(), "oof")


def test_member(place: Workplace, run: crossval.Run) -> ensembling.Member:
    """Return the test predictions of a run as a member of a blend; missing ones are made."""
    return run_figures.member(run, prediction.predictions(place, run), "test")


def _pseudo_notes(runs: Iterable[crossval.Run]) -> list[str]:
    """Return how the honest score stays honest for each run trained on pseudo-labels."""
    blends = {run.name: run.config.get("config", {}).get("pseudo") for run in runs}
    return [
        f"{run} was trained on pseudo-labels of blend {blend}: those of each fold are from models "
        "and a rule that do not know the fold's annotations, so its score is out-of-fold"
        for run, blend in blends.items()
        if blend
    ]


def _label_notes(runs: Iterable[crossval.Run]) -> list[str]:
    """Return what a blend knows more than each run that was trained on a part of the images."""
    return [
        f"{run.name} was trained with {100 * run.config[run_figures.LABELS]:g} % of the "
        "annotations, and the rule is fitted with all of them: `tools runs` has its score with a "
        "rule that knows no others"
        for run in runs
        if run_figures.LABELS in run.config
    ]


def _all_runs(place: Workplace) -> list[crossval.Run]:
    """Return the complete runs that use all annotations."""
    found = [run for run in place.runs if run_figures.LABELS not in run.config]
    if not found:
        raise ensembling.BlendNameError(
            f"no complete run of {place.spec.name} in {place.paths.runs}: make one with `tools cv`"
        )
    return found


def check_data(place: Workplace, runs: Sequence[crossval.Run]) -> None:
    """Refuse runs of other images or annotations than those that the blend is scored on."""
    now = place.dataset.digest
    other = [run.name for run in runs if run.config["data_digest"] != now]
    if other:
        raise OtherData(
            f"{', '.join(other)}: made with other images or annotations than {place.data} contains "
            "now: give the data they were made with, or repeat their `tools cv`"
        )
