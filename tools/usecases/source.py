"""The images, folds and experiments of a competition; `tools folds`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import contest
import crossval
import imagestack
import jobs
from tools.usecases.workplace import Workplace


@dataclass(frozen=True)
class Source:
    """The images of one part of the competition; see `contest.Source`.

    Attributes:
        place: the folders and the competition.
        part: "train" or "test".
    """

    place: Workplace
    part: str = "train"

    @property
    def spec(self) -> contest.Spec:
        return self.place.spec

    @property
    def dataset(self) -> contest.Dataset:
        return self.place.dataset

    @property
    def table(self) -> pd.DataFrame:
        """The files of the part, indexed by image id."""
        return self.dataset.train if self.part == "train" else self.dataset.test

    @property
    def facts(self) -> pd.DataFrame:
        return self.dataset.facts.loc[self.table.index]

    @property
    def features(self) -> Path:
        return self.place.paths.features

    @property
    def report(self) -> jobs.Report:
        return self.place.report

    def stack(self, side: int) -> imagestack.PixelCache:
        """Return the images of the part as squares of this side in pixels, from the cache."""
        root, cache = self.dataset.root, self.place.paths.cache
        return imagestack.build_cache(self.table, root, side, cache, report=self.report)


def make_folds(place: Workplace, n_splits: int | None = None, seed: int | None = None) -> pd.Series:
    """Return the folds of the data set, Series image id -> fold, and save them."""
    dataset, spec = place.dataset, place.spec
    made = crossval.make_folds(
        dataset.areas,
        dataset.groups,
        n_splits=spec.n_splits if n_splits is None else n_splits,
        seed=spec.fold_seed if seed is None else seed,
    )
    crossval.write_folds(made, place.paths.folds)
    return made


def folds(place: Workplace, n_splits: int | None = None, seed: int | None = None) -> dict[str, Any]:
    """Make the folds of the data set, or return existing ones."""
    made, dataset = make_folds(place, n_splits, seed), place.dataset
    digest = crossval.fold_digest(made)
    return {
        "digest": digest,
        "grouped": dataset.groups is not None,
        "path": str(crossval.write_folds(made, place.paths.folds)),
        "folds": [_row(dataset, fold, ids.index) for fold, ids in made.groupby(made)],
    }


def _row(dataset: contest.Dataset, fold: object, ids: pd.Index) -> dict[str, Any]:
    areas = dataset.areas[ids]
    positives = areas[areas > 0]
    return {
        "fold": int(str(fold)),
        "images": len(ids),
        "positives": len(positives),
        "groups": None if dataset.groups is None else int(dataset.groups[ids].nunique()),
        "median_area": float(positives.median()) if len(positives) else None,
    }


def load_experiment(
    place: Workplace, name: str, settings: Sequence[str] = ()
) -> contest.Experiment:
    """Return the named experiment of the competition with settings applied."""
    return contest.load_experiment(place.spec.experiments, name, settings)


def experiment_of(place: Workplace, run: crossval.Run) -> contest.Experiment | None:
    """Return the experiment of a run, None for a run of `tools votes`."""
    if "config" not in run.config:
        return None
    experiment = load_experiment(place, str(run.config["experiment"]))
    return contest.restore_experiment(experiment, run.config)
