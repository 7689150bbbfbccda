"""`tools tune`: search for settings, scored by nested cross-validation."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

import contest
import crossval
import jobs
from tools.usecases.cv import cv
from tools.usecases.source import Source, load_experiment, make_folds
from tools.usecases.workplace import Workplace


class NotTunable(jobs.UserError):
    """The experiment has no settings to search."""


def tune(
    place: Workplace,
    experiment_name: str,
    *,
    settings: Sequence[str] = (),
    trials: int,
    seconds: float | None = None,
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> dict[str, Any]:
    """Search for settings inside every fold's training images, then on all images.

    The honest AUC is that of out-of-fold probabilities of models whose settings were chosen
    without the fold they predict. The settings to use are found by the last search, on all
    images. As no images are left to score them, the honest AUC estimates that of the whole
    procedure.
    """
    experiment = load_experiment(place, experiment_name, settings)
    if not experiment.tunable:
        raise NotTunable(
            f"{experiment_name!r} has no settings to search: give an experiment of LightGBM"
        )
    folds = make_folds(place, n_splits, fold_seed)
    default = cv(place, experiment_name, settings=settings, n_splits=n_splits, fold_seed=fold_seed)
    made_from = jobs.digest(
        experiment.as_dict(), place.spec.name, place.dataset.digest, crossval.fold_digest(folds)
    )
    folder = place.paths.tunings / f"{experiment_name}-{made_from[:8]}"
    place.say(f"study {folder.name}")
    search = contest.NestedTuning(
        experiment=experiment,
        build=lambda one: one.learner(Source(place)),
        labels=place.dataset.labels,
        folds=folds,
        folder=folder,
        trials=trials,
        seconds=seconds,
        report=place.report,
    )
    with jobs.lock(folder):
        choices, p, final = search.run()
        result = _result(place, choices, p, experiment.config, final.config)
        result = {"study": folder.name, **result, "auc_default": default["auc"]}
        result["command"] = _command(experiment_name, settings, result["settings"])
        jobs.write_json(folder / "settings.json", contest.settings_of(final.config))
        jobs.write_json(folder / f"result-{trials}.json", result)
    return {**result, "path": str(folder / "settings.json")}


def _result(
    place: Workplace, choices: Sequence[contest.Choice], p: pd.Series, default: Any, final: Any
) -> dict[str, Any]:
    labels = place.dataset.labels[p.index]
    auc = crossval.area_under_roc(labels.to_numpy(), p.to_numpy())
    inner = sum(choice.found.auc for choice in choices) / len(choices)
    return {
        "auc_honest": auc,
        "interval": list(crossval.auc_interval(labels, p, place.dataset.groups)),
        "auc_inner": inner,
        "optimism": inner - auc,
        "folds": [_row(choice, default) for choice in choices],
        "settings": contest.changed(final, default),
    }


def _row(choice: contest.Choice, default: Any) -> dict[str, Any]:
    found = choice.found
    return {
        "fold": choice.fold,
        "auc": choice.auc,
        "auc_inner": found.auc,
        "auc_inner_default": found.auc_default,
        "trials": found.trials,
        "pruned": found.pruned,
        "settings": contest.changed(found.config, default),
    }


def _command(name: str, given: Sequence[str], found: dict[str, Any]) -> str:
    texts = [*given, *[f"{key}={str(value).lower()}" for key, value in found.items()]]
    return " ".join([f"tools cv {name}", *[f"--set {text}" for text in texts]])
