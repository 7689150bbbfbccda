"""Nested search for settings: inside the training images of every fold, scored on the fold."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import classifiers
import crossval
import jobs
from contest.experiments.experiment import Experiment


@dataclass(frozen=True)
class Choice:
    """The settings chosen without one fold.

    Attributes:
        fold: the fold that was left out.
        auc: of the images of the fold, predicted by models with these settings.
        found: the search.
    """

    fold: int
    auc: float
    found: "classifiers.Found"


@dataclass(frozen=True)
class NestedTuning:
    """Searches of one study, one after the other; each resumes.

    Attributes:
        experiment: whose settings are searched.
        build: function of an experiment that returns its learner.
        labels: 0 or 1, Series indexed by image id.
        folds: Series image id -> fold.
        folder: of trials and models.
        trials: of each search.
        seconds: of all searches together; None is no limit.
        report: progress.
    """

    experiment: Experiment
    build: Callable[[Experiment], crossval.Learner]
    labels: pd.Series
    folds: pd.Series
    folder: Path
    trials: int
    seconds: float | None = None
    report: jobs.Report = jobs.silent

    def run(self) -> tuple[list[Choice], pd.Series, "classifiers.Found"]:
        """Search within every fold's training images, score each choice on its fold, search all.

        Returns:
            A choice for each fold; the out-of-fold probabilities of models whose settings were
            chosen without the fold they predict; the search on all images. As no images are left
            to score the last search, the probabilities estimate the whole procedure.
        """
        end = None if self.seconds is None else time.monotonic() + self.seconds
        learner, names = self.build(self.experiment), sorted(set(self.folds.tolist()))
        choices, p = [], pd.Series(0.0, index=self.folds.index)
        for number, fold in enumerate(names):
            held_out = self.folds == fold
            train, judged = list(self.folds.index[~held_out]), list(self.folds.index[held_out])
            left = _share(end, len(names) + 1 - number)
            found = self._search(learner, f"fold {fold}", train, f"fold{fold}", left)
            p[judged] = self._predicted(found.config, train, judged, fold)
            truth = self.labels[judged].to_numpy()
            auc = crossval.area_under_roc(truth, p[judged].to_numpy())
            choices.append(Choice(fold, auc, found))
        every = list(self.folds.index)
        return choices, p, self._search(learner, "all images", every, "all", _share(end, 1))

    def _search(
        self,
        learner: crossval.Learner,
        label: str,
        train: Sequence[str],
        folder: str,
        seconds: float | None,
    ) -> "classifiers.Found":
        report = crossval.prefixed(self.report, label)
        return self.experiment.tune(
            learner,
            train,
            self.folder / folder,
            trials=self.trials,
            seconds=seconds,
            report=report,
        )

    def _predicted(
        self, config: Any, train: list[str], held_out: list[str], fold: int
    ) -> np.ndarray:
        """Train with the chosen settings and predict the fold, float64 `(n,)`."""
        learner = self.build(dataclasses.replace(self.experiment, config=config))
        digest = jobs.digest(settings_of(config))[:8]
        models = self.folder / f"fold{fold}" / f"models-{digest}"
        report = crossval.prefixed(self.report, f"fold {fold}")
        learner.fit(train, models, seed=self.experiment.seed + fold, report=report)
        return learner.predict(held_out, [models], write_map=None, report=report)


def _share(end: float | None, searches: int) -> float | None:
    """Return the seconds of the next one of the remaining searches."""
    return None if end is None else max(end - time.monotonic(), 0) / searches


def settings_of(config: Any) -> dict[str, Any]:
    """Return the fields of a configuration by name."""
    return {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}


def changed(config: Any, default: Any) -> dict[str, Any]:
    """Return the fields of `config` that differ from `default`."""
    before = settings_of(default)
    return {name: value for name, value in settings_of(config).items() if value != before[name]}
