"""`tools folds`: the folds of the data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import contest
import crossval
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace


@dataclass(frozen=True)
class Fold:
    """One fold: its images and groups (None without groups), median mask area in pixels."""

    fold: int
    images: int
    positives: int
    groups: int | None
    median_area: float | None


@dataclass(frozen=True)
class Folds(Html):
    """The folds of a data set, in the file `path`; `grouped` if no group is split."""

    digest: str
    grouped: bool
    path: Path
    folds: Sequence[Fold]


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


def folds(place: Workplace, n_splits: int | None = None, seed: int | None = None) -> Folds:
    """Make the folds of the data set, or return existing ones."""
    made, dataset = make_folds(place, n_splits, seed), place.dataset
    return Folds(
        digest=crossval.fold_digest(made),
        grouped=dataset.groups is not None,
        path=crossval.write_folds(made, place.paths.folds),
        folds=[_fold(dataset, fold, ids.index) for fold, ids in made.groupby(made)],
    )


def _fold(dataset: contest.Dataset, fold: object, ids: pd.Index) -> Fold:
    areas = dataset.areas[ids]
    positives = areas[areas > 0]
    return Fold(
        fold=int(str(fold)),
        images=len(ids),
        positives=len(positives),
        groups=None if dataset.groups is None else int(dataset.groups[ids].nunique()),
        median_area=float(positives.median()) if len(positives) else None,
    )
