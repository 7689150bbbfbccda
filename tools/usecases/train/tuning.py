"""`tools tune`: search for settings, scored by nested cross-validation."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import contest
import crossval
import jobs
from tools.usecases.context.source import Source, load_experiment
from tools.usecases.context.workplace import Workplace
from tools.usecases.prepare.folds import make_folds
from tools.usecases.train.cv import cross_validate


class NotTunable(jobs.UserError):
    """The experiment has no settings to search."""


@dataclass(frozen=True)
class FoldSearch:
    """The search inside one fold's training images, and the AUC of its choice on the fold."""

    fold: int
    auc: float
    auc_inner: float
    auc_inner_default: float
    trials: int
    pruned: int
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Tuning:
    """The result of a search.

    Attributes:
        study: its name.
        auc_honest: of out-of-fold predictions by settings chosen without the fold, with its 95 %
            interval.
        auc_inner: mean over the folds of the best AUC that the search saw.
        optimism: auc_inner minus auc_honest.
        folds: the searches.
        settings: to use, those that differ from the defaults.
        auc_default: AUC of the default settings.
        command: that cross-validates the settings.
        path: the file of the settings.
    """

    study: str
    auc_honest: float
    interval: tuple[float, float]
    auc_inner: float
    optimism: float
    folds: Sequence[FoldSearch]
    settings: Mapping[str, Any]
    auc_default: float
    command: str
    path: Path


def tune(
    place: Workplace,
    experiment_name: str,
    *,
    settings: Sequence[str] = (),
    trials: int,
    seconds: float | None = None,
    n_splits: int | None = None,
    fold_seed: int | None = None,
) -> Tuning:
    """Search for settings inside every fold's training images, then on all images.

    The honest AUC is that of out-of-fold probabilities of models whose settings were chosen
    without the fold they predict. The settings to use are found by the last search, on all
    images. As no images are left to score them, the honest AUC estimates that of the whole
    procedure.
    """
    experiment = _tunable(place, experiment_name, settings)
    folds = make_folds(place, n_splits, fold_seed)
    default = cross_validate(place, experiment_name, settings, n_splits, fold_seed)
    folder = _folder(place, experiment_name, experiment, folds)
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
        changed = contest.changed(final.config, experiment.config)
        path = folder / "settings.json"
        jobs.write_json(path, contest.settings_of(final.config))
        result = Tuning(
            study=folder.name,
            **_figures(place, choices, p, experiment.config),
            settings=changed,
            auc_default=default.metrics["auc"],
            command=_command(experiment_name, settings, changed),
            path=path,
        )
        jobs.write_json(folder / f"result-{trials}.json", asdict(result) | {"path": str(path)})
    return result


def _tunable(place: Workplace, name: str, settings: Sequence[str]) -> contest.Experiment:
    experiment = load_experiment(place, name, settings)
    if not experiment.tunable:
        raise NotTunable(f"{name!r} has no settings to search: give an experiment of LightGBM")
    return experiment


def _folder(place: Workplace, name: str, experiment: contest.Experiment, folds: pd.Series) -> Path:
    data = (place.spec.name, place.dataset.digest, crossval.fold_digest(folds))
    return place.paths.tunings / f"{name}-{jobs.digest(experiment.as_dict(), *data)[:8]}"


def _figures(
    place: Workplace, choices: Sequence[contest.Choice], p: pd.Series, default: Any
) -> dict[str, Any]:
    """Return the figures of the choices together, `p` are their out-of-fold probabilities."""
    labels = place.dataset.labels[p.index]
    auc = crossval.area_under_roc(labels.to_numpy(), p.to_numpy())
    inner = sum(choice.found.auc for choice in choices) / len(choices)
    return {
        "auc_honest": auc,
        "interval": crossval.auc_interval(labels, p, place.dataset.groups),
        "auc_inner": inner,
        "optimism": inner - auc,
        "folds": [_search(choice, default) for choice in choices],
    }


def _search(choice: contest.Choice, default: Any) -> FoldSearch:
    found = choice.found
    return FoldSearch(
        fold=choice.fold,
        auc=choice.auc,
        auc_inner=found.auc,
        auc_inner_default=found.auc_default,
        trials=found.trials,
        pruned=found.pruned,
        settings=contest.changed(found.config, default),
    )


def _command(name: str, given: Sequence[str], found: Mapping[str, Any]) -> str:
    texts = [*given, *[f"{key}={str(value).lower()}" for key, value in found.items()]]
    return " ".join([f"tools cv {name}", *[f"--set {text}" for text in texts]])
