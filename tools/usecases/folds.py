"""`tools folds`."""

from typing import Any

import pandas as pd

import contest
import crossval
from tools.usecases.source import make_folds
from tools.usecases.workplace import Workplace


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
