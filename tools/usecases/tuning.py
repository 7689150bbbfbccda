"""`tools tune`: settings chosen by search, and what such a choice is worth on unseen images."""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases import training
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import contest
    import crossval


class NotTunable(jobs.UserError):
    """There is no search for the experiment."""


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
    without the fold they are judged on. The settings to use come from the last search, on all
    images; nothing is left to judge those, so the honest AUC stands for the whole procedure.
    """
    experiment = training.load_experiment(place, experiment_name, settings)
    if not experiment.tunable:
        raise NotTunable(
            f"{experiment_name!r} has no settings to search: name an experiment of LightGBM"
        )
    folds = training.make_folds(place, n_splits, fold_seed)
    default = training.cv(
        place, experiment_name, settings=settings, n_splits=n_splits, fold_seed=fold_seed
    )
    folder = _folder(place, experiment_name, experiment, folds)
    place.say(f"study {folder.name}")
    with jobs.lock(folder):
        search = _Search(place, experiment, folds, folder, trials, seconds)
        rows, p = search.outer()
        final = search.inside("all images", list(folds.index), folder / "all", 1)
        result = _result(place, rows, p, experiment.config, final.config)
        result = {"study": folder.name, **result, "auc_default": default["auc"]}
        result["command"] = _command(experiment_name, settings, result["settings"])
        jobs.write_json(folder / "settings.json", dataclasses.asdict(final.config))
        jobs.write_json(folder / f"result-{trials}.json", result)
    return {**result, "path": str(folder / "settings.json")}


class _Search:
    """The searches of one study, one after the other; each resumes."""

    def __init__(
        self,
        place: Workplace,
        experiment: "contest.Experiment",
        folds: "pd.Series",
        folder: Path,
        trials: int,
        seconds: float | None,
    ) -> None:
        self.place, self.experiment, self.folds, self.folder = place, experiment, folds, folder
        self.trials = trials
        self.ends = None if seconds is None else time.monotonic() + seconds
        self.learner = self.built(experiment.config)

    def built(self, config: Any) -> "crossval.Learner":
        """Return the learner that `tools cv` would train with these settings."""
        experiment = dataclasses.replace(self.experiment, config=config)
        return training.build_learner(self.place, experiment)

    def inside(self, label: str, train: Sequence[str], folder: Path, left: int) -> "contest.Found":
        """Search within `train`; `left` searches share what is left of the time."""
        import crossval

        seconds = None if self.ends is None else max(self.ends - time.monotonic(), 0) / left
        return self.experiment.tune(
            self.learner,
            train,
            folder,
            trials=self.trials,
            seconds=seconds,
            report=crossval.prefixed(self.place.report, label),
        )

    def outer(self) -> tuple[list[dict[str, Any]], "pd.Series"]:
        """Search within every fold's training images and judge the choice on the fold.

        Returns:
            A row for each fold, and the out-of-fold probabilities.
        """
        import pandas as pd

        import crossval

        rows, p = [], pd.Series(0.0, index=self.folds.index)
        names = sorted(set(self.folds.tolist()))
        for place, fold in enumerate(names):
            train = list(self.folds.index[self.folds != fold])
            held_out = list(self.folds.index[self.folds == fold])
            folder, label = self.folder / f"fold{fold}", f"fold {fold}"
            found = self.inside(label, train, folder, len(names) + 1 - place)
            p[held_out] = self.judged(found.config, train, held_out, folder, fold)
            truth = self.place.dataset.labels[held_out].to_numpy()
            auc = crossval.area_under_roc(truth, p[held_out].to_numpy())
            rows.append({"fold": fold, "auc": auc, **_row(found, self.experiment.config)})
        return rows, p

    def judged(
        self,
        config: Any,
        train: list[str],
        held_out: list[str],
        folder: Path,
        fold: int,
    ) -> Any:
        """Train with the chosen settings and predict the fold."""
        import crossval

        learner = self.built(config)
        models = folder / f"models-{jobs.digest(dataclasses.asdict(config))[:8]}"
        report = crossval.prefixed(self.place.report, f"fold {fold}")
        learner.fit(train, models, seed=self.experiment.seed + fold, report=report)
        return learner.predict(held_out, [models], write_map=None, report=report)


def _row(found: "contest.Found", default: Any) -> dict[str, Any]:
    return {
        "auc_inner": found.auc,
        "auc_inner_default": found.auc_default,
        "trials": found.trials,
        "pruned": found.pruned,
        "settings": changed(found.config, default),
    }


def changed(config: Any, default: Any) -> dict[str, Any]:
    """Return the fields of `config` that differ from `default`."""
    values, before = dataclasses.asdict(config), dataclasses.asdict(default)
    return {name: value for name, value in values.items() if value != before[name]}


def _result(
    place: Workplace, rows: list[dict[str, Any]], p: "pd.Series", default: Any, final: Any
) -> dict[str, Any]:
    import crossval

    dataset = place.dataset
    labels = dataset.labels[p.index]
    auc = crossval.area_under_roc(labels.to_numpy(), p.to_numpy())
    inner = sum(row["auc_inner"] for row in rows) / len(rows)
    return {
        "auc_honest": auc,
        "interval": list(crossval.auc_interval(labels, p, dataset.groups)),
        "auc_inner": inner,
        "optimism": inner - auc,
        "folds": rows,
        "settings": changed(final, default),
    }


def _command(name: str, given: Sequence[str], found: dict[str, Any]) -> str:
    texts = [*given, *[f"{key}={str(value).lower()}" for key, value in found.items()]]
    return " ".join([f"tools cv {name}", *[f"--set {text}" for text in texts]])


def _folder(
    place: Workplace, name: str, experiment: "contest.Experiment", folds: "pd.Series"
) -> Path:
    import crossval

    made_from = jobs.digest(
        experiment.as_dict(),
        place.spec.name,
        place.dataset.digest,
        crossval.fold_digest(folds),
    )
    return place.paths.tunings / f"{name}-{made_from[:8]}"
